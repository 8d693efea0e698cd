package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/assaylab/assay/engine/quant"
)

// definition is dot(row i of m, row r of x), from the file's rows and as doc.go says it,
// with nothing packed or unpacked by the package.
func definition(m Rows, i int, x *Batch, r int) float32 {
	w := m.Data[i*m.Stride:][:m.Kind.RowBytes(m.Cols)]
	if !m.Kind.Integer() {
		v, sum := make([]float32, m.Cols), float32(0)
		formatOf(m.Kind).Dequantize(v, w)
		for k, weight := range v {
			sum = fma32(weight, x.Row(r)[k], sum)
		}
		return sum
	}
	var u unpacked
	var sum, more float32
	l := &layouts[m.Kind]
	for at := 0; at < m.Cols; at += l.elems {
		unpackers[m.Kind](&u, w[at/l.elems*l.bytes:])
		for b := range l.elems / blockElems {
			d, q := x.quantized(r, at/blockElems+b)
			sum, more = u.add(b, l.extra, d, q, sum, more)
		}
	}
	if l.extra == offsets || l.extra == minimums {
		return sum + more
	}
	return sum
}

// quantized is block b of row r.
func (x *Batch) quantized(r, b int) (d float32, q []int8) {
	s, rows := r/Group*Group, min(Group, x.Rows-r/Group*Group)
	at := s*x.Cols/blockElems + b*rows + r%Group
	return x.d[at], x.q[at*blockElems:][:blockElems]
}

// add goes on with both running sums of one block.
func (u *unpacked) add(b int, e extra, d float32, q []int8, sum, more float32) (float32, float32) {
	var products, sums [2]int32
	for c, v := range q {
		products[c/16] += int32(int8(u.codes[b*blockElems+c])) * int32(v)
		sums[c/16] += int32(v)
	}
	ints := products[0] + products[1]
	if e >= subScales {
		ints = u.sub[2*b]*products[0] + u.sub[2*b+1]*products[1]
	}
	switch e {
	case offsets:
		more = fma32(u.offset[b], float32(d*float32(sums[0]+sums[1])), more)
	case minimums:
		mins := -(u.min[2*b]*sums[0] + u.min[2*b+1]*sums[1])
		more = fma32(float32(u.offset[b]*d), float32(mins), more)
	}
	return fma32(float32(u.scale[b]*d), float32(ints), sum), more
}

func formatOf(k Kind) quant.Format {
	f, err := quant.ByName(k.String())
	if err != nil {
		panic(err)
	}
	return f
}

func normals(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

func fill(n int, v float32) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = v
	}
	return x
}

// weights is rows x cols random weights stored as k: normal ones for the float kinds,
// any blocks for the others.
func weights(r *rand.Rand, k Kind, rows, cols int) Rows {
	data := make([]byte, k.RowBytes(cols)*rows)
	if k.Integer() {
		randomBlocks(r, k, data)
	} else {
		formatOf(k).Quantize(data, normals(r, rows*cols))
	}
	return NewRows(k, cols, data)
}

// values are the weights as floats.
func values(t testing.TB, m Rows) []float32 {
	x := make([]float32, m.Count()*m.Cols)
	formatOf(m.Kind).Dequantize(x, m.Data)
	return x
}

// packed is m packed, in memory that ends where none begins that may be read.
func packed(m Rows) *Matrix {
	size := PackedBytes(m.Kind, m.Count(), m.Cols)
	data := guardedBytes(size + lineBytes)
	past := int(uintptr(unsafe.Pointer(&data[0])) % lineBytes)
	data = data[(lineBytes-past)%lineBytes:]
	p := NewMatrix(m.Kind, m.Count(), m.Cols, data[len(data)-size:])
	for i := range p.data {
		p.data[i] = 0xaa
	}
	p.Pack(m, 0, p.Groups()/2)
	p.Pack(m, p.Groups()/2, p.Groups())
	return &p
}

func batch(r *rand.Rand, rows, cols int) *Batch {
	b := &Batch{}
	b.Reset(rows, cols)
	copy(b.X, normals(r, rows*cols))
	if cols%blockElems == 0 {
		b.Reserve()
		generic.QuantizeRows(new(Worker), b, 0, rows)
	}
	return b
}

func shapes(k Kind) (cols []int) {
	switch {
	case layouts[k].elems == superElems:
		return []int{256, 512, 2304}
	case k.Integer():
		return []int{32, 64, 96, 256, 576, 1856}
	}
	return []int{1, 7, 8, 9, 31, 32, 64, 255, 264}
}

// The definition is the product of the values that quantization formats define.
func TestDefinitionAgreesWithFormats(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for k := range kinds {
		for _, cols := range shapes(k) {
			m := weights(r, k, 5, cols)
			v, x := values(t, m), batch(r, 18, cols)
			for i := range 5 {
				for row := range 18 {
					want, size := 0.0, 0.0
					for c, v := range v[i*cols : (i+1)*cols] {
						product := float64(v) * x.meant(k, row, c)
						want += product
						size += math.Abs(product)
					}
					if got := definition(m, i, x, row); math.Abs(float64(got)-want) > 1e-6*size+1e-6 {
						t.Fatalf("%v %d row %d times %d: %g, want %g", k, cols, i, row, got, want)
					}
				}
			}
		}
	}
}

// meant is what column c of row r means to a product of the kind.
func (x *Batch) meant(k Kind, r, c int) float64 {
	if !k.Integer() {
		return float64(x.Row(r)[c])
	}
	d, q := x.quantized(r, c/blockElems)
	return float64(d) * float64(q[c%blockElems])
}
