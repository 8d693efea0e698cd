package simulate

import (
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/sched"
	"github.com/assaylab/assay/loadgen/workload"
)

// constant is a step that always takes as long.
type constant float64

func (c constant) Step(Shape) float64  { return float64(c) }
func (constant) Between(Shape) float64 { return 0 }

// exponential has its mean times residuals that are the quantiles of an exponential distribution, in random order.
type exponential struct{ mean float64 }

func (e exponential) Step(Shape) float64  { return e.mean }
func (exponential) Between(Shape) float64 { return 0 }

func (exponential) Residuals(int) []Residual { return quantiles() }
func (exponential) Classes() int             { return 1 }
func (exponential) Class(float64) int        { return 0 }

var quantiles = sync.OnceValue(func() []Residual {
	const n = 1 << 16
	all, sum := make([]Residual, n), 0.0
	for i, j := range rand.New(rand.NewPCG(1, 2)).Perm(n) {
		x := -math.Log1p(-(float64(i) + .5) / n)
		all[j], sum = Residual{Step: float32(x), Between: 1, At: j}, sum+x
	}
	for i := range all {
		all[i].Step *= float32(n / sum)
	}
	return all
})

// lone is an engine of one request at a time: a prompt of one token, and one drawn.
func lone(t StepTime) Engine {
	return Engine{Sched: sched.Config{MaxBatch: 1, TokenBudget: 1, Chunked: true}, Cache: kvcache.Config{Blocks: 4, BlockSize: 16}, Step: t, Noise: true}
}

// short are requests of one step.
func short() Traffic {
	return Traffic{Prompt: workload.FixedLength(1), Output: workload.FixedLength(1)}
}

// typical is a step model in the proportions of a small model on one core, with noise.
func typical() *StepModel {
	m := &StepModel{Scale: 1, BetweenBase: 3e4, BetweenItem: 2e3, BetweenEnded: 8e4, BetweenScale: 1}
	m.coefficients = [terms]float64{2e5, 1e5, 5e4, 10, 1e4, 2e5, 1e4, 300, 2e4, 3e4, 6e4}
	rng := rand.New(rand.NewPCG(3, 4))
	m.bounds, m.residuals = []float64{0, 8e5, 2e6}, make([][]Residual, 3)
	for i := range m.residuals {
		for at := range 1000 {
			m.residuals[i] = append(m.residuals[i], Residual{float32(.8 + rng.ExpFloat64()*.2), float32(rng.ExpFloat64()), 3*at + i})
		}
	}
	return m
}

// engineLike is an engine of eight places with that model.
func engineLike() Engine {
	return Engine{Sched: sched.Config{MaxBatch: 8, TokenBudget: 64, Chunked: true}, Cache: kvcache.Config{Blocks: 256, BlockSize: 16}, Step: typical(), Noise: true,
		Overhead: Overhead{In: 2e5, InPerToken: 1e3, Out: 1e5, OutLast: 2e5, InResiduals: []float64{-1e5, 0, 3e5}, OutResiduals: []float64{-5e4, 5e4}}, MaxQueue: 1 << 20}
}

func mixed() Traffic {
	return Traffic{Prompt: workload.Length{Kind: workload.Uniform, Min: 4, Max: 100}, Output: workload.Length{Kind: workload.Uniform, Min: 1, Max: 60}}
}

// drawn are requests of a source.
func drawn(s Source) (all []Request) {
	for {
		var q Request
		if !s.Next(&q) {
			return all
		}
		all = append(all, q)
	}
}

const second = int64(time.Second)
