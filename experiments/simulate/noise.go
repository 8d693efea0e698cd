package simulate

import "math/rand/v2"

// noise draws residuals in runs, as they were measured one after the other: a machine that is slow in one step is slow in the
// next. Runs are of random length (the stationary bootstrap, Politis & Romano 1994).
type noise struct {
	from  []Residual
	rng   *rand.Rand
	at    int
	ahead []Residual // drawn; those before taken are done with
	taken int
}

// runLength is the mean number of residuals in a run.
const runLength = 32

func newNoise(from []Residual, seed uint64) *noise {
	rng := rand.New(rand.NewPCG(seed, noiseStream))
	return &noise{from: from, rng: rng, at: rng.IntN(len(from))}
}

const noiseStream = 0x6e6f6973650000

// peek is the i-th residual from now on. What is not taken is seen again.
func (n *noise) peek(i int) Residual {
	for i += n.taken; len(n.ahead) <= i; {
		n.ahead = append(n.ahead, n.from[n.at])
		if n.at = (n.at + 1) % len(n.from); n.rng.IntN(runLength) == 0 {
			n.at = n.rng.IntN(len(n.from))
		}
	}
	return n.ahead[i]
}

// take is done with the first i.
func (n *noise) take(i int) {
	if n.taken += i; n.taken > mostSteps {
		n.ahead = n.ahead[:copy(n.ahead, n.ahead[n.taken:])]
		n.taken = 0
	}
}

// noises are of each class of steps; none is without noise.
type noises struct {
	of   Noisy
	each []*noise
	seen []int // in the block that is planned, by class
}

func newNoises(t StepTime, on bool, seed uint64) noises {
	of, ok := t.(Noisy)
	if !ok || !on {
		return noises{}
	}
	var n noises
	for class := range of.Classes() {
		n.each = append(n.each, newNoise(of.Residuals(class), mix(seed+uint64(class)<<32)))
	}
	n.of, n.seen = of, make([]int, len(n.each))
	return n
}

// next is the residual of the next step of a block, which is predicted to take ns, and its class.
func (n *noises) next(ns float64) (Residual, int) {
	if len(n.each) == 0 {
		return Residual{1, 1}, 0
	}
	class := n.of.Class(ns)
	n.seen[class]++
	return n.each[class].peek(n.seen[class] - 1), class
}

// begin is before the first step of a block.
func (n *noises) begin() { clear(n.seen) }

// take is done with the residuals of steps of these classes.
func (n *noises) take(classes []int) {
	if len(n.each) == 0 {
		return
	}
	for _, class := range classes {
		n.each[class].take(1)
	}
}
