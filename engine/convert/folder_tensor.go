package convert

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/quant"
	"github.com/assaylab/assay/engine/safetensors"
)

// place is a tensor of the directory and where its values are in the GGUF file.
type place struct {
	name     string
	shape    []int  // the slowest dimension first
	data     []byte // in format from
	from, to quant.Format
	perHead  int     // rows of a head where they were permuted, else 0
	shift    float32 // added to every value
}

// places are the tensors of the directory, the widest elements first and then by name, so that
// each is aligned in its file. It settles the type of the weights.
func (x *export) places(to string) ([]place, error) {
	var list []place
	slots := x.slots()
	for _, t := range x.f.Tensors {
		s, ok := slots[t.Name]
		switch {
		case ok:
			delete(slots, t.Name)
			list = append(list, x.place(s, t)...)
		case !slices.Contains(tables, t.Name):
			x.meta.keep(fmt.Errorf("%s: tensor %q: has no place in class %s", x.f.Name, t.Name, x.arch.classes[0]))
		}
	}
	for name, s := range slots {
		if !s.optional && name != "output.weight" {
			x.meta.keep(fmt.Errorf("%s: found no tensor %q, expected one for %s", x.f.Name, name, s.from))
		}
	}
	if err := x.meta.err(); err != nil {
		return nil, errors.Join(shortened(x.meta.errs)...)
	}
	if err := x.settle(list, to); err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b place) int {
		return cmp.Or(b.to.BlockBytes-a.to.BlockBytes, strings.Compare(a.name, b.name))
	})
	return list, nil
}

// shortened lists some of many errors: a wrong key breaks all tensors.
func shortened(errs []error) []error {
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	if len(errs) > maxErrors {
		return append(errs[:maxErrors:maxErrors], fmt.Errorf("and %d more", len(errs)-maxErrors))
	}
	return errs
}

// tables are tensors that config.json has as parameters.
var tables = []string{"rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight"}

// slots are the places of the architecture by their names in the GGUF file, from being the
// whole name in the directory.
func (x *export) slots() map[string]slot {
	m := map[string]slot{}
	for _, s := range ends() {
		m[s.to] = s
	}
	for layer := range x.sizes["layers"] {
		for _, s := range x.arch.layer {
			to := block(layer, s.to)
			s.from = "model.layers." + strconv.Itoa(layer) + "." + s.from
			m[to] = s
		}
	}
	return m
}

// place gives what a tensor becomes: itself, or one for each expert.
func (x *export) place(s slot, t gguf.Tensor) []place {
	p := place{name: s.from, shape: slices.Clone(t.Dims), data: t.Data}
	slices.Reverse(p.shape)
	for len(p.shape) > len(s.shape) && p.shape[0] == 1 {
		p.shape = p.shape[1:]
	}
	if want := (&source{sizes: x.sizes}).dims(s.shape); !slices.Equal(p.shape, want) {
		x.meta.keep(fmt.Errorf("%s: tensor %q: found shape %v, expected %v by the keys", x.f.Name, t.Name, p.shape, want))
		return nil
	}
	var err error
	if p.from, err = quant.ByType(uint32(t.Type)); err != nil {
		x.meta.keep(fmt.Errorf("%s: tensor %q: %w", x.f.Name, t.Name, err))
		return nil
	}
	if x.arch.permute && (strings.HasPrefix(s.to, "attn_q.") || strings.HasPrefix(s.to, "attn_k.")) {
		p.perHead = x.sizes["h"]
	}
	if x.arch.shiftNorms && strings.HasSuffix(s.to, "norm.weight") {
		p.shift = -1
	}
	if strings.HasSuffix(s.to, "_exps.weight") {
		return p.experts()
	}
	return []place{p}
}

// experts takes the stacked matrices apart.
func (p place) experts() []place {
	list := make([]place, p.shape[0])
	before, projection, _ := strings.Cut(p.name, "experts.")
	size := len(p.data) / p.shape[0]
	for i := range list {
		e := p
		e.name = fmt.Sprintf("%sexperts.%d.%s", before, i, projection)
		e.shape, e.data = p.shape[1:], p.data[i*size:(i+1)*size]
		list[i] = e
	}
	return list
}

