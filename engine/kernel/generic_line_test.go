package kernel

import "unsafe"

// lineGeneric is the line kernel of a kind, of generic expand, tile and offset kernels.
func lineGeneric(k Kind) func(*lineArgs) {
	return func(a *lineArgs) {
		for g := range uintptr(a.groups) {
			lineOfGroup(k, a, unsafe.Add(a.numbers, g*a.step), unsafe.Add(a.codes, g*a.step), byBytes(a.out, g*4*Group))
		}
	}
}

func lineOfGroup(k Kind, a *lineArgs, numbers, codes unsafe.Pointer, out *float32) {
	panel := make([]int8, a.n*codeBytes)
	if k == Q8_0 {
		panel = unsafe.Slice((*int8)(codes), len(panel))
	}
	scale, more := make([]float32, a.n*Group), make([]float32, 2*a.n*Group)
	mins, minScale := make([]float32, 2*a.n*Group), make([]float32, a.n*Group)
	generic.expand[k](&expandArgs{
		numbers: numbers, codes: codes, n: a.n, dst: &panel[0], scale: &scale[0], more: &more[0], min: &mins[0], minScale: &minScale[0],
	})
	t := &tileArgs{
		codes: &panel[0], scale: &scale[0], n: a.n, groups: 1, q: a.q, qStep: blockElems, d: a.d, t: a.t, dStep: 4,
		to: out, rows: 1, strips: 1,
	}
	if k.halved() {
		t.sub = &more[0]
		tileHalves(t)
	} else {
		tilePlain(t)
	}
	o := &offsetArgs{m: &more[0], n: a.n, s: a.s, sStep: 4, add: out, to: out, rows: 1}
	switch layouts[k].extra {
	case offsets:
		addOffsets(o)
	case minimums:
		o.m, o.min, o.s, o.h, o.hStep = &minScale[0], &mins[0], a.d, a.h, 8
		addMinimums(o)
	}
}
