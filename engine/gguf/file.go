package gguf

import "fmt"

// File is a parsed GGUF file. It is immutable and safe for concurrent reading until Close.
type File struct {
	Name      string // the path, or the name given to Parse; used in errors
	Version   int    // 2 or 3
	Alignment int    // of tensor data, in bytes
	KVs       []KV   // metadata in the file's order
	Tensors   []Tensor

	keys    map[string]int // index into KVs
	tensors map[string]int // index into Tensors
	unmap   func() error
	mapped  []byte // of a file from Open
}

// Tensor is one tensor of a file.
type Tensor struct {
	Name   string
	Dims   []int // 1 to 4, all positive, in ggml's order: Dims[0] is the length of a row
	Type   Type
	Offset int64  // of Data in the file
	Data   []byte // the file's own bytes, all of Type.Size(Dims); not to be modified, gone after Close
}

// Open maps the file at path and parses it. Close unmaps it. Where files cannot be mapped
// it is read into memory. A mapped file must not be truncated while it is open.
func Open(path string) (*File, error) {
	data, unmap, err := mapFile(path)
	if err != nil {
		return nil, fmt.Errorf("open GGUF file: %w", err)
	}
	f, err := Parse(path, data)
	if err != nil {
		_ = unmap() // the file is broken: that is the error to report
		return nil, err
	}
	f.unmap, f.mapped = unmap, data
	return f, nil
}

// Close releases the mapping of a file from Open; tensor data must not be used afterwards.
// Metadata and tensor descriptions stay valid. Closing twice is harmless.
func (f *File) Close() error {
	if f.unmap == nil {
		return nil
	}
	unmap := f.unmap
	f.unmap, f.mapped = nil, nil
	return unmap()
}

// Forget gives the memory of a mapped file's pages back to the system: its data stay
// readable, and are fetched again where they are read. It is for those who have made what
// they need of them.
func (f *File) Forget() { forget(f.mapped) }

// Tensor finds a tensor by name. The error wraps ErrMissing.
func (f *File) Tensor(name string) (Tensor, error) {
	i, ok := f.tensors[name]
	if !ok {
		return Tensor{}, fmt.Errorf("%s: tensor %q: %w, expected among its %d tensors", f.Name, name, ErrMissing, len(f.Tensors))
	}
	return f.Tensors[i], nil
}
