package steady

import (
	"flag"
	"math"
	"math/rand/v2"
	"testing"
)

var simulations = flag.Int("simulations", 1000, "series of each kind")

// rate is the share of simulations of which f is true.
func rate(f func(rng *rand.Rand) bool) float64 { return share(*simulations, f) }

// often is a share that is not small, for which fewer will do.
func often(f func(rng *rand.Rand) bool) float64 { return share(*simulations/5, f) }

func share(n int, f func(rng *rand.Rand) bool) float64 {
	hits := 0
	for i := range n {
		if f(rand.New(rand.NewPCG(uint64(i), 42))) {
			hits++
		}
	}
	return float64(hits) / float64(n)
}

// falseAlarms fails where a rate is above alpha by more than three standard errors.
func falseAlarms(t *testing.T, what string, got, alpha float64) {
	t.Helper()
	if most := alpha + 3*math.Sqrt(alpha*(1-alpha)/float64(*simulations)); got > most {
		t.Errorf("%s: %.4f false alarms, expected %v, at most %.4f", what, got, alpha, most)
	}
	t.Logf("%s: %.4f of %v", what, got, alpha)
}

// power fails where a rate is below what the documents say.
func power(t *testing.T, what string, got, least float64) {
	t.Helper()
	if got < least {
		t.Errorf("%s: found in %.3f of the cases, expected at least %v", what, got, least)
	}
	t.Logf("%s: found in %.3f", what, got)
}

// level is a latency around 10 with 10 % noise whose neighbours correlate by phi.
func level(n int, phi float64, rng *rand.Rand) []float64 {
	out := make([]float64, n)
	x := rng.NormFloat64()
	for i := range out {
		x = phi*x + math.Sqrt(1-phi*phi)*rng.NormFloat64()
		out[i] = 10 * math.Exp(0.1*x)
	}
	return out
}

func TestSteadySeriesAreSteady(t *testing.T) {
	for _, c := range []struct {
		n   int
		phi float64
	}{{60, 0}, {60, 0.8}, {120, 0.5}, {120, 0.8}} {
		needless := 0
		falseAlarms(t, "steady", rate(func(rng *rand.Rand) bool {
			a := Assess(level(c.n, c.phi, rng), 0, 0.01)
			if a.WarmUp > 0 {
				needless++
			}
			return a.State > Steady
		}), 0.01)
		falseAlarms(t, "warm-up where there is none", float64(needless)/float64(*simulations), 0.08)
	}
}

func TestUnsteadySeriesAreFound(t *testing.T) {
	moved := func(n int, phi float64, f func(i int) float64) float64 {
		return often(func(rng *rand.Rand) bool {
			x := level(n, phi, rng)
			for i := range x {
				x[i] *= f(i)
			}
			return Assess(x, 0.1, 0.01).State > Steady
		})
	}
	ramp := func(size float64, n int) func(int) float64 {
		return func(i int) float64 { return 1 + size*float64(i)/float64(n) }
	}
	half := func(size float64, n int) func(int) float64 {
		return func(i int) float64 { return 1 + size*float64(i/(n/2)) }
	}
	power(t, "a rise by 30 % over 120", moved(120, 0, ramp(0.3, 120)), 0.7)
	power(t, "a rise by 30 % over 300, neighbours alike", moved(300, 0.5, ramp(0.3, 300)), 0.8)
	power(t, "a jump by 20 % in 120", moved(120, 0, half(0.2, 120)), 0.65)
	power(t, "a jump by 20 % in 300, neighbours alike", moved(300, 0.5, half(0.2, 300)), 0.95)
	if small := moved(300, 0, ramp(0.05, 300)); small > 0.001 {
		t.Errorf("a rise by 5 %%, which is below what matters, is called one in %.3f of the cases", small)
	}
}

func TestWarmUpIsFound(t *testing.T) {
	for _, phi := range []float64{0, 0.5} {
		right := often(func(rng *rand.Rand) bool {
			x := level(160, phi, rng)
			for i := range 20 {
				x[i] *= 1.5
			}
			a := Assess(x, 0.1, 0.01)
			return a.State == Steady && a.WarmUp >= 15 && a.WarmUp <= 30
		})
		power(t, "a warm-up of 20 of 160", right, 0.75)
	}
}

