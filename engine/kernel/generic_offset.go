package kernel

import "unsafe"

// addOffsets is the second running sum of the kinds with offsets.
func addOffsets(a *offsetArgs) {
	m := floats(a.m, a.n*Group)
	a.each(func(r uintptr, sums *[Group]float32) {
		for b := range a.n {
			s := *byBytes(a.s, 4*r+uintptr(b)*a.sStep)
			for i, v := range m[b*Group : (b+1)*Group] {
				sums[i] = fma32(v, s, sums[i])
			}
		}
	})
}

// addMinimums is that of the kinds with minimums; a.s is the scale alone.
func addMinimums(a *offsetArgs) {
	m, mins := floats(a.m, a.n*Group), floats(a.min, 2*a.n*Group)
	a.each(func(r uintptr, sums *[Group]float32) {
		for b := range a.n {
			d := *byBytes(a.s, 4*r+uintptr(b)*a.sStep)
			h := (*[2]float32)(unsafe.Pointer(byBytes(a.h, 8*r+uintptr(b)*a.hStep)))
			low, high := mins[2*b*Group:], mins[(2*b+1)*Group:]
			for i, v := range m[b*Group : (b+1)*Group] {
				sums[i] = fma32(float32(v*d), low[i]*h[0]+high[i]*h[1], sums[i])
			}
		}
	})
}

// each goes on with every row's sums, and adds the first ones at the end.
func (a *offsetArgs) each(run func(r uintptr, sums *[Group]float32)) {
	for r := range uintptr(a.rows) {
		var sums [Group]float32
		if a.from != nil {
			sums = *(*[Group]float32)(unsafe.Pointer(byBytes(a.from, r*4*Group)))
		}
		run(r, &sums)
		if a.add != nil {
			for i, v := range floats(byBytes(a.add, r*4*Group), Group) {
				sums[i] += v
			}
		}
		*(*[Group]float32)(unsafe.Pointer(byBytes(a.to, r*a.toStep))) = sums
	}
}
