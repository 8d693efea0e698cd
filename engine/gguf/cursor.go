package gguf

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// cursor reads a file's header. Its error is sticky: after the first one everything
// reads as zero, so that a sequence of reads needs one check, before a count is used.
type cursor struct {
	file string
	data []byte
	off  int // next byte
	part string
	err  error
}

func (c *cursor) fail(at int, found, expected string) {
	if c.err == nil {
		c.err = &ParseError{File: c.file, Offset: int64(at), Part: c.part, Found: found, Expected: expected}
	}
}

func (c *cursor) left() int { return len(c.data) - c.off }

// take gives the next n bytes, or nil when there are fewer.
func (c *cursor) take(n uint64, what string) []byte {
	if c.err != nil {
		return nil
	}
	if n > uint64(c.left()) {
		c.fail(c.off, fmt.Sprintf("%d bytes until the end of the file", c.left()), fmt.Sprintf("%d for %s", n, what))
		return nil
	}
	b := c.data[c.off : c.off+int(n) : c.off+int(n)]
	c.off += int(n)
	return b
}

func (c *cursor) u32(what string) uint32 {
	if b := c.take(4, what); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (c *cursor) u64(what string) uint64 {
	if b := c.take(8, what); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// count reads a number of things of at least size bytes each, no more than could follow.
func (c *cursor) count(size int, what string) int {
	at := c.off
	n := c.u64("the number of " + what)
	if most := uint64(c.left() / size); c.err == nil && n > most {
		c.fail(at, fmt.Sprintf("%d %s", n, what), fmt.Sprintf("at most %d in the %d bytes that are left", most, c.left()))
		return 0
	}
	return int(n)
}

// name reads a string of 1 to longest bytes.
func (c *cursor) name(longest int, what string) string {
	at := c.off
	n := c.u64("the length of " + what)
	if c.err == nil && (n < 1 || n > uint64(longest)) {
		c.fail(at, fmt.Sprintf("%s of %d bytes", what, n), fmt.Sprintf("1 to %d", longest))
	}
	return string(c.take(n, what))
}

// failShape places an error of Type.Size or checkAlignment.
func (c *cursor) failShape(at int, err error) {
	var shape *shapeError
	if !errors.As(err, &shape) {
		panic(fmt.Sprintf("gguf: %v is not a shape error", err))
	}
	c.fail(at, shape.found, shape.expected)
}
