package simulate

import (
	"math"
	"testing"
)

// batchMeans is the mean of a correlated series and the half width of its 99.9 % interval, from the means of 40 parts.
func batchMeans(x []float64) (mean, half float64) {
	const parts = 40
	n := len(x) / parts
	var means []float64
	for i := range parts {
		sum := 0.0
		for _, v := range x[i*n : (i+1)*n] {
			sum += v
		}
		means = append(means, sum/float64(n))
	}
	for _, m := range means {
		mean += m / parts
	}
	square := 0.0
	for _, m := range means {
		square += (m - mean) * (m - mean)
	}
	const t999 = 3.558 // Student's t of 39 degrees of freedom
	return mean, t999 * math.Sqrt(square/(parts-1)/parts)
}

// waits serves requests, and returns how long each waited for its first step, in order, without the first tenth.
func waits(t *testing.T, d Deployment, s Source) []float64 {
	t.Helper()
	var all []Timeline
	if _, err := Run(d, s, func(l *Timeline) { all = append(all, *l) }); err != nil {
		t.Fatal(err)
	}
	w := make([]float64, len(all))
	for _, l := range all {
		w[l.Seq] = float64(l.Started - l.Request.At)
	}
	return w[len(w)/10:]
}

// One server with a service of always the same length, requests of a Poisson process: the mean wait is that of M/D/1,
// rho s / 2 (1 - rho) (Pollaczek and Khinchine).
func TestIsMD1(t *testing.T) {
	const service = 1e6
	traffic := short()
	for i, rho := range []float64{.3, .6, .8} {
		d := Deployment{Engine: lone(constant(service)), Replicas: 1}
		got, half := batchMeans(waits(t, d, traffic.Open(rho*1e9/service, 30000, 0, uint64(40+i))))
		want := rho * service / 2 / (1 - rho)
		if math.Abs(got-want) > half || half > .2*want {
			t.Errorf("rho %v: mean wait %.4g ns ± %.2g, want %.4g", rho, got, half, want)
		}
	}
}

// erlangC is the probability that an arrival waits, of c servers offered a erlangs.
func erlangC(c int, a float64) float64 {
	b := 1.0 // Erlang B by its recursion
	for k := 1; k <= c; k++ {
		b = a * b / (float64(k) + a*b)
	}
	rho := a / float64(c)
	return b / (1 - rho + rho*b)
}

// Several servers with one queue and exponential service: M/M/c. The mean wait is C(c, a) s / (c - a), and who waits is
// as likely as Erlang's C says.
func TestIsMMc(t *testing.T) {
	const service = 1e6
	traffic := short()
	for i, x := range []struct {
		servers int
		rho     float64
	}{{1, .6}, {2, .7}, {4, .8}, {8, .8}} {
		d := Deployment{Engine: lone(exponential{service}), Replicas: x.servers, Router: Shared, Seed: uint64(i)}
		offered := x.rho * float64(x.servers)
		w := waits(t, d, traffic.Open(offered*1e9/service, 40000, 0, uint64(70+i)))
		got, half := batchMeans(w)
		chance := erlangC(x.servers, offered)
		want := chance * service / (float64(x.servers) - offered)
		if math.Abs(got-want) > half || half > .5*want {
			t.Errorf("%d servers at rho %v: mean wait %.4g ns ± %.2g, want %.4g", x.servers, x.rho, got, half, want)
		}
		waited := make([]float64, len(w))
		for j, v := range w {
			if v > 0 {
				waited[j] = 1
			}
		}
		if got, half := batchMeans(waited); math.Abs(got-chance) > half {
			t.Errorf("%d servers at rho %v: %.4f ± %.4f of requests wait, want %.4f", x.servers, x.rho, got, half, chance)
		}
	}
}

// The queue that all share does no worse than queues apart, which are M/M/1 each: theory's reason to route by load.
func TestRoutersInTheirOrder(t *testing.T) {
	const service, servers, rho = 1e6, 8, .85
	traffic := short()
	mean := map[Routing]float64{}
	for _, r := range Routings {
		d := Deployment{Engine: lone(exponential{service}), Replicas: servers, Router: r, Seed: 5}
		mean[r], _ = batchMeans(waits(t, d, traffic.Open(rho*servers*1e9/service, 20000, 0, 99)))
	}
	if apart := rho * service / (1 - rho); math.Abs(mean[Random]/apart-1) > .15 {
		t.Errorf("random: mean wait %.4g, want that of M/M/1, %.4g", mean[Random], apart)
	}
	for _, order := range [][2]Routing{{Shared, LeastLoad}, {LeastLoad, TwoChoices}, {TwoChoices, Random}, {RoundRobin, Random}} {
		if mean[order[0]] > mean[order[1]] {
			t.Errorf("%s waits %.4g ns, %s %.4g", order[0], mean[order[0]], order[1], mean[order[1]])
		}
	}
}

// Little's law holds to the nanosecond: the integral of requests in an engine over time is the sum of the times that they are there.
func TestLittlesLawIsExact(t *testing.T) {
	traffic := mixed()
	for _, router := range Routings {
		e := engineLike()
		e.Overhead, e.Noise = Overhead{}, true // the client's stamps are the engine's
		d := Deployment{Engine: e, Replicas: 3, Router: router, Seed: 8}
		there := make([]int64, 3)
		o, err := Run(d, traffic.Open(60, 2000, 0, 3), func(l *Timeline) { there[l.Replica] += l.Last - l.Arrived })
		if err != nil {
			t.Fatal(err)
		}
		for i, u := range o.Replicas {
			if u.Area != there[i] || u.Area == 0 {
				t.Errorf("%s: replica %d had %d request-nanoseconds, and its requests were there for %d", router, i, u.Area, there[i])
			}
		}
	}
}
