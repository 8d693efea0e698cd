package arrival

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Schedule is an open-loop process: when each request is due is fixed beforehand.
type Schedule struct {
	name    string
	rate    float64 // nominal requests per second
	offsets []int64 // nanoseconds after zero, never decreasing
}

var _ Process = Schedule{}

// Constant is n requests at rate per second, request i due at (i+1)/rate seconds,
// so that the window of n requests is n/rate long.
func Constant(rate float64, n int) (Schedule, error) {
	if err := checkOpen(rate, n); err != nil {
		return Schedule{}, fmt.Errorf("constant arrivals: %w", err)
	}
	offsets := make([]int64, n)
	for i := range offsets {
		offsets[i] = int64(float64(i+1) / rate * 1e9)
	}
	return Schedule{name: "constant", rate: rate, offsets: offsets}, nil
}

// Poisson is n requests of a Poisson process of rate per second: independent
// exponential gaps with mean 1/rate. The time that n requests take varies as it
// does in nature (by 1/sqrt(n)); it is not rescaled to n/rate.
func Poisson(rate float64, n int, seed uint64) (Schedule, error) {
	if err := checkOpen(rate, n); err != nil {
		return Schedule{}, fmt.Errorf("poisson arrivals: %w", err)
	}
	rng := rand.New(rand.NewPCG(seed, poissonStream))
	offsets := make([]int64, n)
	at := 0.0
	for i := range offsets {
		at += rng.ExpFloat64() / rate
		offsets[i] = int64(at * 1e9)
	}
	return Schedule{name: "poisson", rate: rate, offsets: offsets}, nil
}

// poissonStream is the second half of the generator's seed: it keeps arrivals
// apart from other draws that are made from the same seed.
const poissonStream = 0x706f6973736f6e00

// maxSeconds bounds a schedule's expected length to a year. Even one exponential gap of
// that mean stays far inside what nanoseconds can hold.
const maxSeconds = 365 * 24 * 3600

func checkOpen(rate float64, n int) error {
	switch {
	case !(rate > 0) || math.IsInf(rate, 1):
		return fmt.Errorf("rate is %g, expected a positive number of requests per second", rate)
	case n < 1:
		return fmt.Errorf("number of requests is %d, expected at least 1", n)
	case float64(n)/rate > maxSeconds:
		return fmt.Errorf("%d requests at %g per second last %g seconds, expected at most %d", n, rate, float64(n)/rate, maxSeconds)
	}
	return nil
}

// String is for example "poisson 20/s, 200 requests".
func (s Schedule) String() string {
	return fmt.Sprintf("%s %g/s, %d requests", s.name, s.rate, len(s.offsets))
}

// Requests is the length of the schedule.
func (s Schedule) Requests() int { return len(s.offsets) }

// Rate is the nominal rate in requests per second.
func (s Schedule) Rate() float64 { return s.rate }

// Offset is when request i is due, in nanoseconds after zero.
func (s Schedule) Offset(i int) int64 { return s.offsets[i] }

// Offsets is when every request is due, in nanoseconds after zero.
func (s Schedule) Offsets() []int64 { return slices.Clone(s.offsets) }

// Window is from zero to the last offset.
func (s Schedule) Window() time.Duration {
	if len(s.offsets) == 0 {
		return 0
	}
	return time.Duration(s.offsets[len(s.offsets)-1])
}

// Start implements Process.
func (s Schedule) Start(ctx context.Context) Run { return &openRun{ctx: ctx, schedule: s} }

type openRun struct {
	clock
	ctx      context.Context
	schedule Schedule
}

func (r *openRun) Pace(elapsed time.Duration, hits uint64) (time.Duration, bool) {
	r.start(elapsed)
	if hits >= uint64(len(r.schedule.offsets)) {
		return 0, true
	}
	due := r.zero.Add(time.Duration(r.schedule.offsets[hits]))
	return 0, !SleepUntil(r.ctx, due)
}

// Rate implements vegeta.Pacer with the nominal rate.
func (r *openRun) Rate(time.Duration) float64 { return r.schedule.rate }

func (r *openRun) String() string { return r.schedule.String() }

func (r *openRun) Intended(seq uint64) int64 { return r.schedule.offsets[seq] }

// Done does nothing: an open loop does not wait for answers.
func (r *openRun) Done(int64) {}
