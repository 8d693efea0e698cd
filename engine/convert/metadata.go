package convert

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/assaylab/assay/engine/gguf"
)

// metadata are the keys of a GGUF file. It remembers which were asked for, so that none is
// dropped unseen, and what was wrong with them.
type metadata struct {
	f    *gguf.File
	seen map[string]bool
	errs []error
}

func (m *metadata) err() error { return errors.Join(m.errs...) }

func (m *metadata) keep(err error) {
	if err != nil {
		m.errs = append(m.errs, err)
	}
}

func (m *metadata) fail(key, found, expected string) {
	m.keep(fmt.Errorf("%s: key %q: found %s, expected %s", m.f.Name, key, found, expected))
}

func (m *metadata) has(key string) bool {
	m.seen[key] = true
	return m.f.Has(key)
}

// count is a positive whole number that fits a uint32.
func (m *metadata) count(key string) int {
	m.seen[key] = true
	n, err := m.f.Uint(key)
	m.keep(err)
	if err == nil && (n < 1 || n > math.MaxInt32) {
		m.fail(key, fmt.Sprint(n), "1 to 2^31-1")
	}
	if err != nil || n < 1 || n > math.MaxInt32 {
		return 1
	}
	return int(n)
}

func (m *metadata) countOr(key string, otherwise int) int {
	if !m.has(key) {
		return otherwise
	}
	return m.count(key)
}

// sizeOr is a count of which 0 means none.
func (m *metadata) sizeOr(key string, otherwise int) int {
	if m.has(key) {
		if n, err := m.f.Uint(key); err == nil && n == 0 {
			return 0
		}
	}
	return m.countOr(key, otherwise)
}

func (m *metadata) float(key string) float64 {
	m.seen[key] = true
	v, err := m.f.Float(key)
	m.keep(err)
	return v
}

func (m *metadata) floatOr(key string, otherwise float64) float64 {
	if !m.has(key) {
		return otherwise
	}
	return m.float(key)
}

// text is a string, empty where it is missing.
func (m *metadata) text(key string) string {
	if !m.has(key) {
		return ""
	}
	return m.mustText(key)
}

func (m *metadata) mustText(key string) string {
	m.seen[key] = true
	s, err := m.f.String(key)
	m.keep(err)
	return s
}

func (m *metadata) flagOr(key string, otherwise bool) bool {
	if !m.has(key) {
		return otherwise
	}
	b, err := m.f.Bool(key)
	m.keep(err)
	return b
}

func (m *metadata) texts(key string) []string {
	if !m.has(key) {
		return nil
	}
	list, err := m.f.Strings(key)
	m.keep(err)
	return list
}

// must refuses a value of a key that changes the arithmetic in a way that the directory has no
// word for.
func (m *metadata) must(key string, want float64, reason string) {
	if !m.has(key) {
		return
	}
	v, err := m.f.Float(key)
	if err != nil {
		n, notWhole := m.f.Uint(key)
		v, err = float64(n), notWhole
	}
	m.keep(err)
	if err == nil && v != want {
		m.fail(key, fmt.Sprint(v), fmt.Sprintf("%v: %s", want, reason))
	}
}

// harmless are keys that say nothing about what the model computes and that a directory
// says otherwise or not at all.
var harmless = []string{"general.alignment", "general.file_type", "general.quantization_version", "general.architecture"}

// leftovers refuses keys of the architecture that nobody asked for, and tells of others.
func (x *export) leftovers() {
	var lost []string
	for key := range x.f.Keys() {
		switch {
		case x.meta.seen[key] || slices.Contains(harmless, key) || strings.HasPrefix(key, "quantize."):
		case strings.HasPrefix(key, x.arch.name+"."):
			x.meta.fail(key, "it", "only keys that config.json has a place for: this one may change what the model computes")
		default:
			lost = append(lost, key)
		}
	}
	if len(lost) > 0 {
		x.note("keys without a place in a model's directory are left out: %s", strings.Join(lost, ", "))
	}
}

// members are a JSON object in an order of their own.
type members []member

type member struct {
	key   string
	value any
}

func (m *members) put(key string, value any) { *m = append(*m, member{key, value}) }

// MarshalJSON keeps the order.
func (m members) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, item := range m {
		if i > 0 {
			b.WriteByte(',')
		}
		for k, v := range []any{item.key, item.value} {
			text, err := encode(v, false)
			if err != nil {
				return nil, err
			}
			b.Write(bytes.TrimSuffix(text, []byte("\n")))
			if k == 0 {
				b.WriteByte(':')
			}
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// encode writes JSON with a line's end, and characters as they are.
func encode(v any, indent bool) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if indent {
		e.SetIndent("", "  ")
	}
	err := e.Encode(v)
	return b.Bytes(), err
}

// decimal writes a number so that it is read as the same float32, where it is one, and by
// all as a float.
func decimal(v float64) json.RawMessage {
	bits := 64
	if float64(float32(v)) == v {
		bits = 32
	}
	form := byte('e')
	if a := math.Abs(v); v == 0 || a >= 1e-4 && a < 1e15 {
		form = 'f'
	}
	s := strconv.FormatFloat(v, form, -1, bits)
	if form == 'f' && !strings.Contains(s, ".") {
		s += ".0"
	}
	return json.RawMessage(s)
}

func decimals(list []float32) []json.RawMessage {
	out := make([]json.RawMessage, len(list))
	for i, v := range list {
		out[i] = decimal(float64(v))
	}
	return out
}
