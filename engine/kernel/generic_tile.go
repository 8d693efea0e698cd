package kernel

import "unsafe"

// codeBlock is one block of a group, unpacked: quads, rows, columns.
type codeBlock = [8][Group][4]int8

// byBytes is the element of type T that lies bytes behind p.
func byBytes[T any](p *T, bytes uintptr) *T { return (*T)(unsafe.Add(unsafe.Pointer(p), bytes)) }

// tilePlain takes any number of strips and rows.
func tilePlain(a *tileArgs) {
	a.each(func(codes *codeBlock, q *[blockElems]int8, _ []float32, ints *[Group]int32) {
		for j := range codes {
			addQuad(&codes[j], (*[4]int8)(q[4*j:]), ints)
		}
	})
}

// tileHalves is tilePlain for kinds of sub-scales.
func tileHalves(a *tileArgs) {
	a.each(func(codes *codeBlock, q *[blockElems]int8, sub []float32, ints *[Group]int32) {
		var low, high [Group]int32
		for j := range 4 {
			addQuad(&codes[j], (*[4]int8)(q[4*j:]), &low)
			addQuad(&codes[j+4], (*[4]int8)(q[4*j+16:]), &high)
		}
		for i := range ints {
			ints[i] = int32(sub[i])*low[i] + int32(sub[Group+i])*high[i]
		}
	})
}

func addQuad(codes *[Group][4]int8, q *[4]int8, ints *[Group]int32) {
	a, b, c, d := int32(q[0]), int32(q[1]), int32(q[2]), int32(q[3])
	for i, v := range codes {
		ints[i] += int32(v[0])*a + int32(v[1])*b + int32(v[2])*c + int32(v[3])*d
	}
}

// each runs the sums of all strips, groups and rows, ints being what adds up a block's
// products.
func (a *tileArgs) each(ints func(codes *codeBlock, q *[blockElems]int8, sub []float32, ints *[Group]int32)) {
	for s := range max(1, a.strips) {
		rows, qStep, dStep := a.rows, a.qStep, a.dStep
		if s < a.strips-1 {
			rows = Group
		} else if a.strips > 1 { // the last one
			qStep, dStep = uintptr(rows*blockElems), uintptr(4*rows)
		}
		for g := range a.groups {
			for r := range rows {
				a.one(uintptr(s), uintptr(g), uintptr(r), qStep, dStep, ints)
			}
		}
	}
}

func (a *tileArgs) one(s, g, r, qStep, dStep uintptr, ints func(*codeBlock, *[blockElems]int8, []float32, *[Group]int32)) {
	var sums [Group]float32
	if a.from != nil {
		sums = *(*[Group]float32)(unsafe.Pointer(byBytes(a.from, g*a.fromStep+r*4*Group)))
	}
	codes := unsafe.Slice((*codeBlock)(unsafe.Pointer(byBytes(a.codes, g*a.codesStep))), a.n)
	scale := floats(byBytes(a.scale, g*a.scaleStep), a.n*Group)
	var sub []float32
	if a.sub != nil {
		sub = floats(byBytes(a.sub, 2*g*a.scaleStep), 2*a.n*Group)
	}
	for b := range codes {
		d := *byBytes(a.d, s*a.dStrip+r*4+uintptr(b)*dStep)
		var products [Group]int32
		q := (*[blockElems]int8)(unsafe.Pointer(byBytes(a.q, s*a.qStrip+r*blockElems+uintptr(b)*qStep)))
		ints(&codes[b], q, sub, &products)
		for i, p := range products {
			sums[i] = fma32(float32(scale[b*Group+i]*d), float32(p), sums[i])
		}
		if sub != nil {
			sub = sub[2*Group:]
		}
	}
	*(*[Group]float32)(unsafe.Pointer(byBytes(a.to, s*a.toStrip+g*a.toGroup+r*a.toStep))) = sums
}
