package stat

import (
	"hash/fnv"
	"io"
	"math/rand/v2"
)

// Source is a source of random numbers of its own for each named purpose, so that one more interval changes no other.
func Source(seed uint64, purpose ...string) *rand.Rand {
	h := fnv.New64a()
	for _, p := range purpose {
		io.WriteString(h, p)
		h.Write([]byte{0})
	}
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}
