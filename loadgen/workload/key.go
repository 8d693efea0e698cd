package workload

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
)

// Key is what prompts and arrivals are drawn from. It has no place for the arm.
type Key struct {
	Seed       uint64 // of the run
	Load       string // id of the load level
	Repetition int
}

// Rand is the generator of the named stream: streams of one key, and the same
// stream of different keys, are independent.
func (k Key) Rand(stream string) *rand.Rand {
	return rand.New(rand.NewChaCha8(k.hash(stream)))
}

// Uint64 is a seed for what takes one, such as arrival.Poisson.
func (k Key) Uint64(stream string) uint64 {
	h := k.hash(stream)
	return binary.LittleEndian.Uint64(h[:])
}

// hash is SHA-256 over the fields, each of them delimited.
func (k Key) hash(stream string) [sha256.Size]byte {
	b := binary.LittleEndian.AppendUint64(nil, k.Seed)
	b = binary.LittleEndian.AppendUint64(b, uint64(k.Repetition))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(k.Load)))
	b = append(b, k.Load...)
	b = append(b, stream...)
	return sha256.Sum256(b)
}
