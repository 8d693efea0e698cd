package imatrix

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// parseLegacy reads the layout before GGUF, all little-endian: int32 entries; for each
// an int32 length, the tensor's name, int32 calls, int32 values, and that many float32
// of sums divided by their counts and multiplied by calls. What follows is optional:
// int32 chunks, an int32 length and the data set's name.
func parseLegacy(name string, data []byte) (*Matrix, error) {
	r := &reader{data: data}
	n := r.count(12)
	m := &Matrix{Entries: map[string]Entry{}}
	for range n {
		tensor := string(r.take(r.count(1)))
		calls := r.int32()
		values := make([]float32, r.count(4))
		for i := range values {
			values[i] = math.Float32frombits(uint32(r.int32()))
		}
		if r.err != nil {
			break
		}
		m.Entries[tensor] = Entry{values, []float32{float32(max(calls, 1))}}
	}
	if r.err != nil {
		return nil, fmt.Errorf("%s: offset %d: %w; expected an importance matrix, GGUF or llama.cpp's older layout", name, r.at, r.err)
	}
	if r.at < len(data) {
		m.Chunks = int(max(0, r.int32()))
		m.Datasets = []string{string(r.take(r.count(1)))}
		if r.err != nil {
			m.Datasets = nil
		}
	}
	return m, m.check(name)
}

// reader takes fields off data and keeps the first error.
type reader struct {
	data []byte
	at   int
	err  error
}

func (r *reader) take(n int) []byte {
	if r.err == nil && (n < 0 || n > len(r.data)-r.at) {
		r.err = errors.New("the file ends early")
	}
	if r.err != nil {
		return nil
	}
	r.at += n
	return r.data[r.at-n : r.at]
}

func (r *reader) int32() int32 {
	b := r.take(4)
	if b == nil {
		return 0
	}
	return int32(binary.LittleEndian.Uint32(b))
}

// count reads how many things of at least size bytes follow, and holds that against
// what is left.
func (r *reader) count(size int) int {
	n := int(r.int32())
	if r.err == nil && (n < 0 || n > (len(r.data)-r.at)/size) {
		r.err = fmt.Errorf("found a count of %d", n)
	}
	if r.err != nil {
		return 0
	}
	return n
}
