package stat

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Up to seriesTerms a collected series has every term; above, sums that add up to the same.
func TestCollector(t *testing.T) {
	for _, n := range []int{0, 1, seriesTerms, seriesTerms + 1, 3*seriesTerms + 5} {
		c := NewCollector(n, 1+n%FewestRuns)
		var num, den []float64
		for i := range n {
			num, den = append(num, float64(i%7)), append(den, float64(1+i%3))
			c.Add(num[i], den[i])
		}
		s := c.Series()
		if n <= seriesTerms && !(slices.Equal(s.Num, num) && slices.Equal(s.Den, den)) {
			t.Errorf("%d terms are not those that were added", n)
		}
		if n > seriesTerms && (len(s.Num) != seriesSums || sumOf(s.Num) != sumOf(num) || sumOf(s.Den) != sumOf(den)) {
			t.Errorf("%d terms: %d sums of %v and %v, want %v and %v", n, len(s.Num), sumOf(s.Num), sumOf(s.Den), sumOf(num), sumOf(den))
		}
	}
}

func sumOf(xs []float64) (total float64) {
	for _, x := range xs {
		total += x
	}
	return total
}

// The interval from sums is about that from single terms: of independent ones, where it has a formula, and of ones that
// hang together, where single terms and sums have to find the same blocks.
func TestIntervalsOfSums(t *testing.T) {
	const n = 20_000
	for _, phi := range []float64{0, 0.9} {
		rng := rand.New(rand.NewPCG(11, uint64(100*phi)))
		var sums, alone float64
		const runs = 12
		for range runs {
			c, single, x := NewCollector(n, 1), Series{}, 0.0
			for range n {
				x = phi*x + rng.NormFloat64()
				c.Add(10+x, 1)
				single.Num, single.Den = append(single.Num, 10+x), append(single.Den, 1)
			}
			e := Ratio([]Series{c.Series()})
			sums += (e.Interval.High - e.Interval.Low) / 2 / runs
			if math.Abs(e.Value-sumOf(single.Num)/n) > 1e-9 {
				t.Fatalf("mean %v, want %v", e.Value, sumOf(single.Num)/n)
			}
		}
		alone = 1.96 / (1 - phi) / math.Sqrt(n)
		if sums < 0.85*alone || sums > 1.15*alone {
			t.Errorf("correlation %v: half width %v, by the formula %v", phi, sums, alone)
		}
	}
}

// What is said of a long run is what its single terms say, to the last but a few digits: the standard error of a ratio is of requests, and
// so is how many samples a share is worth.
func TestSumsKeepWhatSingleTermsSay(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 12))
	for _, runs := range []int{1, 2, 5} {
		var long, single, shares, hits []Series
		for range runs {
			n := seriesTerms + 1 + rng.IntN(4000)
			c, s, h, x := NewCollector(n, runs), Series{}, Series{}, 0.0
			share := NewCollector(n, runs)
			for range n {
				x = 0.8*x + rng.NormFloat64()
				num, den := 1e7*(20+x), float64(rng.IntN(3))
				c.Add(num*den, den)
				s.Num, s.Den = append(s.Num, num*den), append(s.Den, den)
				hit := 0.0
				if x > 2 {
					hit = 1
				}
				share.Add(hit, 1)
				h.Num, h.Den = append(h.Num, hit), append(h.Den, 1)
			}
			long, single = append(long, c.Series()), append(single, s)
			shares, hits = append(shares, share.Series()), append(hits, h)
		}
		got, want := Ratio(long), Ratio(single)
		if off := math.Abs(got.Interval.High/want.Interval.High - 1); off > 1e-9 || got.N != want.N || math.Abs(got.Value/want.Value-1) > 1e-12 {
			t.Errorf("%d runs: %+v, want %+v", runs, got, want)
		}
		if a, b := EffectiveShare(shares), EffectiveShare(hits); a < b-1 || a > b+1 {
			t.Errorf("%d runs: a share is worth %d, want %d", runs, a, b)
		}
	}
	none := NewCollector(5000, 1)
	for range 5000 {
		none.Add(0, 1)
	}
	if n := EffectiveShare([]Series{none.Series()}); n != 5000 {
		t.Errorf("no hit in 5000: %d", n)
	}
}
