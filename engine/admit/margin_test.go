package admit

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// However far off predictions are, and however much times vary, the share of first tokens that come
// within the bound is what it should be, also after the machine has changed.
func TestMarginHoldsTheShare(t *testing.T) {
	const limit = time.Second
	for name, off := range map[string][2]float64{"exact": {1, 1}, "too low": {3, 3}, "too high": {.4, .4}, "overtaken": {20, 20}, "grows worse": {1, 4}, "grows better": {8, 1}} {
		r := rand.New(rand.NewPCG(5, 6))
		var m Margin
		within, n := 0, 0
		for i := range 12000 {
			scale := off[i/6000]
			predicted := time.Duration(float64(limit) / m.Ratio(7) * (0.5 + 0.5*r.Float64()))
			actual := time.Duration(float64(predicted) * scale * math.Exp(0.4*r.NormFloat64()))
			if i%6000 >= 3000 {
				n++
				if actual <= m.Bound(7, predicted) {
					within++
				}
			}
			m.Learn(7, m.Bound(7, predicted), actual, limit, 0)
		}
		if share := float64(within) / float64(n); math.Abs(share-kept) > .01 {
			t.Errorf("%s: %.4f of first tokens come within the bound, want %v", name, share, kept)
		}
	}
}

// What all have in common is learned by all, and what one class alone has by that one.
func TestMarginByClass(t *testing.T) {
	const limit = time.Second
	r := rand.New(rand.NewPCG(7, 8))
	var m Margin
	var within, n [2]int
	for i := range 40000 {
		class := i % 2
		predicted := time.Duration(float64(limit) / m.Ratio(class) * (0.5 + 0.5*r.Float64()))
		actual := time.Duration(float64(predicted) * []float64{1, 8}[class] * math.Exp(0.3*r.NormFloat64()))
		if n[class]++; actual <= m.Bound(class, predicted) {
			within[class]++
		}
		m.Learn(class, m.Bound(class, predicted), actual, limit, 0)
	}
	for class := range n {
		if share := float64(within[class]) / float64(n[class]); math.Abs(share-kept) > .01 {
			t.Errorf("class %d: %.4f of first tokens come within the bound, want %v", class, share, kept)
		}
	}
	if a, b := m.Ratio(0), m.Ratio(1); b < 4*a || m.Ratio(2) < a {
		t.Errorf("ratios %v, %v, and of a class that never was %v", a, b, m.Ratio(2))
	}
}

// Requests that hardly wait say nothing about those that do.
func TestMarginIgnoresShortTimes(t *testing.T) {
	var m Margin
	for range 1000 {
		m.Learn(0, time.Millisecond, time.Second, time.Minute, 0)
		m.Learn(0, 0, time.Hour, time.Minute, 0)
	}
	if m.Ratio(0) != atFirst {
		t.Errorf("learned %v", m.Ratio(0))
	}
}

func TestMarginIsBounded(t *testing.T) {
	var m Margin
	for range 10000 {
		m.Learn(0, time.Minute, 100*time.Hour, time.Second, 0)
		m.Learn(1, time.Minute, 0, time.Second, 0)
	}
	if !near(m.Ratio(0), mostRatio, .01) || !near(m.Ratio(1), leastRatio, 1e-9) {
		t.Errorf("ratios %v and %v", m.Ratio(0), m.Ratio(1))
	}
	if d := m.Bound(0, math.MaxInt64); d <= 0 {
		t.Errorf("a bound of %v", d)
	}
}

// Under overload those are admitted that are promised to be in time, which happens when the promise is
// low, and what became of it is known only when the queue is through. The share holds all the same.
func TestMarginHoldsTheShareOfThoseAdmitted(t *testing.T) {
	for _, service := range []time.Duration{time.Millisecond, 40 * time.Millisecond} {
		late, n := overload(service, 60000)
		if share := float64(late) / float64(n); share > 1-.95 || n < 30000 {
			t.Errorf("one after the other in %v: %.4f of %d come later than promised", service, share, n)
		}
	}
}

// overload offers ten requests in the time of one to a server whose speed wanders, and counts those that it
// admitted and, after a while, those of them that took longer than the limit.
func overload(service time.Duration, requests int) (late, admitted int) {
	const limit = time.Second
	type promise struct{ arrived, done, bound time.Duration }
	var m Margin
	var queue []promise // in order
	r := rand.New(rand.NewPCG(9, 10))
	slow, end := 0.0, time.Duration(0)
	for now := time.Duration(0); admitted < requests; now += service / 10 {
		for len(queue) > 0 && queue[0].done <= now {
			p := queue[0]
			queue = queue[1:]
			m.Learn(3, p.bound, p.done-p.arrived, limit, len(queue))
		}
		predicted := time.Duration(len(queue)+1) * service
		bound := m.Bound(3, predicted)
		if len(queue) > 0 && bound > limit {
			continue
		}
		slow = .98*slow + .1*r.NormFloat64()
		end = max(end, now) + time.Duration(float64(service)*math.Exp(slow))
		queue = append(queue, promise{now, end, bound})
		if admitted++; admitted > requests/10 && end-now > limit {
			late++
		}
	}
	return late, admitted
}
