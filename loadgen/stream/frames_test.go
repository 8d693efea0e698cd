package stream

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// framed puts messages behind their prefixes.
func framed(messages ...string) []byte {
	var b []byte
	for _, m := range messages {
		b = binary.BigEndian.AppendUint32(append(b, 0), uint32(len(m)))
		b = append(b, m...)
	}
	return b
}

// unframe feeds the pieces one after the other, each in memory that is written over when it has been read.
func unframe(pieces ...[]byte) (messages []string, f Frames, err error) {
	for _, piece := range pieces {
		shared := slices.Clone(piece)
		err = f.Feed(shared, func(m []byte) error {
			messages = append(messages, string(m))
			return nil
		})
		for i := range shared {
			shared[i] = 0xee
		}
		if err != nil {
			break
		}
	}
	return messages, f, err
}

// naiveFrames reads a whole stream of frames in the plainest way.
func naiveFrames(stream []byte) (messages []string) {
	r := bytes.NewReader(stream)
	for {
		var head [5]byte
		if _, err := io.ReadFull(r, head[:]); err != nil || head[0] != 0 {
			return messages
		}
		size := binary.BigEndian.Uint32(head[1:])
		if size > MaxEvent {
			return messages
		}
		message := make([]byte, size)
		if _, err := io.ReadFull(r, message); err != nil {
			return messages
		}
		messages = append(messages, string(message))
	}
}

// Wherever a stream of frames is cut, the messages are the same, and each comes with its last byte.
func TestFrames(t *testing.T) {
	for _, want := range [][]string{nil, {""}, {"a"}, {"", "", "abc", ""}, {strings.Repeat("x", 300), "y"}} {
		stream := framed(want...)
		if ref := naiveFrames(stream); !slices.Equal(ref, want) {
			t.Fatalf("reference: %q, want %q", ref, want)
		}
		for cut := range len(stream) + 1 {
			got, f, err := unframe(stream[:cut], stream[cut:])
			if err != nil || !slices.Equal(got, want) || f.Pending() {
				t.Fatalf("cut at %d: %q, pending %v, %v, want %q", cut, got, f.Pending(), err, want)
			}
			early, f, _ := unframe(stream[:cut])
			if n := len(naiveFrames(stream[:cut])); len(early) != n || f.Pending() != (len(framed(want[:n]...)) < cut) {
				t.Fatalf("the first %d bytes: %d messages, pending %v, want %d", cut, len(early), f.Pending(), n)
			}
		}
		if got, _, err := unframe(bytes.SplitAfter(stream, nil)...); err != nil || !slices.Equal(got, want) {
			t.Fatalf("byte by byte: %q, %v", got, err)
		}
	}
}

func TestFramesThatCannotBe(t *testing.T) {
	stop := errors.New("stop")
	for _, tc := range []struct {
		name, stream, errors string
		messages             int
	}{
		{"compressed", string(framed("a")) + "\x01\x00\x00\x00\x01b", "compressed", 1},
		{"not a prefix", "data: x", "begins with byte 100", 0},
		{"too large", "\x00\x00\x10\x00\x01", "larger than 1048576 bytes", 0},
		{"far too large", string(framed("a", "b")) + "\x00\xff\xff\xff\xff", "larger than 1048576 bytes", 2},
	} {
		for cut := range len(tc.stream) {
			got, f, err := unframe([]byte(tc.stream[:cut]), []byte(tc.stream[cut:]))
			if err == nil || !strings.Contains(err.Error(), tc.errors) || len(got) != tc.messages {
				t.Errorf("%s cut at %d: %q, %v", tc.name, cut, got, err)
			}
			if again := f.Feed(framed("c"), func([]byte) error { return stop }); !errors.Is(again, err) {
				t.Errorf("%s: %v after %v", tc.name, again, err)
			}
		}
	}
	largest := framed(strings.Repeat("x", MaxEvent))
	if got, _, err := unframe(slices.Collect(slices.Chunk(largest, 4096))...); err != nil || len(got) != 1 || len(got[0]) != MaxEvent {
		t.Errorf("the largest message: %d, %v", len(got), err)
	}
	var f Frames
	if err := f.Feed(framed("a", "b"), func([]byte) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("an error of who takes a message: %v", err)
	}
}

// Bytes of any kind, however cut: what comes is what the plainest reading has.
func FuzzFrames(f *testing.F) {
	f.Add(framed("", "abc"), uint8(3))
	f.Add([]byte("\x01\x00\x00\x00\x00"), uint8(1))
	f.Add([]byte("\x00\x00\x10\x00\x01"), uint8(200))
	f.Fuzz(func(t *testing.T, stream []byte, size uint8) {
		got, frames, err := unframe(slices.Collect(slices.Chunk(stream, int(size)+1))...)
		if want := naiveFrames(stream); !slices.Equal(got, want) {
			t.Fatalf("%q, want %q, %v", got, want, err)
		}
		if err == nil && frames.Pending() != (len(framed(got...)) < len(stream)) {
			t.Fatalf("pending %v after %d of %d bytes", frames.Pending(), len(framed(got...)), len(stream))
		}
	})
}