// queue is n requests at a rate of 1 to servers who each take work times a gamma variable
// with shape k: above 1 the work is more than they can do.
func queue(n, servers int, work float64, k int, rng *rand.Rand) []Arrival {
	free := make([]float64, servers)
	at := 0.0
	var out []Arrival
	for range n {
		at += rng.ExpFloat64()
		s := 0
		for i := range free {
			if free[i] < free[s] {
				s = i
			}
		}
		service := 0.0
		for range k {
			service += rng.ExpFloat64() * work * float64(servers) / float64(k)
		}
		start := max(at, free[s])
		free[s] = start + service
		out = append(out, Arrival{At: int64(at * 1e9), End: int64(free[s] * 1e9), Wait: (start - at + 0.1*service) * 1e9})
	}
	return out
}

func TestStableQueuesDoNotGrow(t *testing.T) {
	grows := func(n, servers int, work float64) float64 {
		return rate(func(rng *rand.Rand) bool { return Grow(queue(n, servers, work, 3, rng), 0.01).Grows })
	}
	for _, servers := range []int{1, 8} {
		for _, work := range []float64{0.5, 0.9, 1} { // 1 is the worst that is still stable
			falseAlarms(t, "queue", grows(120, servers, work), 0.01)
		}
	}
	falseAlarms(t, "servers without end, which fill and do not grow", rate(func(rng *rand.Rand) bool {
		a := queue(120, 200, 0.1, 3, rng)
		inFlight, _ := found(a)
		for i, k := 0, len(a)-len(inFlight); i < len(inFlight); i++ { // and get slower the fuller they are
			a[k+i].Wait *= 1 + 0.2*inFlight[i]
		}
		return Grow(a, 0.01).Grows
	}), 0.001)
}

func TestOversaturatedQueuesAreFound(t *testing.T) {
	grows := func(n, servers int, work float64) float64 {
		return often(func(rng *rand.Rand) bool { return Grow(queue(n, servers, work, 3, rng), 0.01).Grows })
	}
	power(t, "1.5 times the capacity of one server, 120 requests", grows(120, 1, 1.5), 0.7)
	power(t, "twice, 120 requests", grows(120, 1, 2), 0.95)
	power(t, "1.5 times the capacity of 8 servers, 300 requests", grows(300, 8, 1.5), 0.95)
	power(t, "twice, 120 requests", grows(120, 8, 2), 0.95)
}

func TestMixtures(t *testing.T) {
	mixed := func(n int, of func(rng *rand.Rand) float64) float64 {
		return rate(func(rng *rand.Rand) bool {
			x := make([]float64, n)
			for i := range x {
				x[i] = of(rng)
			}
			m, found := Mixture(x, 0.01)
			if found && (m.At[0] >= m.At[1] || math.Abs(m.Share[0]+m.Share[1]-1) > 1e-9) {
				t.Fatalf("modes %+v", m)
			}
			return found
		})
	}
	falseAlarms(t, "lognormal", mixed(100, func(rng *rand.Rand) float64 { return math.Exp(0.5 * rng.NormFloat64()) }), 0.01)
	falseAlarms(t, "exponential", mixed(100, func(rng *rand.Rand) float64 { return rng.ExpFloat64() }), 0.01)
	falseAlarms(t, "log-uniform, the worst", mixed(100, func(rng *rand.Rand) float64 { return math.Exp(2 * rng.Float64()) }), 0.01)
	falseAlarms(t, "neighbours alike", rate(func(rng *rand.Rand) bool {
		_, found := Mixture(level(200, 0.6, rng), 0.01)
		return found
	}), 0.01)
	two := func(rng *rand.Rand) float64 {
		at := 12.0
		if rng.Float64() < 0.3 {
			at = 90
		}
		return at * math.Exp(0.25*rng.NormFloat64())
	}
	power(t, "70 % around 12, 30 % around 90, 60 requests", mixed(60, two), 0.6)
	power(t, "120 requests", mixed(120, two), 0.9)
	var x []float64
	rng := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		x = append(x, two(rng))
	}
	m, found := Mixture(x, 0.01)
	if !found || math.Abs(m.Share[0]-0.7) > 0.08 || math.Abs(m.At[0]/12-1) > 0.1 || math.Abs(m.At[1]/90-1) > 0.15 {
		t.Errorf("got %+v, %v", m, found)
	}
}
