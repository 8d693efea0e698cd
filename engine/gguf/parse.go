package gguf

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
)

const magic = "GGUF"

// Parse reads a file from memory, such as an embedded one; name stands for it in errors,
// which are *ParseError. Tensor data are slices of data, at whatever address it has:
// an embedded file is not aligned.
func Parse(name string, data []byte) (*File, error) {
	c := &cursor{file: name, data: data, part: "header"}
	f := &File{Name: name, keys: map[string]int{}, tensors: map[string]int{}}
	f.Version = c.version()
	nTensors := c.count(minTensorBytes, "tensors")
	nKVs := c.count(minKVBytes, "keys")
	c.metadata(f, nKVs)
	entries := c.directory(f, nTensors)
	c.place(f, entries)
	if c.err != nil {
		return nil, c.err
	}
	return f, nil
}

func (c *cursor) version() int {
	if m := c.take(4, "the magic"); c.err == nil && string(m) != magic {
		c.fail(0, fmt.Sprintf("magic %q", m), fmt.Sprintf("%q, a GGUF file", magic))
	}
	v := c.u32("the version")
	switch {
	case v == 2 || v == 3:
	case bits.ReverseBytes32(v) == 2 || bits.ReverseBytes32(v) == 3:
		c.fail(4, "a big-endian file", "a little-endian one; convert it")
	case v == 1:
		c.fail(4, "version 1", "2 or 3; convert the model again")
	default:
		c.fail(4, fmt.Sprintf("version %d", v), "2 or 3")
	}
	return int(v)
}

func (c *cursor) metadata(f *File, n int) {
	f.Alignment = defaultAlignment
	f.KVs = make([]KV, 0, n)
	for i := range n {
		c.part = fmt.Sprintf("key %d of %d", i+1, n)
		at := c.off
		kv := c.kv()
		if _, ok := f.keys[kv.Key]; ok {
			c.fail(at, "a second value", "each key once")
		}
		if kv.Key == alignmentKey {
			f.Alignment = c.alignment(at, kv.Value)
		}
		if c.err != nil {
			return
		}
		f.keys[kv.Key] = len(f.KVs)
		f.KVs = append(f.KVs, kv)
	}
}

func (c *cursor) alignment(at int, v any) int {
	if c.err != nil {
		return 0
	}
	n, err := checkAlignment(v)
	if err != nil {
		c.failShape(at, err)
	}
	return n
}

// checkAlignment reads the value of general.alignment.
func checkAlignment(v any) (int, error) {
	n, ok := v.(uint32)
	if !ok {
		return 0, &shapeError{describe(v), Uint32.String()}
	}
	if !validAlignment(uint64(n)) {
		return 0, &shapeError{fmt.Sprintf("alignment %d", n), fmt.Sprintf("a power of two up to %d", maxAlignment)}
	}
	return int(n), nil
}

// entry is a tensor as the directory has it.
type entry struct {
	Tensor
	at     int    // where the entry is in the file
	offset uint64 // of the data, from the start of the data section
	size   int    // of the data
}

func (c *cursor) directory(f *File, n int) []entry {
	if c.err != nil {
		return nil
	}
	entries := make([]entry, 0, n)
	for i := range n {
		c.part = fmt.Sprintf("tensor %d of %d", i+1, n)
		e := c.entry()
		if _, ok := f.tensors[e.Name]; ok {
			c.fail(e.at, "a second tensor of that name", "each name once")
		}
		if c.err != nil {
			return nil
		}
		f.tensors[e.Name] = i
		entries = append(entries, e)
	}
	return entries
}

func (c *cursor) entry() entry {
	e := entry{at: c.off}
	e.Name = c.name(maxNameLen, "a tensor name")
	c.part = fmt.Sprintf("tensor %.100q", e.Name)
	at := c.off
	e.Dims = c.dims()
	e.Type = Type(c.u32("a tensor type"))
	e.offset = c.u64("a tensor offset")
	if c.err != nil {
		return e
	}
	var err error
	if e.size, err = e.Type.Size(e.Dims); err != nil {
		c.failShape(at, err)
	}
	return e
}

func (c *cursor) dims() []int {
	at := c.off
	n := c.u32("the number of dimensions")
	if n < 1 || n > maxDims {
		c.fail(at, fmt.Sprintf("%d dimensions", n), fmt.Sprintf("1 to %d", maxDims))
		return nil
	}
	dims := make([]int, n)
	for i := range dims {
		at := c.off
		d := c.u64("a dimension")
		if d < 1 || d > maxInt {
			c.fail(at, fmt.Sprintf("dimension %d", d), "a positive number that fits in memory")
			return nil
		}
		dims[i] = int(d)
	}
	return dims
}

// place gives each tensor its bytes.
func (c *cursor) place(f *File, entries []entry) {
	if c.err != nil {
		return
	}
	start := pad(c.off, f.Alignment)
	f.Tensors = make([]Tensor, len(entries))
	for i := range entries {
		e := &entries[i]
		c.part = fmt.Sprintf("tensor %.100q", e.Name)
		if c.locate(e, start, f.Alignment); c.err != nil {
			return
		}
		f.Tensors[i] = e.Tensor
	}
	c.disjoint(entries)
}

func (c *cursor) locate(e *entry, start, alignment int) {
	if e.offset%uint64(alignment) != 0 {
		c.fail(e.at, fmt.Sprintf("offset %d", e.offset), fmt.Sprintf("a multiple of the alignment %d", alignment))
		return
	}
	available := max(0, len(c.data)-start)
	if e.offset > uint64(available) || e.size > available-int(e.offset) {
		c.fail(e.at, fmt.Sprintf("%d bytes at offset %d", e.size, e.offset),
			fmt.Sprintf("them within the %d bytes of tensor data that the file holds; it is truncated or broken", available))
		return
	}
	from := start + int(e.offset)
	e.Offset = int64(from)
	e.Data = c.data[from : from+e.size : from+e.size]
}

// disjoint checks that no two tensors share bytes. It reorders entries.
func (c *cursor) disjoint(entries []entry) {
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.Offset, b.Offset) })
	for i := 1; i < len(entries); i++ {
		before, e := &entries[i-1], &entries[i]
		if end := before.Offset + int64(before.size); e.Offset < end {
			c.part = fmt.Sprintf("tensor %.100q", e.Name)
			c.fail(e.at, fmt.Sprintf("data at byte %d", e.Offset), fmt.Sprintf("none before byte %d, where tensor %q ends", end, before.Name))
			return
		}
	}
}
