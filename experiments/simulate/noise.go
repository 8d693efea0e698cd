package simulate

import "math/rand/v2"

// noise draws residuals in runs, as they were measured one after the other: a machine that is slow in one step is slow in the
// next. Runs are of random length (the stationary bootstrap, Politis & Romano 1994).
type noise struct {
	from  []Residual
	rng   *rand.Rand
	at    int
	ahead []Residual // drawn and not taken
}

// runLength is the mean number of residuals in a run.
const runLength = 32

func newNoise(from []Residual, seed uint64) *noise {
	if len(from) == 0 {
		return nil
	}
	rng := rand.New(rand.NewPCG(seed, noiseStream))
	return &noise{from: from, rng: rng, at: rng.IntN(len(from))}
}

const noiseStream = 0x6e6f6973650000

// peek is the i-th residual from now on. What is not taken is seen again.
func (n *noise) peek(i int) Residual {
	if n == nil {
		return Residual{1, 1}
	}
	for len(n.ahead) <= i {
		n.ahead = append(n.ahead, n.from[n.at])
		if n.at = (n.at + 1) % len(n.from); n.rng.IntN(runLength) == 0 {
			n.at = n.rng.IntN(len(n.from))
		}
	}
	return n.ahead[i]
}

// take is done with the first i.
func (n *noise) take(i int) {
	if n != nil {
		n.ahead = n.ahead[:copy(n.ahead, n.ahead[i:])]
	}
}
