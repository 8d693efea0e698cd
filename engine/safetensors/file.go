package safetensors

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// File is the header of one safetensors file, and the file itself as far as it is open.
type File struct {
	Name     string            // the path, or the name given to Parse; used in errors
	Metadata map[string]string // of __metadata__
	Tensors  []Tensor          // by name

	closer io.Closer
}

// Tensor is one tensor of a file. Its data can be read until the file is closed.
type Tensor struct {
	Name  string
	File  string // Name of its file
	Type  Type
	Shape []int // the slowest dimension first; empty for a scalar; none is negative
	Size  int64 // of the data, in bytes

	data *io.SectionReader
}

// ReadAt reads from the tensor's data: byte 0 is its first. It is io.ReaderAt, but for
// the end of the file before that of the tensor, which is io.ErrUnexpectedEOF.
func (t Tensor) ReadAt(p []byte, off int64) (int, error) {
	n, err := t.data.ReadAt(p, off)
	switch {
	case n == len(p):
		return n, nil
	case errors.Is(err, io.EOF) && off+int64(n) < t.Size:
		err = io.ErrUnexpectedEOF
	}
	return n, fmt.Errorf("%s: tensor %q: read byte %d of %d: %w", t.File, t.Name, off+int64(n), t.Size, err)
}

// Open reads the header of the file at path and keeps the file open until Close.
func Open(path string) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open safetensors file: %w", err)
	}
	f, err := open(path, file)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	f.closer = file
	return f, nil
}

func open(path string, file *os.File) (*File, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("open safetensors file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: found %s, expected a regular file", path, info.Mode().Type())
	}
	return Parse(path, file, info.Size())
}

// Close closes a file from Open. Names, types and shapes stay valid.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	c := f.closer
	f.closer = nil
	return c.Close()
}
