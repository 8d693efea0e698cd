package wire

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// ErrChunks is wrapped by errors of the chunked encoding.
var ErrChunks = errors.New("malformed chunked encoding")

// maxLine is the longest line between chunks that is read.
const maxLine = 4 << 10

// chunks decodes the chunked transfer encoding (RFC 9112, section 7.1) as it comes, in
// pieces of any size. The zero value is at its beginning.
type chunks struct {
	phase phase
	left  int64  // of the chunk's data
	line  []byte // so far, where it began in an earlier piece
}

// phase is what comes next.
type phase int

const (
	inSize phase = iota // the line with a chunk's size
	inData
	inDataEnd // the line end after it
	inTrailer // lines up to an empty one
	atEnd
)

// decode turns p into the data that it holds, in place, and says how many bytes of p
// belong to the body: all, unless it ended before.
func (c *chunks) decode(p []byte) (data []byte, used int, err error) {
	out := 0
	for used < len(p) && c.phase != atEnd && err == nil {
		if c.phase == inData {
			n := int(min(c.left, int64(len(p)-used)))
			out += copy(p[out:], p[used:used+n])
			used += n
			if c.left -= int64(n); c.left == 0 {
				c.phase = inDataEnd
			}
			continue
		}
		end := bytes.IndexByte(p[used:], '\n')
		if end < 0 {
			err = c.keep(p[used:])
			used = len(p)
			break
		}
		err = c.lineOf(p[used : used+end])
		used += end + 1
	}
	return p[:out], used, err
}

// keep keeps the beginning of a line.
func (c *chunks) keep(piece []byte) error {
	if len(c.line)+len(piece) > maxLine {
		return fmt.Errorf("%w: line of more than %d bytes", ErrChunks, maxLine)
	}
	c.line = append(c.line, piece...)
	return nil
}

// lineOf takes up the line that piece completes.
func (c *chunks) lineOf(piece []byte) error {
	line := piece
	if len(c.line) > 0 {
		line = append(c.line, piece...)
		c.line = c.line[:0]
	}
	line = bytes.TrimSuffix(line, []byte("\r"))
	switch {
	case c.phase == inSize:
		return c.size(line)
	case c.phase == inTrailer && len(line) == 0:
		c.phase = atEnd
	case c.phase == inDataEnd && len(line) > 0:
		return fmt.Errorf("%w: %.20q after a chunk's data, expected the end of the line", ErrChunks, line)
	case c.phase == inDataEnd:
		c.phase = inSize
	}
	return nil
}

// size reads the line in front of a chunk: its size, and extensions that nobody uses.
func (c *chunks) size(line []byte) error {
	digits, _, _ := bytes.Cut(line, []byte(";"))
	digits = bytes.TrimRight(digits, " \t")
	n, err := strconv.ParseUint(string(digits), 16, 62)
	if err != nil {
		return fmt.Errorf("%w: chunk size is %.20q, expected a hexadecimal number", ErrChunks, line)
	}
	c.left, c.phase = int64(n), inData
	if n == 0 {
		c.phase = inTrailer
	}
	return nil
}
