package convert

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/quant"
	"github.com/assaylab/assay/engine/safetensors"
)

// output is a tensor of the GGUF file and how its values are made.
type output struct {
	name  string
	shape []int // the slowest dimension first
	parts []part
	// perHead is the rows of a head when rows are permuted within it, else 0.
	perHead int
	shift   float32 // added to every value
	format  quant.Format
}

// part is a run of elements of a tensor in a file, or of values made here.
type part struct {
	tensor      safetensors.Tensor
	first, size int64 // elements
	values      []float32
}

func whole(t safetensors.Tensor) []part {
	return []part{{tensor: t, size: elements(t.Shape)}}
}

// table is a tensor of values made here.
func table(name string, values []float32) output {
	return output{name: name, shape: []int{len(values)}, parts: []part{{values: values, size: int64(len(values))}}}
}

func elements(shape []int) int64 {
	n := int64(1)
	for _, d := range shape {
		n *= int64(d)
	}
	return n
}

// chunkElements is about how many values are converted at a time.
const chunkElements = 1 << 18

// tensorData is the output as the writer wants it. Counts of what the conversion does to
// values go to lost.
func (o output) tensorData(lost *losses) gguf.TensorData {
	dims := make([]int, len(o.shape))
	for i, n := range o.shape {
		dims[len(dims)-1-i] = n
	}
	return gguf.TensorData{
		Name: o.name, Dims: dims, Type: gguf.Type(o.format.Type),
		Write: func(w io.Writer) error { return o.write(w, lost) },
	}
}

// row is the values that move together: a bias has one for each row of its matrix.
func (o output) row() int {
	if len(o.shape) == 1 && o.perHead > 0 {
		return 1
	}
	return o.shape[len(o.shape)-1]
}

func (o output) write(w io.Writer, lost *losses) error {
	row := o.row()
	rows := max(chunkElements/row, 1)
	if o.perHead > 0 {
		rows = (rows + o.perHead - 1) / o.perHead * o.perHead
	}
	c := chunk{format: o.format, row: row, perHead: o.perHead, shift: o.shift}
	for _, p := range o.parts {
		for from := int64(0); from < p.size; {
			n := min(int64(rows)*int64(row), p.size-from)
			if err := c.read(p, from, int(n)); err != nil {
				return err
			}
			from += n
			if _, err := w.Write(c.convert(o.name, lost)); err != nil {
				return err
			}
		}
	}
	return nil
}

// chunk is the buffer between a file and the writer: whole rows, and whole heads.
type chunk struct {
	format       quant.Format
	row, perHead int
	shift        float32

	raw    []byte
	values []float32
	moved  []float32
	out    []byte
}

func (c *chunk) read(p part, from int64, n int) error {
	c.values = resize(c.values, n)
	if p.values != nil {
		copy(c.values, p.values[from:])
		return nil
	}
	decode, width := decoder(p.tensor.Type)
	c.raw = resize(c.raw, n*width)
	if _, err := p.tensor.ReadAt(c.raw, (p.first+from)*int64(width)); err != nil {
		return err
	}
	decode(c.values, c.raw)
	return nil
}

func (c *chunk) convert(name string, lost *losses) []byte {
	if c.perHead > 0 {
		c.permute()
	}
	if c.shift != 0 {
		for i := range c.values {
			c.values[i] += c.shift
		}
	}
	lost.count(name, c.format, c.values)
	c.out = resize(c.out, c.format.RowBytes(len(c.values)))
	c.format.Quantize(c.out, c.values)
	return c.out
}

// permute reorders the rows of each head: the published models rotate the columns (i,
// i+n/2) of a head of n, the GGUF architecture rotates (2i, 2i+1).
func (c *chunk) permute() {
	c.moved = resize(c.moved, len(c.values))
	half := c.perHead / 2
	for head := 0; head < len(c.values); head += c.perHead * c.row {
		for i := range c.perHead {
			from := head + (i%2*half+i/2)*c.row
			copy(c.moved[head+i*c.row:][:c.row], c.values[from:][:c.row])
		}
	}
	c.values, c.moved = c.moved, c.values
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// decoder gives the conversion of a type's bytes to float32, which is exact, and the bytes
// of an element; nil for a type that is not a plain float.
func decoder(t safetensors.Type) (decode func(dst []float32, src []byte), width int) {
	switch t {
	case safetensors.F32:
		return func(dst []float32, src []byte) {
			for i := range dst {
				dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
			}
		}, 4
	case safetensors.F16:
		return func(dst []float32, src []byte) {
			for i := range dst {
				dst[i] = quant.F16ToF32(binary.LittleEndian.Uint16(src[2*i:]))
			}
		}, 2
	case safetensors.BF16:
		return func(dst []float32, src []byte) {
			for i := range dst {
				dst[i] = quant.BF16ToF32(binary.LittleEndian.Uint16(src[2*i:]))
			}
		}, 2
	}
	return nil, 0
}

// losses count values that a format cannot hold.
type losses struct {
	infinite int64 // finite values beyond float16's range
	tensor   string
	value    float32 // the first of them
	broken   int64   // values that are not finite in the model
	where    string
	rounded  int64 // finite values that became another, of all
	all      int64
	to       string // the type that rounded
	again    []float32
}

// f16Overflow is the least magnitude that rounds to infinity in float16.
const f16Overflow = 65520

func (l *losses) count(name string, f quant.Format, values []float32) {
	limit := float32(math.Inf(1))
	if f.Name == "F16" {
		limit = f16Overflow
	}
	for _, v := range values {
		if v > -limit && v < limit {
			continue
		}
		if v-v != 0 { // infinite or not a number
			l.broken++
			l.where = name
			continue
		}
		if l.infinite == 0 {
			l.tensor, l.value = name, v
		}
		l.infinite++
	}
}

// countRounded compares values with what was written of them.
func (l *losses) countRounded(f quant.Format, values []float32, written []byte) {
	l.all += int64(len(values))
	if f.Name == "F32" {
		return
	}
	l.again = resize(l.again, len(values))
	f.Dequantize(l.again, written)
	for i, v := range values {
		if v != l.again[i] && v == v {
			l.rounded, l.to = l.rounded+1, f.Name
		}
	}
}

// notes says what was lost.
func (l *losses) notes() []string {
	var notes []string
	if l.infinite > 0 {
		notes = append(notes, fmt.Sprintf("%d values are beyond what F16 can hold and became infinite, the first is %g in %s: use BF16 or F32", l.infinite, l.value, l.tensor))
	}
	if l.broken > 0 {
		notes = append(notes, fmt.Sprintf("%d values of the model are infinite or not numbers, the last in %s", l.broken, l.where))
	}
	if l.rounded > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d values were rounded to %s", l.rounded, l.all, l.to))
	}
	return notes
}
