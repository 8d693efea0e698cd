package kvcache

import (
	"math/rand/v2"
	"testing"
)

// held computes a sequence step by step, as a scheduler does, and counts the blocks that it
// has: the most at once, and the most in steps behind the prompt.
func held(b Bound, prompt, length, rows, size int, r *rand.Rand) (most, later int) {
	table := map[int]bool{} // with window and sinks: blocks by place
	n, dropped := 0, 0      // otherwise: how many
	count := func() int {
		if b.Masks() {
			return len(table)
		}
		return n
	}
	applies := b.Applies(prompt, length)
	for computed := 0; computed < length; {
		step := 1
		if computed < prompt {
			step = min(rows, prompt-computed)
		}
		for i := computed; i < computed+step; i++ {
			table[i/size] = true
		}
		n = max(n, (computed+step-dropped+size-1)/size)
		most = max(most, count())
		if computed >= prompt {
			later = max(later, count())
		}
		computed += step
		if !applies {
			continue
		}
		from, to := b.Dead(computed)
		for place := range table {
			if place*size >= from && (place+1)*size <= to {
				delete(table, place)
			}
		}
		if b.Chooses() && computed >= prompt && b.Choice(computed-1, prompt, size) == computed {
			mass := make([]uint64, n)
			for i := range mass {
				mass[i] = r.Uint64N(5)
			}
			gone := len(b.Chosen(nil, mass, computed-dropped, size))
			n, dropped = n-gone, dropped+gone*size
		}
	}
	return most, later
}

// Holds is what step after step comes to: exactly with blocks that are chosen, and no less,
// and not much more, with windows, which begin anywhere in a block.
func TestHolds(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	bounded := map[string]int{}
	for range 600 {
		size := 1 << r.IntN(5)
		b := Bound{Policy: Policies[r.IntN(len(Policies))], Sinks: r.IntN(9), Recent: 1 + r.IntN(20), Observe: r.IntN(10)}
		b.Budget = b.Sinks + 1 + r.IntN(200)
		if b.Chooses() {
			b.Budget = (b.Budget + 3*size + b.Recent + size) / size * size
		}
		if key, _, _ := b.Check(size); key != "" {
			continue
		}
		prompt := 1 + r.IntN(600)
		length, rows := prompt+1+r.IntN(300), 1+r.IntN(128)
		most, later := b.Holds(prompt, length, rows, size)
		wantMost, wantLater := held(b, prompt, length, rows, size, r)
		slack, step := 0, 0
		if b.Masks() {
			slack, step = 2+ReadGroup/size, rows/size // a step may be whole while the window is
		}
		if most < wantMost || later < wantLater || most > wantMost+slack+step || later > wantLater+slack {
			t.Fatalf("%+v, prompt %d of %d, %d rows, blocks of %d: %d and %d, want %d and %d", b, prompt, length, rows, size, most, later, wantMost, wantLater)
		}
		if b.Applies(prompt, length) {
			bounded[b.Policy]++
		}
	}
	if len(bounded) != 4 {
		t.Errorf("policies that gave something up: %v", bounded)
	}
}
