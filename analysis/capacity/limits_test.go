package capacity

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/predict"
)

func exactly(v float64) cost.Estimate { return cost.Estimate{Value: v, Low: v, High: v} }

// mm1 is the curve of an M/M/1 queue that serves mu a second: the time in it is exponential, so that its
// percentile p at rate r is -ln(1-p)/(mu-r).
func mm1(mu float64, rates ...float64) Curve {
	c := Curve{Name: "queue", Origin: predict.Measured, Arrivals: "poisson"}
	for _, r := range rates {
		var all []Latency
		for _, p := range []float64{0.5, 0.95, 0.99} {
			all = append(all, Latency{"e2e", p, exactly(1e9 * sojourn(mu, r, p))})
		}
		c.Points = append(c.Points, Point{Rate: r, Latencies: all})
	}
	return c
}

func sojourn(mu, rate, p float64) float64 { return -math.Log(1-p) / (mu - rate) }

func limit(metric string, p, seconds float64) SLO {
	return SLO{Metric: metric, Percentile: p, LimitNS: int64(seconds * 1e9)}
}

// On a queue whose curve is known in full, the rate found is never above the true one, and comes close to it as
// points are added.
func TestHoldOnAQueue(t *testing.T) {
	const mu = 10
	for _, p := range []float64{0.5, 0.95, 0.99} {
		for _, seconds := range []float64{0.7, 1, 3} {
			exact := mu + math.Log(1-p)/seconds
			off := 0.0
			for _, points := range []int{5, 20, 200} {
				var rates []float64
				for i := range points {
					rates = append(rates, mu*(float64(i)+0.5)/float64(points))
				}
				r, err := mm1(mu, rates...).Hold([]SLO{limit("e2e", p, seconds)})
				if err != nil {
					t.Fatal(err)
				}
				if off = exact - r.Rate.Value; off < -1e-6 {
					t.Errorf("p%v in %v s from %d points: %v, the queue holds %v", p, seconds, points, r.Rate.Value, exact)
				}
			}
			if off > 0.01*mu {
				t.Errorf("p%v in %v s: 200 points leave %v", p, seconds, off)
			}
		}
	}
}

