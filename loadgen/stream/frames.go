package stream

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrFrames is wrapped by what is wrong with gRPC's frames.
var ErrFrames = errors.New("malformed gRPC frame")

// Frames reads gRPC's messages piece by piece: each is a byte that says whether it is compressed, its length in four, and
// itself. However the bytes are split over calls, the messages are the same, and each is dispatched with the byte that
// completes it. Compression is not asked for, so that a message that is compressed is an error.
type Frames struct {
	head [frameHead]byte
	have int    // of head
	data []byte // of a message that began in an earlier piece
	err  error
}

const frameHead = 5

// Feed parses p and calls emit for every message that it completes, which is good until emit returns. It stops at the first
// error, its own or emit's, and returns it from then on.
func (f *Frames) Feed(p []byte, emit func(message []byte) error) error {
	for len(p) > 0 && f.err == nil {
		if f.have < frameHead {
			n := copy(f.head[f.have:], p)
			f.have += n
			p = p[n:]
			if f.err = f.checkHead(); f.have < frameHead || f.err != nil {
				continue
			}
		}
		p = f.body(p, emit)
	}
	return f.err
}

// Pending says that a message has begun which has not ended.
func (f *Frames) Pending() bool { return f.have > 0 }

func (f *Frames) size() int { return int(binary.BigEndian.Uint32(f.head[1:])) }

// checkHead refuses, of what has come of a head, what none of ours can be.
func (f *Frames) checkHead() error {
	switch {
	case f.head[0] == 1:
		return fmt.Errorf("%w: the message is compressed, which was not asked for", ErrFrames)
	case f.head[0] != 0:
		return fmt.Errorf("%w: it begins with byte %d, expected 0", ErrFrames, f.head[0])
	case f.have == frameHead && (f.size() < 0 || f.size() > MaxEvent):
		return fmt.Errorf("gRPC message larger than %d bytes", MaxEvent)
	}
	return nil
}

// body takes what p has of the message, and returns the rest. An empty message has ended with its head.
func (f *Frames) body(p []byte, emit func([]byte) error) []byte {
	n := min(f.size()-len(f.data), len(p))
	message := p[:n]
	if len(f.data) > 0 || n < f.size() {
		f.data = append(f.data, message...)
		message = f.data
	}
	if len(message) == f.size() {
		f.have, f.data = 0, f.data[:0]
		f.err = emit(message)
	}
	return p[n:]
}
