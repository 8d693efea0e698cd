package forecast

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"
	gonum "gonum.org/v1/gonum/stat"

	"github.com/assaylab/assay/analysis/stat"
)

// TestMargins holds the fit to what makes it the most likely one: the sums of every week and of every hour of the week are those
// of the history, filled hours apart.
func TestMargins(t *testing.T) {
	h := made(t, time.Date(2026, 8, 3, 0, 0, 0, 0, berlin(t)), 14, noisy(5, 0.02))
	for i := 300; i < 330; i++ {
		h.Hours[i].Filled, h.Hours[i].Requests = true, 1e6
	}
	p, err := takeApart(h.Hours)
	if err != nil {
		t.Fatal(err)
	}
	s := &p.series[requests]
	var weeks [14][2]float64
	var hours [week][2]float64
	grown := within(s.slope)
	p.used(func(i, w, pos int) {
		fitted := math.Exp(s.level[w]) * grown[pos] * s.shape[p.labels[i]]
		weeks[w][0], weeks[w][1] = weeks[w][0]+s.values[i], weeks[w][1]+fitted
		l := p.labels[i]
		hours[l][0], hours[l][1] = hours[l][0]+s.values[i], hours[l][1]+fitted
	})
	for w, x := range weeks {
		if !closeTo(x[1], x[0], 1e-9) {
			t.Errorf("week %d: %g fitted, %g in the history", w, x[1], x[0])
		}
	}
	for l, x := range hours {
		if !closeTo(x[1], x[0], 1e-9) {
			t.Errorf("hour %d of the week: %g fitted, %g in the history", l, x[1], x[0])
		}
	}
}

// TestParts has a known level in every week, which the fit gives back.
func TestParts(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var levels []float64
	for range 20 {
		levels = append(levels, 3+rng.NormFloat64())
	}
	start := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	h := made(t, start.Add(-50*time.Hour), 21, func(i int, at time.Time) float64 {
		if w := (i - 50) / week; i >= 50 && w < len(levels) {
			return math.Exp(levels[w]) * busy(at)
		}
		return 7
	})
	p, err := takeApart(h.Hours[:50+20*week])
	if err != nil {
		t.Fatal(err)
	}
	if p.weeks != 20 || p.skip != 50 {
		t.Fatalf("%d weeks after %d hours", p.weeks, p.skip)
	}
	s := &p.series[requests]
	for w := range levels { // the trend that the fit takes for granted within a week moves all levels a little and alike
		if got, want := s.level[w]-s.level[0], levels[w]-levels[0]; math.Abs(got-want) > 1e-9 {
			t.Errorf("week %d: %g, want %g", w, got, want)
		}
	}
	if want := slopeOf(levels); math.Abs(s.slope-want) > 1e-9 {
		t.Errorf("slope %g, want %g", s.slope, want)
	}
}

func TestBridge(t *testing.T) {
	level := []float64{0, 0, 2, 0, 0, 8, 0}
	bridge(level, []int{0, 1, 3, 4, 6})
	for w, want := range []float64{2, 2, 2, 4, 6, 8, 8} {
		if math.Abs(level[w]-want) > 1e-12 {
			t.Errorf("%v", level)
		}
	}
}

func TestPool(t *testing.T) {
	p := newPool(3)
	p[1][5], p[2][5], p[0][6] = 2, 0.5, 4
	p.complete()
	if p[0][5] != 2 || p[1][6] != 4 || p[2][6] != 4 || p[1][7] != 1 {
		t.Errorf("%g %g %g %g", p[0][5], p[1][6], p[2][6], p[1][7])
	}
	s := p.stretched(2)
	if got := s[1][5] / s[2][5]; !closeTo(got, 16, 1e-12) || !closeTo(s[0][5]+s[1][5]+s[2][5], 3, 1e-12) {
		t.Errorf("stretched: %g, %g, %g", s[0][5], s[1][5], s[2][5])
	}
	var day [24]float64
	lognormal(0).day(rand.New(rand.NewPCG(1, 1)), 0, &day)
	if day[0] != 1 || day[23] != 1 {
		t.Error(day)
	}
}

// TestSpreadOfNoise has independent hours of a known spread: what models draw has that of a new hour around what they know, which
// residuals have not.
func TestSpreadOfNoise(t *testing.T) {
	const sd, n = 0.2, 8
	rng := rand.New(rand.NewPCG(1, 2))
	h := made(t, time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC), n, func(int, time.Time) float64 { return 100 * math.Exp(sd*rng.NormFloat64()) })
	p, err := takeApart(h.Hours)
	if err != nil {
		t.Fatal(err)
	}
	spread := func(x pool) (variance float64) {
		for l := range week {
			for w := range x {
				variance += math.Pow(math.Log(x[w][l]), 2) / week / n
			}
		}
		return variance / (sd * sd)
	}
	for want, m := range map[float64]Model{2: SeasonalNaive{}, 1 + 1.0/n: LogLinear{}} {
		if got := spread(p.futures(m)[requests].noise.(pool)); !closeTo(got, want, 0.06) {
			t.Errorf("%s: variance %.3f times that of an hour, want %.3f", m.Name(), got, want)
		}
	}
	if got := spread(p.series[requests].noise); !closeTo(got, 1-1.0/n, 0.06) {
		t.Errorf("residuals: %.3f", got)
	}
}

