package kernel

// gateArgs is the one argument of a kernel that makes rows of sums with two groups the
// activations of one, in bfloat16: activation(gate) x up, as SiLUMul and GELUMul. Assembly
// reads it by offset; keep the order.
type gateArgs struct {
	sums  *float32 // 0: (strips, 16, 2, 16): gate and up
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

// gateSums multiplies with both matrices' groups from lo on: (groups, strips, 16, 2, 16).
func (p *product) gateSums(up *Matrix, lo, groups int) {
	t, gate := &p.w.prompt, p.m
	t.sums = growAligned(t.sums, groups*p.sumsOf())
	blocks, size := p.promptParts(gate.Kind, up.Kind)
	a := &t.multiply
	a.toStep = 4 * 2 * Group
	for at := 0; at < blocks; at += size {
		n := min(size, blocks-at)
		t.w = growAligned(t.w, 2*n*codeBytes)
		a.xStrip, a.wGroup, a.n, a.carry = uintptr(blocks*stripBytes), uintptr(2*n*codeBytes), n, min(at, 1)
		for g := range groups {
			for i, m := range [2]*Matrix{gate, up} {
				p.m = m
				p.w.panel.reserve(m.Kind, 1, n)
				p.fill(t.w[i*n*codeBytes:], lo+g, at, n)
			}
			a.w = &t.w[0]
			p.promptStrips(t.sums[g*p.sumsOf():], 2*Group, at, 2)
		}
	}
	p.m = gate
}

// sumsOf is how many sums there are of two groups.
func (p *product) sumsOf() int { return roundUp(p.x.prompt, Group) * 2 * Group }

// activate makes sums with groups g, the i-th ones there are, columns of act.
func (p *product) activate(f func(*gateArgs), act *Batch, g, i int) {
	a, t := &p.w.prompt.gate, &p.w.prompt
	strips := (p.x.prompt + Group - 1) / Group
	*a = gateArgs{
		&t.sums[i*p.sumsOf()], &act.wide[g/2*stripBytes/2+g%2*Group], uintptr(act.Cols / blockElems * stripBytes), strips,
	}
	f(a)
}