// The limit that breaks first binds, and the interval's ends come from those of the percentiles.
func TestHold(t *testing.T) {
	ms := func(v, low, high float64) cost.Estimate {
		return cost.Estimate{Value: v * 1e6, Low: low * 1e6, High: high * 1e6}
	}
	inf := math.Inf(1)
	c := Curve{Name: "arm", Origin: predict.Measured, Points: []Point{
		{Rate: 1, Latencies: []Latency{{"ttft", 0.95, ms(100, 90, 120)}, {"tpot", 0.95, ms(10, 10, 10)}}},
		{Rate: 2, Invalid: "the load generator lagged", Latencies: []Latency{{"ttft", 0.95, ms(1, 1, 1)}}},
		{Rate: 3, Latencies: []Latency{{"ttft", 0.95, ms(200, 150, 400)}, {"tpot", 0.95, ms(9, 9, 9)}}},
		{Rate: 5, Latencies: []Latency{{"ttft", 0.95, ms(inf, 300, inf)}, {"tpot", 0.95, ms(30, 20, 40)}}},
		{Rate: 8, Collapsed: "the queue only grew"},
	}}
	near := func(name string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	r, err := c.Hold([]SLO{limit("ttft", 0.95, 0.150), limit("tpot", 0.95, 0.025)})
	if err != nil {
		t.Fatal(err)
	}
	near("half way from 100 to 200 ms", r.Rate.Value, 2)
	near("low, from 120 to 400 ms", r.Rate.Low, 1+2*30./280)
	near("high, from 90 to 150 ms", r.Rate.High, 3)
	near("saturated", r.Saturated, 8)
	if r.Binding.Metric != "ttft" || !r.Broken {
		t.Errorf("binding %+v, broken %v", r.Binding, r.Broken)
	}
	r, _ = c.Hold([]SLO{limit("ttft", 0.95, 10), limit("tpot", 0.95, 0.025)})
	near("nothing is drawn towards infinity", r.Rate.Value, 3)
	r, _ = c.Hold([]SLO{limit("tpot", 0.95, 0.020)})
	near("from 10, which does not fall, to 30 ms", r.Rate.Value, 4)
	r, _ = c.Hold([]SLO{limit("ttft", 0.95, 0.110)})
	if r.Rate.Low != 0 {
		t.Errorf("the upper end of the first point breaks the limit, and the rate is at least %v", r.Rate.Low)
	}
	at, ok := c.At("ttft", 0.95, 2)
	near("read off", at.Value, 150e6)
	if _, beyond := c.At("ttft", 0.95, 4); !ok || beyond {
		t.Error("read off a point that failures reach")
	}
}

func TestHoldRefuses(t *testing.T) {
	c := mm1(10, 1, 5, 9)
	_, err := c.Hold([]SLO{limit("e2e", 0.99, 0.3)})
	none := (*Infeasible)(nil)
	if !errors.As(err, &none) || !strings.Contains(err.Error(), "p99 of e2e of queue is 512 ms at 1 requests per second") {
		t.Errorf("a limit that no replica holds: %v", err)
	}
	r, err := c.Hold([]SLO{limit("e2e", 0.5, 100)})
	if err != nil || r.Broken || r.Rate.Value != 9 {
		t.Errorf("a limit that nothing breaks: %+v, %v", r, err)
	}
	for want, change := range map[string]func(c *Curve){
		"origin \"\"":                         func(c *Curve) { c.Origin = "" },
		"ascend":                              func(c *Curve) { c.Points[1].Rate = 0.5 },
		"within its":                          func(c *Curve) { c.Points[1].Latencies[0].NS.Low = 1e12 },
		"none of 3 points":                    func(c *Curve) { c.Points[0].Invalid, c.Points[1].Invalid, c.Points[2].Invalid = "x", "x", "x" },
		"no point has p95":                    func(c *Curve) { c.Points = []Point{{Rate: 1}} },
		"after 1: expected":                   func(c *Curve) { c.Points[1].Rate = math.NaN() },
		"e2e at 5 requests per second is NaN": func(c *Curve) { c.Points[1].Latencies[0].NS.Value = math.NaN() },
	} {
		c := mm1(10, 1, 5, 9)
		change(&c)
		if _, err := c.Hold([]SLO{limit("e2e", 0.95, 1)}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := c.Hold(nil); err == nil {
		t.Error("no limits were held")
	}
}

// Requests that are shared out at random put each replica on its own curve: with the exact curve of an M/M/1 queue, N is the least number that
// holds the limit in truth.
func TestReplicasOfAQueue(t *testing.T) {
	rng := source(1)
	for range 500 {
		mu, p := 1+9*rng.Float64(), 0.5+0.49*rng.Float64()
		seconds := -math.Log(1-p) / mu * (1.05 + 3*rng.Float64())
		rate := 300 * rng.Float64()
		holds := mu + math.Log(1-p)/seconds
		r, err := PerReplica{Rate: exactly(holds), Saturated: mu}.Replicas(rate, Reserve{})
		if err != nil {
			t.Fatal(err)
		}
		n := float64(r.Serving)
		if sojourn(mu, rate/n, p) > seconds*(1+1e-9) {
			t.Fatalf("%v replicas of %v for %v: over the limit", n, mu, rate)
		}
		if less := n - 1; less > 0 && rate/less < mu && sojourn(mu, rate/less, p) <= seconds*(1-1e-9) {
			t.Fatalf("%v replicas of %v for %v: %v hold the limit", n, mu, rate, less)
		}
		if r.Floor > r.Serving {
			t.Fatalf("%+v: more than N at least", r)
		}
	}
}

func TestReplicas(t *testing.T) {
	p := PerReplica{Rate: cost.Estimate{Value: 5, Low: 4, High: 6}, Saturated: 8}
	r, err := p.Replicas(100, Reserve{Headroom: 0.2, Spares: 2})
	if err != nil || r != (Replicas{Rate: 100, Serving: 24, Spares: 2, Low: 20, High: 30, Floor: 13}) || r.Total() != 26 {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := p.Replicas(0, Reserve{Spares: 2}); err != nil || r.Total() != 0 {
		t.Errorf("nothing needs %+v, %v", r, err)
	}
	p.Rate.Low = 0
	if r, _ := p.Replicas(1, Reserve{}); r.High != Unbounded {
		t.Errorf("a rate that may be 0 needs at most %d", r.High)
	}
	for _, bad := range []float64{-1, math.NaN(), math.Inf(1)} {
		if _, err := p.Replicas(bad, Reserve{}); err == nil {
			t.Errorf("a peak of %v", bad)
		}
	}
	for _, bad := range []Reserve{{Headroom: -0.1}, {Headroom: math.NaN()}, {Spares: -1}} {
		if _, err := p.Replicas(1, bad); err == nil {
			t.Errorf("in reserve: %+v", bad)
		}
	}
	if _, err := (PerReplica{}).Replicas(1, Reserve{}); err == nil {
		t.Error("replicas that hold nothing")
	}
}

// More demand, tighter limits, more headroom and more spares never need fewer replicas.
func TestReplicasAreMonotone(t *testing.T) {
	rng := source(2)
	for range 300 {
		var rates []float64
		for r := 0.2 + rng.Float64(); r < 9.9; r += 0.2 + 2*rng.Float64() {
			rates = append(rates, r)
		}
		c := mm1(10, rates...)
		for i := range c.Points { // no longer convex, nor rising
			for k := range c.Points[i].Latencies {
				e := &c.Points[i].Latencies[k].NS
				e.Value *= 0.5 + rng.Float64()
				e.Low, e.High = e.Value*rng.Float64(), e.Value*(1+rng.Float64())
			}
		}
		seconds := 0.5 + 2*rng.Float64()
		loose, err := c.Hold([]SLO{limit("e2e", 0.95, seconds*(1+rng.Float64()))})
		tight, failed := c.Hold([]SLO{limit("e2e", 0.95, seconds)})
		if err != nil || failed != nil {
			if err != nil && failed == nil {
				t.Fatal("the looser limit is infeasible")
			}
			continue
		}
		rate, reserve := 100*rng.Float64(), Reserve{Headroom: rng.Float64(), Spares: rng.IntN(3)}
		n := func(p PerReplica, rate float64, r Reserve) Replicas {
			got, err := p.Replicas(rate, r)
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		less := n(loose, rate, reserve)
		for name, more := range map[string]Replicas{
			"a tighter limit": n(tight, rate, reserve),
			"more demand":     n(loose, rate*(1+rng.Float64()), reserve),
			"more headroom":   n(loose, rate, Reserve{reserve.Headroom + rng.Float64(), reserve.Spares}),
			"more spares":     n(loose, rate, Reserve{reserve.Headroom, reserve.Spares + 1}),
		} {
			if more.Total() < less.Total() || more.Low < less.Low || more.High != Unbounded && (less.High == Unbounded || more.High < less.High) {
				t.Fatalf("%s: %+v, before %+v", name, more, less)
			}
		}
		if less.Low > less.Serving || less.High != Unbounded && less.High < less.Serving {
			t.Fatalf("%+v is not within its interval", less)
		}
	}
}

// A machine that is exactly s times as fast holds s times the rate at an s-th of the limits.
func TestScaleExactly(t *testing.T) {
	c := mm1(10, 1, 3, 5, 7, 9)
	for _, s := range []float64{0.5, 1, 7} {
		scaled, err := c.Scale(predict.Scaling{From: "a", To: "b", Speed: exactly(s), Model: "by a known factor"})
		if err != nil {
			t.Fatal(err)
		}
		before, _ := c.Hold([]SLO{limit("e2e", 0.95, 1)})
		after, err := scaled.Hold([]SLO{limit("e2e", 0.95, 1/s)})
		if err != nil || math.Abs(after.Rate.Value-s*before.Rate.Value) > 1e-6 {
			t.Errorf("factor %v: %v before, %v after, %v", s, before.Rate.Value, after.Rate.Value, err)
		}
		if scaled.Origin != predict.Scaled || after.Origin != predict.Scaled || !strings.Contains(scaled.Source, "by a known factor") {
			t.Errorf("origin %q, source %q", scaled.Origin, scaled.Source)
		}
		if f, err := after.Figure(); err != nil || !strings.Contains(f.String(), "(scaled") {
			t.Errorf("figure %v, %v", f, err)
		}
	}
}

// The interval of a scaled curve holds what any factor within its interval leads to, up to the end of the curve.
func TestScaleInterval(t *testing.T) {
	var rates []float64
	for r := 0.25; r < 10; r += 0.25 {
		rates = append(rates, r)
	}
	c := mm1(10, rates...)
	scaled, err := c.Scale(predict.Scaling{Speed: cost.Estimate{Value: 2, Low: 1.5, High: 3}})
	if err != nil {
		t.Fatal(err)
	}
	slo := limit("e2e", 0.95, 0.8)
	got, err := scaled.Hold([]SLO{slo})
	if err != nil {
		t.Fatal(err)
	}
	for s := 1.5; s <= 3; s += 0.1 {
		rate := min(s*(10+math.Log(0.05)/(0.8*s)), 2*9.75)
		if rate < got.Rate.Low || rate > got.Rate.High+1e-9 {
			t.Errorf("a factor of %v holds %v, outside [%v, %v]", s, rate, got.Rate.Low, got.Rate.High)
		}
	}
	if got.Rate.Low < 0.9*1.5*(10+math.Log(0.05)/1.2) {
		t.Errorf("the low end %v is far below what the lowest factor holds", got.Rate.Low)
	}
	for _, bad := range []cost.Estimate{{}, exactly(-1), {Value: 2, Low: 3, High: 4}, exactly(math.Inf(1)), exactly(math.NaN())} {
		if _, err := c.Scale(predict.Scaling{Speed: bad}); err == nil {
			t.Errorf("scaled by %+v", bad)
		}
	}
}
