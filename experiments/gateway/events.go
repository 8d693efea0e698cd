package gateway

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// largestEvent bounds what is held of one message.
const largestEvent = 16 << 20

var errLargeEvent = errors.New("a message of more than 16 MiB")

// events reads a stream of server-sent events, message by message, without losing a byte of it.
type events struct {
	r   *bufio.Reader
	raw []byte
}

func newEvents(r io.Reader) *events { return &events{r: bufio.NewReaderSize(r, 16<<10)} }

// next is the next message as it was sent, with the blank line that ends it, and its data; both are good until the next call.
// At the end it gives what is left, if anything, together with the error.
func (e *events) next() (raw, data []byte, err error) {
	e.raw = e.raw[:0]
	parts := 0
	for {
		begin := len(e.raw)
		if err := e.line(); err != nil {
			return e.raw, data, err
		}
		line := bytes.TrimRight(e.raw[begin:], "\r\n")
		if len(line) == 0 {
			if begin == 0 { // blank lines between messages belong to the next
				continue
			}
			return e.raw, data, nil
		}
		if value, ok := bytes.CutPrefix(line, []byte("data:")); ok {
			value = bytes.TrimPrefix(value, []byte(" "))
			if parts++; parts > 1 {
				data = append(append(data, '\n'), value...)
			} else {
				data = bytes.Clone(value)
			}
		}
	}
}

// line appends a line to raw.
func (e *events) line() error {
	for {
		part, err := e.r.ReadSlice('\n')
		e.raw = append(e.raw, part...)
		switch {
		case len(e.raw) > largestEvent:
			return errLargeEvent
		case !errors.Is(err, bufio.ErrBufferFull):
			return err
		}
	}
}
