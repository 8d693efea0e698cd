package safetensors

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"unicode/utf8"
)

// TensorData is a tensor to write.
type TensorData struct {
	Name  string
	Type  Type
	Shape []int // the slowest dimension first
	// Write gives the data, Size bytes in any number of pieces. It is called once, in the order
	// of the tensors, so that a large file is never whole in memory.
	Write func(w io.Writer) error
}

// Size is the bytes of the tensor's data.
func (t TensorData) Size() (int64, error) {
	e := entry{name: t.Name, Type: t.Type, Shape: t.Shape}
	return e.bytes()
}

// DefaultShard is the most bytes of tensors in a file where nothing else is asked for, what
// published models commonly have.
const DefaultShard int64 = 5e9

// WriteDir writes a model's weights to an existing directory: one file or, where the tensors
// are more than limit bytes together, shards and their index. Each file is synced. What a failure
// leaves is for the caller to remove.
func WriteDir(dir string, tensors []TensorData, limit int64) error {
	shards, total, err := split(tensors, limit)
	if err != nil {
		return fmt.Errorf("write safetensors: %w", err)
	}
	if len(shards) == 1 {
		return writeFile(filepath.Join(dir, SingleFile), shards[0])
	}
	files := map[string]string{}
	for i, shard := range shards {
		name := fmt.Sprintf("model-%05d-of-%05d.safetensors", i+1, len(shards))
		if err := writeFile(filepath.Join(dir, name), shard); err != nil {
			return err
		}
		for _, t := range shard {
			files[t.Name] = name
		}
	}
	return writeIndex(filepath.Join(dir, IndexFile), total, files)
}

// split keeps the tensors' order. A tensor that is larger than limit has a file of its own.
func split(tensors []TensorData, limit int64) (shards [][]TensorData, total int64, err error) {
	shards = [][]TensorData{nil}
	seen, size := map[string]bool{}, int64(0)
	for _, t := range tensors {
		n, err := t.Size()
		switch {
		case err != nil:
			return nil, 0, fmt.Errorf("tensor %q: %w", t.Name, err)
		case seen[t.Name]:
			return nil, 0, fmt.Errorf("tensor %q: found twice, expected once", t.Name)
		case t.Name == "" || t.Name == metadataKey || !utf8.ValidString(t.Name):
			return nil, 0, fmt.Errorf("tensor %q: found a name that the format does not allow", t.Name)
		}
		seen[t.Name] = true
		if size > 0 && size+n > limit {
			shards, size = append(shards, nil), 0
		}
		last := len(shards) - 1
		shards[last] = append(shards[last], t)
		size, total = size+n, total+n
	}
	return shards, total, nil
}

// Write writes one file, which depends on nothing but the tensors.
func Write(w io.Writer, tensors []TensorData) error {
	header, err := header(tensors)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 1<<16)
	if _, err := out.Write(header); err != nil {
		return err
	}
	for _, t := range tensors {
		size, _ := t.Size() // the header has it
		data := &exactWriter{w: out, left: size}
		err := errors.Join(t.Write(data), data.err)
		if err == nil && data.left > 0 {
			err = fmt.Errorf("found %d bytes of data, expected %d", size-data.left, size)
		}
		if err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
	}
	return out.Flush()
}

// header is the length and the JSON of a file, padded so that the data are aligned.
func header(tensors []TensorData) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(`{"` + metadataKey + `":{"format":"pt"}`) // by which readers know how tensors are laid out
	at := int64(0)
	for _, t := range tensors {
		size, err := t.Size()
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		name, err := json.Marshal(t.Name)
		if err != nil {
			return nil, err
		}
		text, err := json.Marshal(entry{Type: t.Type, Shape: append([]int{}, t.Shape...), Offsets: []int64{at, at + size}})
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, ",%s:%s", name, text)
		at += size
	}
	b.WriteString("}")
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	return append(binary.LittleEndian.AppendUint64(nil, uint64(b.Len())), b.Bytes()...), nil
}

// exactWriter refuses more than left bytes. It remembers its error for a writer that does not.
type exactWriter struct {
	w    io.Writer
	left int64
	err  error
}

func (e *exactWriter) Write(p []byte) (int, error) {
	if e.err == nil && int64(len(p)) > e.left {
		e.err = fmt.Errorf("found at least %d more bytes of data than its type and shape have", int64(len(p))-e.left)
	}
	if e.err != nil {
		return 0, e.err
	}
	var n int
	n, e.err = e.w.Write(p)
	e.left -= int64(n)
	return n, e.err
}

func writeFile(path string, tensors []TensorData) error {
	return create(path, func(w io.Writer) error { return Write(w, tensors) })
}

// writeIndex says which file has which tensor.
func writeIndex(path string, total int64, files map[string]string) error {
	index := map[string]any{"metadata": map[string]any{"total_size": total}, "weight_map": files}
	data, err := json.MarshalIndent(index, "", "  ")
	if err != nil {
		return err
	}
	return create(path, func(w io.Writer) error {
		_, err := w.Write(append(data, '\n'))
		return err
	})
}

// create makes a file that is on the disk when it returns.
func create(path string, write func(io.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write safetensors: %w", err)
	}
	if err := write(file); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("write safetensors: %w", err)
	}
	return nil
}
