package forecast

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// line is least squares of the levels on time and, from two years on, on the time of the year.
type line struct {
	n, terms int
	x        *mat.Dense // n by terms
	solve    *mat.Dense // terms by n: takes levels to coefficients
	root     *mat.Dense // terms by terms: root of the coefficients' covariance for a variance of 1
	level    []float64
	fitted   []float64
	coef     []float64
	residual []float64
}

// yearly is how many weeks it takes to tell the time of the year from growth, and harmonics of the year are then fitted.
const (
	yearly    = 104
	harmonics = 2
	yearWeeks = 365.25 / 7
)

// terms of a line of n weeks.
func terms(n int) int {
	if n < yearly {
		return 2
	}
	return 2 + 2*harmonics
}

// row are the regressors of week w, 0 being the last one of the history.
func row(w, terms int) []float64 {
	out := []float64{1, float64(w)}
	for k := 1; len(out) < terms; k++ {
		sin, cos := math.Sincos(2 * math.Pi * float64(k*w) / yearWeeks)
		out = append(out, cos, sin)
	}
	return out
}

func newLine(level []float64) *line {
	n := len(level)
	l := &line{n: n, terms: terms(n), level: level}
	l.x = mat.NewDense(n, l.terms, nil)
	for w := range n {
		l.x.SetRow(w, row(w-n+1, l.terms))
	}
	var qr mat.QR
	qr.Factorize(l.x)
	var q, r mat.Dense
	qr.QTo(&q)
	qr.RTo(&r)
	inverse := mat.NewDense(l.terms, l.terms, nil)
	if err := inverse.Inverse(r.Slice(0, l.terms, 0, l.terms)); err != nil && inverse.IsEmpty() {
		panic("forecast: regressors of different weeks are dependent: " + err.Error())
	}
	l.solve = mat.NewDense(l.terms, n, nil)
	l.solve.Mul(inverse, q.Slice(0, n, 0, l.terms).T())
	l.root = inverse
	l.coef, l.fitted, l.residual = l.through(level)
	return l
}

// through is the line through other levels of the same weeks.
func (l *line) through(level []float64) (coef, fitted, residual []float64) {
	var c, f mat.VecDense
	c.MulVec(l.solve, mat.NewVecDense(l.n, level))
	f.MulVec(l.x, &c)
	residual = make([]float64, l.n)
	for w := range residual {
		residual[w] = level[w] - f.AtVec(w)
	}
	return c.RawVector().Data, f.RawVector().Data, residual
}

// at is a line's height k weeks after the last one of the history.
func (l *line) at(coef []float64, k int) float64 {
	sum := 0.0
	for i, x := range row(k, l.terms) {
		sum += coef[i] * x
	}
	return sum
}

// freedom is what the residuals have left.
func (l *line) freedom() float64 { return float64(l.n - l.terms) }

// LogLinear is a straight line through the logarithms of the weeks' levels, with the year's harmonics from two years on. Intervals are
// those of the textbook (Student's t, with the error of the coefficients), which takes weeks for independent, but that the error of
// the coefficients is larger by what errors that go on from week to week do to a mean: (1+φ)/(1-φ) in variance.
type LogLinear struct{}

// Name is "log-linear".
func (LogLinear) Name() string { return "log-linear" }

func (LogLinear) fit(p *parts, s *part) future {
	l := newLine(s.level)
	sum := 0.0
	for _, u := range l.residual {
		sum += u * u
	}
	phi := min(max(p.knownPersistence(l).of(correlation(l.residual)).quantile(0.5), 0), mostDependent)
	return future{straight{l, math.Sqrt(sum / l.freedom()), math.Sqrt((1 + phi) / (1 - phi))}, &s.shape, s.noise.stretched(unfitted(p.weeks, p.shapeError()))}
}

// mostDependent is the largest φ that a line is drawn with. Levels that hardly return to a line are no case for this model.
const mostDependent = 0.9

// straight draws lines around the fitted one.
type straight struct {
	*line
	sd    float64 // of a week's level around the line
	wider float64 // by how much the coefficients' errors are larger than those of independent weeks
}

func (s straight) draw(rng *rand.Rand, weeks int) course {
	sd := s.sd * spread(s.freedom(), rng)
	z := mat.NewVecDense(s.terms, nil)
	for i := range s.terms {
		z.SetVec(i, rng.NormFloat64())
	}
	var off mat.VecDense
	off.MulVec(s.root, z)
	coef := make([]float64, s.terms)
	for i := range coef {
		coef[i] = s.coef[i] + s.wider*sd*off.AtVec(i)
	}
	c := course{make([]float64, weeks), coef[1]}
	for k := range c.levels {
		c.levels[k] = s.at(coef, k+1) + sd*rng.NormFloat64()
	}
	return c
}

// spread draws by how much a standard deviation of few degrees of freedom may be too small.
func spread(freedom float64, rng *rand.Rand) float64 {
	return math.Sqrt(freedom / distuv.ChiSquared{K: freedom, Src: rng}.Rand())
}