// settle decides the types. Auto keeps every value: plain matrices as they are, quantized ones in
// F32; and norms and biases, which GGUF has in F32, in the matrices' type where that has
// their values, as the files have them that such models are made from.
func (x *export) settle(list []place, to string) (err error) {
	quantized, plain := map[string]int{}, map[string]int64{}
	for _, p := range list {
		switch {
		case p.from.BlockElems > 1:
			quantized[p.from.Name]++
		case len(p.shape) > 1:
			plain[p.from.Name] += elements(p.shape)
		}
	}
	named := to != Auto
	if !named {
		to = "F32"
		for name, n := range plain { // the type of most values, of equals the first by name
			if len(quantized) == 0 && (n > plain[to] || n == plain[to] && name < to) {
				to = name
			}
		}
	}
	if x.format, err = quant.ByName(to); err != nil {
		return err
	}
	kept := 0
	for i := range list {
		p := &list[i]
		p.to = x.format
		if named || p.from.BlockElems > 1 || p.lossless() {
			continue
		}
		p.to = p.from
		if p.shift != 0 {
			p.to = quant.Formats[0]
		}
		kept++
	}
	x.noteTypes(quantized, kept)
	return nil
}

func (x *export) noteTypes(quantized map[string]int, kept int) {
	var words []string
	n := 0
	for _, f := range quant.Formats {
		if q := quantized[f.Name]; q > 0 {
			words, n = append(words, fmt.Sprintf("%d of %s", q, f.Name)), n+q
		}
	}
	if n > 0 {
		x.note("%d tensors were quantized (%s) and are written as %s: their values stay those that quantization left", n, strings.Join(words, ", "), x.format.Name)
	}
	if kept > 0 {
		x.note("%d tensors keep a wider type, since %s does not have their values: what loads the model in one type rounds them", kept, x.format.Name)
	}
}

// lossless says whether the type has every value.
func (p place) lossless() bool {
	if p.from.Type == p.to.Type && p.shift == 0 {
		return true
	}
	l := &losses{}
	return p.write(io.Discard, l) == nil && l.rounded == 0
}

func (p place) tensorData(lost *losses) safetensors.TensorData {
	return safetensors.TensorData{
		Name: p.name, Shape: p.shape, Type: safetensors.Type(p.to.Name),
		Write: func(w io.Writer) error { return p.write(w, lost) },
	}
}

func (p place) write(w io.Writer, lost *losses) error {
	row := output{shape: p.shape, perHead: p.perHead}.row()
	rows := max(chunkElements/row, 1)
	if p.perHead > 0 {
		rows = (rows + p.perHead - 1) / p.perHead * p.perHead
	}
	c := chunk{format: p.to, row: row, shift: p.shift}
	total := int(elements(p.shape))
	if row == 1 {
		rows = total // whole blocks, whatever the format
	}
	for at := 0; at < total; at += rows * row {
		n := min(rows*row, total-at)
		c.values = resize(c.values, n)
		p.from.Dequantize(c.values, p.data[p.from.RowBytes(at):p.from.RowBytes(at+n)])
		if p.perHead > 0 {
			c.restore(p.perHead)
		}
		out := c.convert(p.name, lost)
		lost.countRounded(p.to, c.values, out)
		if _, err := w.Write(out); err != nil {
			return err
		}
	}
	return nil
}

// restore is the inverse of permute.
func (c *chunk) restore(perHead int) {
	c.moved = resize(c.moved, len(c.values))
	half := perHead / 2
	for head := 0; head < len(c.values); head += perHead * c.row {
		for i := range perHead {
			to := head + (i%2*half+i/2)*c.row
			copy(c.moved[to:][:c.row], c.values[head+i*c.row:][:c.row])
		}
	}
	c.values, c.moved = c.moved, c.values
}
