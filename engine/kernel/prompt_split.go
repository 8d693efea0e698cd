package kernel

import "unsafe"

// splitRowArgs is the one argument of a kernel that writes a row in two parts. Assembly reads
// it by offset; keep the order.
type splitRowArgs struct {
	x         *float32 // 0
	high, low *uint16  // 8, 16: blocks of 32, a step apart
	step      uintptr  // 24: bytes
	n         int      // 32: a multiple of 32, above 0
}

// term is one of the products of parts that a product is the sum of: of weights, and of
// activations, 0 for the high part and 1 for the low one.
type term struct{ w, x int }

// terms are what products with rows of prompts are the sums of, in this order. A number is in
// two bfloat16 parts, the second being what the first leaves: activations in 16 bits, weights
// in all they have, which is one part for bfloat16. Products are exact. That of two low parts
// is 2^-16 of the whole or less, and left out.
var terms = [BF16 + 1][]term{
	BF16: {{0, 0}, {0, 1}},
	F16:  {{0, 0}, {0, 1}, {1, 0}},
}

// Splits reports whether rows of prompts are to be split (SplitRows) for products with a
// matrix of this kind and so many columns.
func (s *Set) Splits(k Kind, cols int) bool {
	return s.prompt != nil && (k == BF16 || k == F16) && cols%blockElems == 0
}

// SplitRows makes the parts of those of b's rows [from, to) that are a prompt's, from their
// floats. ReserveSplit has made room. Different rows may be split concurrently.
func (s *Set) SplitRows(w *Worker, b *Batch, from, to int) {
	a := &w.prompt.split
	a.n, a.step = b.Cols, stripBytes
	for r := from; r < min(to, b.prompt); r++ {
		at := b.promptAt(r)
		a.x, a.high, a.low = &b.Row(r)[0], &b.split[at], &b.split[b.promptSize()+at]
		s.prompt.split(a)
	}
}

// promptTerms multiplies blocks [at, at+n) of one group or two, from g on, with the parts of all
// strips.
func (p *product) promptTerms(to, sums []float32, g, groups, at, n int, last bool) {
	all, part := terms[p.m.Kind], -1
	for i, t := range all {
		if t.w != part {
			part = t.w
			for j := range groups {
				p.fillPart(part, j, g+j, at, n)
			}
		}
		p.w.prompt.multiply.proceed(at > 0 || i > 0, last && i == len(all)-1)
		p.promptStrips(to, p.dst.Cols, p.x.split[t.x*p.x.promptSize():], sums, at, groups)
	}
}

// fillPart is fill for a part of 16-bit weights.
func (p *product) fillPart(part, i, g, at, n int) {
	a := &p.w.prompt.fill
	*a = fillArgs{n: n, dst: &p.w.prompt.w[i*n*codeBytes]}
	a.codes = (*int8)(unsafe.Add(p.m.numbersOf(g, 0), at*2*codeBytes))
	p.s.prompt.parts[p.m.Kind][part](a)
}
