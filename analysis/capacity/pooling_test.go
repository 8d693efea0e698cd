package capacity

import (
	"math"
	"testing"
)

// erlangC is the share of arrivals that wait in M/M/c with an offered load of a.
func erlangC(c int, a float64) float64 {
	b := 1.0 // Erlang's B, by its recursion
	for k := 1; k <= c; k++ {
		b = a * b / (float64(k) + a*b)
	}
	rho := a / float64(c)
	return b / (1 - rho*(1-b))
}

// beyond is the share of requests that are longer than t in M/M/c with one common queue.
func beyond(c int, lambda, mu, t float64) float64 {
	a := lambda / mu
	if a >= float64(c) {
		return 1
	}
	wait, served := erlangC(c, a), math.Exp(-mu*t)
	k := float64(c) - 1 - a
	if math.Abs(k) < 1e-9 {
		return served * (1 + wait*mu*t)
	}
	return served * (1 + wait*(1-math.Exp(-mu*t*k))/k)
}

func TestErlangC(t *testing.T) {
	for _, k := range []struct {
		c       int
		a, want float64
	}{{1, 0.5, 0.5}, {2, 1, 1. / 3}, {5, 3, 0.23615}, {10, 8, 0.40918}} {
		if got := erlangC(k.c, k.a); math.Abs(got-k.want) > 1e-5 {
			t.Errorf("C(%d, %v) = %v, want %v", k.c, k.a, got, k.want)
		}
	}
	if got, want := beyond(1, 0.5, 1, 3), math.Exp(-1.5); math.Abs(got-want) > 1e-12 {
		t.Errorf("M/M/1: %v, want %v", got, want)
	}
}

// A common queue, the best that a balancer can do for servers of one request at a time, needs as many as lie
// between Floor and N: N errs to the safe side, and Floor says by how much at most.
func TestPoolingIsBounded(t *testing.T) {
	for _, utilisation := range []float64{0.3, 0.6, 0.8} {
		const mu, p = 1.0, 0.95
		seconds := -math.Log(1-p) / (mu * (1 - utilisation))
		split := 0
		pooled := 0
		for _, rate := range []float64{0.5, 2, 10, 50, 200} {
			r, err := PerReplica{Rate: exactly(mu + math.Log(1-p)/seconds), Saturated: mu}.Replicas(rate, Reserve{})
			if err != nil {
				t.Fatal(err)
			}
			c := 1
			for beyond(c, rate, mu, seconds) > 1-p+1e-12 {
				c++
			}
			if c < r.Floor || c > r.Serving {
				t.Errorf("at %v requests a second a common queue needs %d, the floor is %d and N %d", rate, c, r.Floor, r.Serving)
			}
			split, pooled = split+r.Serving, pooled+c
		}
		t.Logf("at %v of the rate that one replica could at most do: %d replicas by random shares, %d behind a common queue, %.2f times as many", utilisation, split, pooled, float64(split)/float64(pooled))
	}
}
