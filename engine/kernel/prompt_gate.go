package kernel

// gateArgs is the one argument of a kernel that makes rows of sums with two groups the
// activations of one, in bfloat16: activation(gate) x up, as SiLUMul and GELUMul. Assembly
// reads it by offset; keep the order.
type gateArgs struct {
	sums  *float32 // 0: (pairs of strips, gate and up, 2, 16, 16)
	dst   *uint16  // 8: of the first strip; rows are 64 bytes apart
	step  uintptr  // 16: bytes between strips of dst
	strip int      // 24: strips, at least 1
}

// gateGroups' sums stay in the second cache while all columns are passed over.
const gateGroups = promptGroups / 2

// Gated reports whether MulGate can take these matrices.
func (s *Set) Gated(gate, up *Matrix) bool {
	return s.prompt != nil && gate.Kind.Integer() && up.Kind.Integer() && gate.Rows%blockElems == 0
}

// MulGate is Mul with gate and up for the rows of prompts in x, then SiLU or GELU of what gate
// gives times what up gives, which it leaves, rounded to bfloat16, in act: the same numbers
// without writing any of what is between. Groups [lo, hi) are those of both matrices, and
// columns of act.
func (s *Set) MulGate(w *Worker, gate, up *Matrix, x, act *Batch, gelu bool, lo, hi int) {
	activate := s.prompt.silu
	if gelu {
		activate = s.prompt.gelu
	}
	p := product{s: s, w: w, m: gate, x: x}
	for ; lo < hi; lo += gateGroups {
		groups := min(gateGroups, hi-lo)
		p.gateSums(up, lo, groups)
		for g := range groups {
			p.activate(activate, act, lo+g, g)
		}
	}
}

// gateSums multiplies with both matrices' groups from lo on.
func (p *product) gateSums(up *Matrix, lo, groups int) {
	t, gate := &p.w.prompt, p.m
	t.sums = growAligned(t.sums, groups*p.sumsOf())
	blocks, size := p.promptParts(gate.Kind, up.Kind)
	for at := 0; at < blocks; at += size {
		n := min(size, blocks-at)
		p.promptColumns(at, n)
		for g := range groups {
			for i, m := range [2]*Matrix{gate, up} {
				p.m = m
				p.fill(i, lo+g, at, n)
			}
			sums := t.sums[g*p.sumsOf():]
			t.multiply.proceed(at > 0, false)
			p.promptStrips(sums, 0, p.x.wide, sums, at, 2)
		}
	}
	p.m = gate
}

// activate makes sums with groups g, the i-th ones there are, columns of act.
func (p *product) activate(f func(*gateArgs), act *Batch, g, i int) {
	a, t := &p.w.prompt.gate, &p.w.prompt
	strips := (p.x.prompt + Group - 1) / Group
	*a = gateArgs{
		&t.sums[i*p.sumsOf()], &act.wide[g/2*stripBytes/2+g%2*Group], uintptr(act.Cols / blockElems * stripBytes), strips,
	}
	f(a)
}
