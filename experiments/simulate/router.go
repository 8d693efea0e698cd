package simulate

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Routing names a Router.
type Routing string

// Routings.
const (
	RoundRobin Routing = "round-robin"       // one after the other
	Random     Routing = "random"            // any, all alike
	LeastLoad  Routing = "least-outstanding" // the one with the fewest requests that have not ended
	TwoChoices Routing = "two-choices"       // of two drawn, the one with fewer (Mitzenmacher 2001, "The Power of Two Choices")
	Affinity   Routing = "affinity"          // requests of a group to the same one, others at random
	Shared     Routing = "shared-queue"      // requests wait in front until a replica has a place in its batch
)

// Routings lists all, the default first.
var Routings = []Routing{RoundRobin, Random, LeastLoad, TwoChoices, Affinity, Shared}

// ParseRouting reads a name; empty is the default.
func ParseRouting(name string) (Routing, error) {
	if name == "" {
		return RoundRobin, nil
	}
	var names []string
	for _, r := range Routings {
		if string(r) == name {
			return r, nil
		}
		names = append(names, string(r))
	}
	return "", fmt.Errorf("router: found %q, expected one of %s", name, strings.Join(names, ", "))
}

// Independent reports whether where a request goes depends on no replica's state. Replicas are then simulated one by one.
func (r Routing) Independent() bool {
	return r == RoundRobin || r == Random || r == Affinity || r == ""
}

// Router says which replica a request goes to. Outstanding are the requests of each that have not ended.
type Router interface {
	Pick(r *Request, outstanding []int32) int
}

// New returns a fresh router of that name over so many replicas; Shared, which picks nothing before a place is free, is LeastLoad then.
func (r Routing) New(replicas int, seed uint64) Router {
	rng := rand.New(rand.NewPCG(seed, routerStream))
	switch r {
	case Random:
		return &random{rng}
	case LeastLoad, Shared:
		return &leastLoad{}
	case TwoChoices:
		return &twoChoices{rng}
	case Affinity:
		return &affinity{random{rng}, seed}
	}
	return &roundRobin{}
}

const routerStream = 0x726f7574650000

type roundRobin struct{ next int }

func (r *roundRobin) Pick(_ *Request, outstanding []int32) int {
	at := r.next % len(outstanding)
	r.next = at + 1
	return at
}

type random struct{ rng *rand.Rand }

func (r *random) Pick(_ *Request, outstanding []int32) int { return r.rng.IntN(len(outstanding)) }

// leastLoad breaks ties by turns, so that idle replicas share.
type leastLoad struct{ next int }

func (r *leastLoad) Pick(_ *Request, outstanding []int32) int {
	n := len(outstanding)
	best := r.next % n
	for i := 1; i < n; i++ {
		if at := (r.next + i) % n; outstanding[at] < outstanding[best] {
			best = at
		}
	}
	r.next = best + 1
	return best
}

type twoChoices struct{ rng *rand.Rand }

func (r *twoChoices) Pick(_ *Request, outstanding []int32) int {
	n := len(outstanding)
	if n == 1 {
		return 0
	}
	a, b := r.rng.IntN(n), r.rng.IntN(n-1)
	if b >= a { // two different ones
		b++
	}
	if outstanding[b] < outstanding[a] {
		return b
	}
	return a
}

// affinity is rendezvous hashing (Thaler & Ravishankar 1998): a replica more or less moves few groups.
type affinity struct {
	random
	seed uint64
}

func (r *affinity) Pick(q *Request, outstanding []int32) int {
	if q.Group == 0 {
		return r.random.Pick(q, outstanding)
	}
	best, score := 0, uint64(0)
	for i := range outstanding {
		if h := mix(r.seed ^ mix(uint64(q.Group)) ^ mix(uint64(i)+0x51ed270b)); h >= score {
			best, score = i, h
		}
	}
	return best
}

// mix is the finalizer of SplitMix64 (Steele, Lea & Flood 2014): every bit of x touches all of the result.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
