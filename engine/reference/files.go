package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/assaylab/assay/engine/checkpoint"
	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/models"
	"github.com/assaylab/assay/engine/recipe"
	"github.com/assaylab/assay/experiments/modelcache"
)

// sourceFile is a file of the subject as it is shipped.
func (b *bench) sourceFile(s subject) (string, error) {
	if !strings.HasPrefix(s.source, models.Prefix) {
		return modelcache.Find(b.cache, s.source)
	}
	data, err := models.GGUF(s.source)
	if err != nil {
		return "", err
	}
	path := filepath.Join(b.work, s.name+".gguf")
	return path, os.WriteFile(path, data, 0o644)
}

// exactFile is a file of the subject with all its values in F32. Quantized values are
// widened by llama.cpp's tool, floats by either.
func (b *bench) exactFile(ctx context.Context, s subject) (string, error) {
	path := filepath.Join(b.work, s.name+"-F32.gguf")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	source, err := b.sourceFile(s)
	if err != nil {
		return "", err
	}
	if s.shipped == "" {
		return path, requantize(source, path, "F32", false)
	}
	temp := path + ".part"
	if err := b.tools.quantize(ctx, source, temp, "F32"); err != nil {
		return "", err
	}
	return path, os.Rename(temp, path)
}

// modelFile is the file that a row is about, and whether llama-quantize makes the same
// bytes of it: nil where this engine's quantizer did not make it.
func (b *bench) modelFile(ctx context.Context, s subject, format string) (path string, same *bool, err error) {
	if format == s.shipped {
		path, err = b.sourceFile(s)
		return path, nil, err
	}
	exact, err := b.exactFile(ctx, s)
	if err != nil || format == "F32" && s.shipped != "" {
		return exact, nil, err
	}
	path = exact
	if format != "F32" {
		path = filepath.Join(b.work, s.name+"-"+format+".gguf")
		if err := requantize(exact, path, format, false); err != nil {
			return "", nil, err
		}
	}
	from := exact
	if format == "F32" {
		if from, err = b.sourceFile(s); err != nil {
			return "", nil, err
		}
	}
	equal, err := b.asTheirs(ctx, from, path, format)
	return path, &equal, err
}

// asTheirs says whether llama-quantize makes of from what is at path.
func (b *bench) asTheirs(ctx context.Context, from, path, format string) (bool, error) {
	theirs := filepath.Join(b.work, "theirs.gguf")
	defer os.Remove(theirs)
	if err := b.tools.quantize(ctx, from, theirs, format); err != nil {
		return false, err
	}
	return sameTensors(path, theirs)
}

// sameTensors says whether two files hold the same tensors, byte for byte. Their order
// may differ: llama-quantize sorts them by layer.
func sameTensors(a, b string) (bool, error) {
	f, err := gguf.Open(a)
	if err != nil {
		return false, err
	}
	defer f.Close()
	g, err := gguf.Open(b)
	if err != nil {
		return false, err
	}
	defer g.Close()
	for _, t := range f.Tensors {
		u, err := g.Tensor(t.Name)
		if err != nil || u.Type != t.Type || !bytes.Equal(u.Data, t.Data) {
			return false, nil
		}
	}
	return len(f.Tensors) == len(g.Tensors), nil
}

// requantize writes in as out in another format.
func requantize(in, out, format string, search bool) error {
	f, err := gguf.Open(in)
	if err != nil {
		return err
	}
	defer f.Close()
	kvs, tensors, err := planned(f, format, search)
	if err != nil {
		return err
	}
	return gguf.WriteFile(out, kvs, tensors)
}

// inMemory is f in another format.
func inMemory(f *gguf.File, format string, search bool) (*gguf.File, error) {
	kvs, tensors, err := planned(f, format, search)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := gguf.Write(&b, kvs, tensors); err != nil {
		return nil, err
	}
	return gguf.Parse(f.Name+" as "+format, b.Bytes())
}

func planned(f *gguf.File, format string, search bool) ([]gguf.KV, []gguf.TensorData, error) {
	r, err := recipe.ByName(format)
	if err != nil {
		return nil, nil, err
	}
	var overrides []recipe.Override
	if format == everywhere {
		o, err := recipe.ParseOverride(`attn_|ffn_=` + everywhere)
		if err != nil {
			return nil, nil, err
		}
		overrides = append(overrides, o)
	}
	steps, err := checkpoint.Plan(f, r, overrides, nil)
	if err != nil {
		return nil, nil, err
	}
	for i := range steps {
		steps[i].Search = search
	}
	kvs, tensors := checkpoint.Requantize(f, r, steps)
	return kvs, tensors, nil
}

// hash is a file's SHA-256 and its size.
func hash(path string) (sum string, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	size, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), size, err
}

// remove removes what the work on a subject has made, but its source and F32.
func (b *bench) remove(paths ...string) error {
	var errs []error
	for _, p := range paths {
		if filepath.Dir(p) == b.work && !strings.HasSuffix(p, "-F32.gguf") {
			errs = append(errs, os.Remove(p))
		}
	}
	return errors.Join(errs...)
}