// TestLine compares the line with gonum's regression on one variable, and its spread with the textbook's formula.
func TestLine(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	n := 16
	x, z := make([]float64, n), make([]float64, n)
	for w := range z {
		x[w], z[w] = float64(w-n+1), 5+0.1*float64(w)+rng.NormFloat64()
	}
	l := newLine(z)
	a, b := gonum.LinearRegression(x, z, nil, false)
	if math.Abs(l.coef[0]-a) > 1e-9 || math.Abs(l.coef[1]-b) > 1e-9 {
		t.Errorf("%v, want %g and %g", l.coef, a, b)
	}
	ss := 0.0
	for _, u := range l.residual {
		ss += u * u
	}
	sd := math.Sqrt(ss / float64(n-2))
	mean, sxx := gonum.Mean(x, nil), 0.0
	for _, v := range x {
		sxx += (v - mean) * (v - mean)
	}
	const ahead, draws = 10, 20000
	var at []float64
	s := straight{l, sd, 1}
	for d := range draws {
		at = append(at, s.draw(rand.New(rand.NewPCG(uint64(d), 1)), ahead).levels[ahead-1])
	}
	variance := sd * sd * (1 + 1/float64(n) + (ahead-mean)*(ahead-mean)/sxx)
	for q, student := range map[float64]float64{0.1: -1.345, 0.5: 0, 0.975: 2.145} { // of 14 degrees of freedom
		want := a + b*ahead + student*math.Sqrt(variance)
		if got := stat.NearestRank(stat.Sorted(at), q); math.Abs(got-want) > 0.05*math.Sqrt(variance) {
			t.Errorf("quantile %g: %g, want %g", q, got, want)
		}
	}
}

// TestLineOfYears compares six terms with the normal equations.
func TestLineOfYears(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	z := make([]float64, 120)
	for w := range z {
		z[w] = rng.NormFloat64()
	}
	l := newLine(z)
	var square, inverse mat.Dense
	square.Mul(l.x.T(), l.x)
	if err := inverse.Inverse(&square); err != nil {
		t.Fatal(err)
	}
	var right, want mat.VecDense
	right.MulVec(l.x.T(), mat.NewVecDense(len(z), z))
	want.MulVec(&inverse, &right)
	for i, c := range l.coef {
		if math.Abs(c-want.AtVec(i)) > 1e-9 {
			t.Errorf("term %d: %g, want %g", i, c, want.AtVec(i))
		}
	}
	var covariance mat.Dense
	covariance.Mul(l.root, l.root.T())
	if !mat.EqualApprox(&covariance, &inverse, 1e-12) {
		t.Error("the root is not that of the covariance")
	}
	if l.terms != 6 || len(row(3, 6)) != 6 {
		t.Errorf("%d terms", l.terms)
	}
}

// TestPersistence holds what is known of φ to what it is: its distribution has the true one below its quantile q in a share q of
// histories, which the correlation of residuals is far from.
func TestPersistence(t *testing.T) {
	const series, n = 500, 26
	l := newLine(make([]float64, n))
	known := newPersistence(l)
	for _, phi := range []float64{0, 0.3, 0.6, 0.85} {
		below := map[float64]float64{}
		raw := 0.0
		for s := range series {
			rng := rand.New(rand.NewPCG(uint64(s), 9))
			z := autoregression(phi, n, rng.NormFloat64)
			for w := range z {
				z[w] += 0.1 * float64(w)
			}
			_, _, residual := l.through(z)
			r := correlation(residual)
			raw += r / series
			for _, q := range []float64{0.1, 0.5, 0.9} {
				if phi < known.of(r).quantile(q) {
					below[q] += 1.0 / series
				}
			}
		}
		for q, share := range below {
			if math.Abs(share-q) > 0.08 {
				t.Errorf("φ = %g is below quantile %g in %.2f of histories", phi, q, share)
			}
		}
		if raw > phi-0.05 {
			t.Errorf("φ = %g: residuals have a correlation of %.2f", phi, raw)
		}
	}
	if r := correlation(make([]float64, 10)); r != 0 {
		t.Errorf("the correlation of nothing is %g", r)
	}
}
