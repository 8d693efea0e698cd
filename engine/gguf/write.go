package gguf

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// TensorData is a tensor to write.
type TensorData struct {
	Name string
	Dims []int // as in Tensor
	Type Type
	// Write gives the data, Type.Size(Dims) bytes in any number of pieces. It is called
	// once, in the order of the tensors, so that a large file is never whole in memory.
	Write func(w io.Writer) error
}

// Bytes is a TensorData.Write for data that is in memory.
func Bytes(data []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}
}

// ToWrite is the tensor as it is, for a new file.
func (t Tensor) ToWrite() TensorData {
	return TensorData{Name: t.Name, Dims: t.Dims, Type: t.Type, Write: Bytes(t.Data)}
}

// Write writes a file of version 3, which depends on nothing but its arguments. Keys and
// tensors keep their order. Tensor data are aligned to kvs' general.alignment, a uint32,
// or 32. All but the tensors' data is checked before the first byte is written.
func Write(w io.Writer, kvs []KV, tensors []TensorData) error {
	l, err := newLayout(kvs, tensors)
	if err != nil {
		return fmt.Errorf("write GGUF: %w", err)
	}
	out := bufio.NewWriterSize(w, 1<<16)
	if _, err := out.Write(l.header); err != nil {
		return fmt.Errorf("write GGUF: header: %w", err)
	}
	for i, t := range tensors {
		if err := l.writeTensor(out, t, l.sizes[i]); err != nil {
			return fmt.Errorf("write GGUF: tensor %q: %w", t.Name, err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write GGUF: %w", err)
	}
	return nil
}

// layout is all of a file but the data.
type layout struct {
	header    []byte // padded when tensors follow
	alignment int
	sizes     []int // of each tensor's data
}

func newLayout(kvs []KV, tensors []TensorData) (*layout, error) {
	l := &layout{alignment: defaultAlignment}
	e := &encoder{buf: []byte(magic)}
	e.u32(3)
	e.u64(uint64(len(tensors)))
	e.u64(uint64(len(kvs)))
	if err := l.addKVs(e, kvs); err != nil {
		return nil, err
	}
	if err := l.addTensors(e, tensors); err != nil {
		return nil, err
	}
	l.header = e.buf
	if len(tensors) > 0 {
		l.header = append(e.buf, make([]byte, pad(len(e.buf), l.alignment)-len(e.buf))...)
	}
	return l, nil
}

func (l *layout) addKVs(e *encoder, kvs []KV) error {
	seen := make(map[string]bool, len(kvs))
	for _, kv := range kvs {
		if seen[kv.Key] {
			return fmt.Errorf("key %q: found twice, expected once", kv.Key)
		}
		seen[kv.Key] = true
		err := e.kv(kv)
		if err == nil && kv.Key == alignmentKey {
			l.alignment, err = checkAlignment(kv.Value)
		}
		if err != nil {
			return fmt.Errorf("key %q: %w", kv.Key, err)
		}
	}
	return nil
}

func (l *layout) addTensors(e *encoder, tensors []TensorData) error {
	seen := make(map[string]bool, len(tensors))
	offset := 0
	for _, t := range tensors {
		size, err := t.Type.Size(t.Dims)
		switch {
		case seen[t.Name]:
			err = errors.New("found twice, expected once")
		case err == nil:
			err = checkLength(t.Name, maxNameLen)
		}
		if err == nil && size > maxInt-maxAlignment-offset {
			err = fmt.Errorf("found %d bytes of data after %d, expected a size that fits in memory", size, offset)
		}
		if err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		seen[t.Name] = true
		e.entry(t, offset)
		l.sizes = append(l.sizes, size)
		offset = pad(offset+size, l.alignment)
	}
	return nil
}

func (e *encoder) entry(t TensorData, offset int) {
	e.string(t.Name)
	e.u32(uint32(len(t.Dims)))
	for _, d := range t.Dims {
		e.u64(uint64(d))
	}
	e.u32(uint32(t.Type))
	e.u64(uint64(offset))
}

func (l *layout) writeTensor(w io.Writer, t TensorData, size int) error {
	data := &exactWriter{w: w, left: size}
	if err := t.Write(data); err != nil {
		return err
	}
	if data.err != nil {
		return data.err
	}
	if data.left > 0 {
		return fmt.Errorf("found %d bytes of data, expected %d", size-data.left, size)
	}
	_, err := w.Write(make([]byte, pad(size, l.alignment)-size))
	return err
}

// exactWriter refuses more than left bytes. It remembers its error for a writer that does not.
type exactWriter struct {
	w    io.Writer
	left int
	err  error
}

func (e *exactWriter) Write(p []byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	if len(p) > e.left {
		e.err = fmt.Errorf("found at least %d more bytes of data than its type and shape have", len(p)-e.left)
		return 0, e.err
	}
	var n int
	n, e.err = e.w.Write(p)
	e.left -= n
	return n, e.err
}
