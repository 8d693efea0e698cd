package convert

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/quant"
	"github.com/assaylab/assay/engine/safetensors"
)

// Folder is a GGUF file, ready to be written as a model's directory: the inverse of Model.
type Folder struct {
	Tensors []safetensors.TensorData // their Write reads from the GGUF file
	Texts   []Text

	shard   int64
	summary Summary
	lost    *losses
}

// Text is a small file of a directory.
type Text struct {
	Name string
	Data []byte
}

// FolderOptions are what a GGUF file does not say.
type FolderOptions struct {
	Type  string // of all tensors: one of Types, of which Auto keeps every value as it is
	Shard int64  // the most bytes of tensors in a file; 0 for safetensors.DefaultShard
}

// OpenFile reads the keys and the directory of tensors of a GGUF file, which must stay open
// until the folder has been written.
func OpenFile(f *gguf.File, o FolderOptions) (*Folder, error) {
	if err := checkType(o.Type); err != nil {
		return nil, err
	}
	if o.Shard == 0 {
		o.Shard = safetensors.DefaultShard
	}
	if o.Shard < 0 {
		return nil, fmt.Errorf("bytes of a shard: found %d, expected more than 0", o.Shard)
	}
	x, err := newExport(f)
	if err != nil {
		return nil, err
	}
	places, err := x.places(o.Type)
	if err != nil {
		return nil, err
	}
	x.arch.folder(x)
	texts, tokenizer := x.texts()
	x.leftovers()
	if err := x.meta.err(); err != nil {
		return nil, err
	}
	folder := &Folder{Texts: texts, shard: o.Shard, lost: &losses{}}
	folder.finish(x, places, tokenizer)
	return folder, nil
}

func (f *Folder) finish(x *export, places []place, tokenizer string) {
	f.summary = Summary{Architecture: x.arch.name, Name: x.name(), Type: x.format.Name, Tensors: len(places), Tokenizer: tokenizer, Warnings: x.notes}
	for _, p := range places {
		n := elements(p.shape)
		f.summary.Parameters += n
		f.summary.Bytes += n * int64(p.to.BlockBytes)
		f.Tensors = append(f.Tensors, p.tensorData(f.lost))
	}
}

// texts are the files beside the weights, and the tokenizer in words.
func (x *export) texts() (list []Text, tokenizer string) {
	t := x.readTokens()
	if x.meta.err() != nil {
		return nil, ""
	}
	x.ids(t)
	file, words := t.file(x)
	for _, o := range []struct {
		name string
		v    members
	}{
		{"config.json", x.config}, {"generation_config.json", x.generation(t)}, {"tokenizer.json", file},
		{"tokenizer_config.json", x.tokenizerConfig(t)},
	} {
		data, err := encode(o.v, o.name != "tokenizer.json") // which has a line for each token else
		x.meta.keep(err)
		list = append(list, Text{o.name, data})
	}
	if t.scores != nil {
		list = append(list, Text{piecesFile, t.pieces()})
	}
	if card := x.card(); card != "" {
		list = append(list, Text{"README.md", []byte(card)})
	}
	return list, fmt.Sprintf("%s, %d tokens", words, len(t.tokens))
}

// Summary is complete once the folder has been written: only then are values known that the
// type cannot hold.
func (f *Folder) Summary() Summary {
	s := f.summary
	s.Warnings = append([]string{}, append(s.Warnings, f.lost.notes()...)...)
	return s
}

// Write makes the directory dir, whole or not at all: the files go to a temporary directory
// beside it, which takes its name when all are on the disk. An empty directory may be there
// before.
func (f *Folder) Write(ctx context.Context, dir string) error {
	dir = filepath.Clean(dir)
	if err := checkFree(dir); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+".*.tmp")
	if err != nil {
		return fmt.Errorf("write a model's directory: %w", err)
	}
	defer os.RemoveAll(temp) // after the rename there is nothing to remove
	if err := f.fill(ctx, temp); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	if err := errors.Join(os.Chmod(temp, 0o755), removeEmpty(dir), os.Rename(temp, dir)); err != nil {
		return fmt.Errorf("write a model's directory: %w", err)
	}
	return nil
}

// checkFree refuses to mix a model with what is there.
func checkFree(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("write a model's directory: %w", err)
	case len(entries) > 0:
		return fmt.Errorf("%s: found a directory with files, expected a new or an empty one: remove it, or name another", dir)
	}
	return nil
}

func removeEmpty(dir string) error {
	if err := os.Remove(dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func (f *Folder) fill(ctx context.Context, dir string) error {
	for _, t := range f.Texts {
		if err := os.WriteFile(filepath.Join(dir, t.Name), t.Data, 0o644); err != nil {
			return err
		}
	}
	tensors := make([]safetensors.TensorData, len(f.Tensors))
	for i, t := range f.Tensors {
		tensors[i] = t
		tensors[i].Write = func(w io.Writer) error { return t.Write(stopping{ctx, w}) }
	}
	return safetensors.WriteDir(dir, tensors, f.shard)
}

// stopping is a writer that fails when its context ends.
type stopping struct {
	ctx context.Context
	w   io.Writer
}

func (s stopping) Write(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.w.Write(p)
}

// export is a GGUF file as far as it has been read.
type export struct {
	f      *gguf.File
	arch   architecture
	meta   *metadata
	sizes  map[string]int
	config members
	format quant.Format
	notes  []string
}

func (x *export) note(format string, args ...any) {
	x.notes = append(x.notes, fmt.Sprintf(format, args...))
}

// key is a key of the architecture.
func (x *export) key(name string) string { return x.arch.name + "." + name }

func (x *export) name() string {
	if s := x.meta.text("general.name"); s != "" {
		return s
	}
	return strings.TrimSuffix(filepath.Base(x.f.Name), ".gguf")
}

// newExport finds the architecture and the sizes.
func newExport(f *gguf.File) (*export, error) {
	x := &export{f: f, meta: &metadata{f: f, seen: map[string]bool{}}}
	name := x.meta.mustText("general.architecture")
	var known []string
	for _, a := range architectures() {
		if !slices.Contains(known, a.name) { // the first row of a name is its widest
			known = append(known, a.name)
			if a.name == name {
				x.arch = a
			}
		}
	}
	if kind := x.meta.text("general.type"); kind != "" && kind != "model" {
		x.meta.fail("general.type", fmt.Sprintf("%q", kind), `"model"`)
	}
	if x.arch.name == "" {
		x.meta.fail("general.architecture", fmt.Sprintf("%q", name), "one of "+strings.Join(known, ", "))
		return nil, x.meta.err()
	}
	x.sizes = x.readSizes()
	return x, x.meta.err()
}
