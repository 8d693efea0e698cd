package machine

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Class is a class of instructions that products are made of.
type Class struct {
	Name    string
	Set     string // the kernel set that has it, and better ones have too
	Integer bool   // multiplies integers: of use to quantized weights only
	step    func() float64
}

// sets are the kernel sets from the least to the most capable.
var sets = []string{"generic", "avx2", "avx512", "amx"}

// Classes lists what this machine can run, the least first. It asks the system for
// the use of tile registers where there are any.
func Classes() []Class {
	return append([]Class{{Name: "f32, portable Go", Set: "generic", step: portableFloats}}, nativeClasses()...)
}

// Rate has threads threads run the class's instructions for d on registers alone, and
// returns operations a second: a multiplication and an addition are two.
func (c Class) Rate(ctx context.Context, threads int, d time.Duration) float64 {
	return race(ctx, threads, d, func(int) float64 { return c.step() })
}

// Peak is a measured class.
type Peak struct {
	Class   string `json:"class"`
	Set     string `json:"kernel"`
	Integer bool   `json:"integer"`
	One     Figure `json:"one_thread_ops_per_second"`
	All     Figure `json:"all_threads_ops_per_second"`
}

// Roof is the fastest of the peaks that products of a kernel set can use, by its best
// sample with all threads: those of the set and of lesser ones, without integer classes where
// the weights are floats. ok is false for a set that has no measured class of its own.
func Roof(peaks []Peak, set string, integer bool) (best Peak, ok bool) {
	level := slices.Index(sets, set)
	for _, p := range peaks {
		at := slices.Index(sets, p.Set)
		if at > level || p.Integer && !integer || !p.All.Known() {
			continue
		}
		ok = ok || at == level
		best = slices.MaxFunc([]Peak{best, p}, func(a, b Peak) int { return cmp.Compare(a.All.Max, b.All.Max) })
	}
	return best, ok && level >= 0
}

// Fastest measures the classes of a kernel set for d each and returns the one that
// Roof finds; ok is false where it finds none.
func Fastest(ctx context.Context, set string, integer bool, threads int, d time.Duration) (best Class, ok bool) {
	var peaks []Peak
	all := Classes()
	for _, c := range all {
		rate := FigureOf([]float64{c.Rate(ctx, threads, d)})
		peaks = append(peaks, Peak{Class: c.Name, Set: c.Set, Integer: c.Integer, All: rate})
	}
	roof, ok := Roof(peaks, set, integer)
	if !ok {
		return Class{}, false
	}
	return all[slices.IndexFunc(all, func(c Class) bool { return c.Name == roof.Class })], true
}

// portableFloats is what the compiler makes of independent multiply-adds.
func portableFloats() float64 {
	const n = 1 << 13
	var a, b, c, d, e, f, g, h float32 = 1, 2, 3, 4, 5, 6, 7, 8
	x, y := portable[0], portable[1]
	for range n {
		a, b, c, d = a*x+y, b*x+y, c*x+y, d*x+y
		e, f, g, h = e*x+y, f*x+y, g*x+y, h*x+y
	}
	if a+b+c+d+e+f+g+h == 0 { // all are used
		return 0
	}
	return n * 8 * 2
}

// portable are factors near those that keep values in range, and no constants to the compiler.
var portable = [2]float32{0.5, 1}
