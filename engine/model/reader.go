package model

import (
	"fmt"

	"github.com/assaylab/assay/engine/gguf"
)

// reader reads metadata keys and keeps the first error. Keys are the architecture's
// own, without its name before them.
type reader struct {
	f    *gguf.File
	arch string // with a dot
	err  error
}

// count is a number of things: at least 1. Where it is missing or out of range it
// is 1, so that checks that follow do not divide by zero; the error is kept.
func (r *reader) count(key string) int {
	n, err := r.f.Uint(r.arch + key)
	r.keep(err)
	if err == nil && (n < 1 || n > limit) {
		r.keep(fmt.Errorf("%s: %s is %d, want 1 to %d", r.f.Name, r.arch+key, n, limit))
	}
	if r.err != nil {
		return 1
	}
	return int(n)
}

func (r *reader) countOr(key string, otherwise int) int {
	if !r.has(key) {
		return otherwise
	}
	return r.count(key)
}

// sizeOr is a count of which 0 means none.
func (r *reader) sizeOr(key string, otherwise int) int {
	if r.has(key) {
		if n, err := r.f.Uint(r.arch + key); err == nil && n == 0 {
			return 0
		}
	}
	return r.countOr(key, otherwise)
}

func (r *reader) float(key string) float64 {
	v, err := r.f.Float(r.arch + key)
	r.keep(err)
	return v
}

func (r *reader) floatOr(key string, otherwise float64) float64 {
	if !r.has(key) {
		return otherwise
	}
	return r.float(key)
}

func (r *reader) stringOr(key, otherwise string) string {
	if !r.has(key) {
		return otherwise
	}
	v, err := r.f.String(r.arch + key)
	r.keep(err)
	return v
}

// pattern says which layers are special: those that the key's array marks, or, where
// the key is a number or missing, all but the last of every group of that many.
func (r *reader) pattern(key string, layers, group int) []bool {
	if r.has(key) {
		v, err := r.f.Value(r.arch + key)
		r.keep(err)
		if marks, ok := v.([]bool); ok {
			if len(marks) != layers {
				r.keep(fmt.Errorf("%s: %s has %d values, want one for each of %d layers", r.f.Name, r.arch+key, len(marks), layers))
			}
			return marks
		}
		group = r.count(key)
	}
	marks := make([]bool, layers)
	for i := range marks {
		marks[i] = i%group < group-1
	}
	return marks
}

// refuse reports a number whose value changes the arithmetic in a way this engine lacks.
func (r *reader) refuse(key string, neutral float64) {
	if !r.has(key) {
		return
	}
	v, err := r.f.Float(r.arch + key)
	if err != nil {
		n, asCount := r.f.Uint(r.arch + key)
		v, err = float64(n), asCount
	}
	r.keep(err)
	if err == nil && v != neutral {
		r.keep(fmt.Errorf("%s: %s is %g, which this engine lacks (want %g or no such key)", r.f.Name, r.arch+key, v, neutral))
	}
}

func (r *reader) has(key string) bool { return r.f.Has(r.arch + key) }

func (r *reader) keep(err error) {
	if r.err == nil {
		r.err = err
	}
}
