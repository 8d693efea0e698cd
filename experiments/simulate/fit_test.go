package simulate

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// bruteNNLS tries every set of columns: of the solutions that are not below 0 anywhere, the one that fits best.
func bruteNNLS(rows [][]float64, y []float64) (best []float64, loss float64) {
	n, loss := len(rows[0]), math.Inf(1)
	ones := slices.Repeat([]float64{1}, len(y))
	a, b, scale := normal(rows, y, ones)
	for set := range 1 << n {
		passive := make([]bool, n)
		for i := range passive {
			passive[i] = set>>i&1 == 1
		}
		x := make([]float64, n)
		if set > 0 {
			s, ok := solve(a, b, passive)
			if !ok || slices.Min(s) < 0 {
				continue
			}
			x = s
		}
		for i := range x {
			x[i] /= scale[i]
		}
		if l := squares(rows, y, x); l < loss {
			best, loss = x, l
		}
	}
	return best, loss
}

func squares(rows [][]float64, y, x []float64) (sum float64) {
	for i, r := range rows {
		d := y[i] - dot(r, x)
		sum += d * d
	}
	return sum
}

func TestNNLSIsTheBestOfAllSets(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	atZero := 0
	for range 300 {
		n := 1 + rng.IntN(5)
		rows, y := make([][]float64, 30), make([]float64, 30)
		for i := range rows {
			for range n {
				rows[i] = append(rows[i], rng.NormFloat64()+.5)
			}
			y[i] = rng.NormFloat64() * 2
		}
		got := nnls(rows, y, slices.Repeat([]float64{1}, len(y)))
		_, want := bruteNNLS(rows, y)
		if l := squares(rows, y, got); slices.Min(got) < 0 || l > want*(1+1e-7) {
			t.Fatalf("loss %v with %v, the best is %v", l, got, want)
		}
		for _, x := range got {
			if x == 0 {
				atZero++
			}
		}
	}
	if atZero < 100 {
		t.Errorf("only %d coefficients were 0: the bound was hardly tried", atZero)
	}
}

// steps are made of known coefficients: the fit predicts them, also with noise and with some steps that were held up.
func made(n int, noise, heldUp float64, seed uint64) ([]Observed, *StepModel) {
	rng, m := rand.New(rand.NewPCG(seed, 5)), typical()
	rests := rand.New(rand.NewPCG(seed, 6))
	var all []Observed
	for range n {
		var s Shape
		for range rng.IntN(9) {
			s.addDecode(1 + rng.IntN(400))
		}
		if s.Decodes == 0 || rng.IntN(5) == 0 {
			from := rng.IntN(100)
			s.addPrompt(from, from+1+rng.IntN(60))
			s.Draws++
		}
		cold{idle: int64(rests.ExpFloat64() * 1e7), since: rests.IntN(10)}.on(&s)
		took := m.Step(s) * math.Exp(noise*rng.NormFloat64())
		if rng.Float64() < heldUp {
			took *= 5
		}
		all = append(all, Observed{Shape: s, Took: int64(took), Between: int64(m.Between(s))})
	}
	return all, m
}

func TestFitFindsTheModel(t *testing.T) {
	for _, x := range []struct{ noise, heldUp, within, total float64 }{{0, 0, 1e-3, 1e-3}, {.1, 0, .03, .02}, {.1, .01, .03, .06}} {
		steps, truth := made(4000, x.noise, x.heldUp, 7)
		m, err := Fit(steps)
		if err != nil {
			t.Fatal(err)
		}
		worst := 0.0
		for _, s := range steps {
			worst = max(worst, math.Abs(relative(m.sum(s.Shape), truth.Step(s.Shape))))
		}
		if worst > x.within {
			t.Errorf("noise %v, %v held up: a step is predicted off by %.2g, want at most %v", x.noise, x.heldUp, worst, x.within)
		}
		if math.Abs(m.Fitted.Total) > x.total || m.Fitted.Steps != 4000 || m.Fitted.Tested < 1900 {
			t.Errorf("noise %v, %v held up: %+v", x.noise, x.heldUp, m.Fitted)
		}
		if held := 1 + 4*x.heldUp; math.Abs(m.Scale/held/math.Exp(x.noise*x.noise/2)-1) > .02 {
			t.Errorf("scale %v, want about %v: steps that were held up have their time", m.Scale, held)
		}
		if b := m.Between(steps[0].Shape); math.Abs(relative(b, truth.Between(steps[0].Shape))) > .01 {
			t.Errorf("%v between steps, want %v", b, truth.Between(steps[0].Shape))
		}
	}
	if _, err := Fit(nil); err == nil {
		t.Error("a model of no steps")
	}
}

// The residuals of a model have the mean that makes its mean that of the steps.
func TestResidualsKeepTheMean(t *testing.T) {
	steps, _ := made(3000, .3, .02, 9)
	m, err := Fit(steps)
	if err != nil {
		t.Fatal(err)
	}
	sum, n := 0.0, 0
	for class := range m.Classes() {
		if len(m.Residuals(class)) < fewestResiduals {
			t.Errorf("class %d from %v on has %d residuals", class, m.bounds[class], len(m.Residuals(class)))
		}
		for _, r := range m.Residuals(class) {
			sum, n = sum+float64(r.Step), n+1
		}
	}
	if n != len(steps) || m.Classes() < 3 || math.Abs(sum/float64(n)-1) > .03 {
		t.Errorf("%d residuals of mean %v", n, sum/float64(n))
	}
}

// alternating is a trace of two classes of steps, of which the second is every tenth, each as far off as its place says.
type alternating int

func (alternating) Step(Shape) float64    { return 1 }
func (alternating) Between(Shape) float64 { return 0 }
func (alternating) Classes() int          { return 2 }
func (alternating) Class(ns float64) int  { return int(ns) }
func (n alternating) Residuals(class int) (all []Residual) {
	for i := range int(n) {
		if (i%10 == 9) == (class == 1) {
			all = append(all, Residual{Step: float32(i), Between: float32(-i), At: i})
		}
	}
	return all
}

// Noise that is looked at and not taken comes again; its distribution is that of the residuals; and steps of all classes come from
// the same runs.
func TestNoise(t *testing.T) {
	const trace, taken = 20000, 1000000
	n, rng := newNoises(alternating(trace), true, 3), rand.New(rand.NewPCG(1, 1))
	sum, runs, apart, last := 0.0, 0, 0, float32(-9)
	for i := 0; i < taken; {
		n.begin()
		ahead, classes := make([]Residual, 1+rng.IntN(20)), make([]int, 20)
		for j := range ahead {
			ahead[j], classes[j] = n.next(float64(countOf((i+j)%10 == 9)))
		}
		k := rng.IntN(len(ahead) + 1)
		n.begin()
		for j := range k {
			if r, _ := n.next(float64(classes[j])); r != ahead[j] || r.Between != -r.Step {
				t.Fatalf("%v was seen as %v", r, ahead[j])
			}
			gap := ahead[j].Step - last
			if math.Abs(float64(gap)) > 40 {
				runs++
			} else if gap < -20 || gap > 20 {
				apart++
			}
			last = ahead[j].Step
			sum += float64(last)
		}
		n.take(classes[:k])
		i += k
	}
	if mean := sum / taken; math.Abs(mean/(trace/2)-1) > .06 {
		t.Errorf("mean %v, want about %v", mean, trace/2)
	}
	if length := taken / float64(runs); length < .8*runLength || length > 1.2*runLength {
		t.Errorf("runs of %v, want about %d", length, runLength)
	}
	if apart > runs/10 {
		t.Errorf("%d steps of %d are of another place than the one before", apart, taken)
	}
}

// Steps of trials on a machine that is slow and on one that is fast are as long as they were there, also those of which a trial has none.
func TestMachineOfATrial(t *testing.T) {
	steps, _ := made(4000, .1, 0, 5)
	for i := range steps {
		if steps[i].Trial = 7; i%2 == 1 {
			steps[i].Trial, steps[i].Took = 9, 3*steps[i].Took
		}
	}
	slices.SortStableFunc(steps, func(a, b Observed) int { return a.Trial - b.Trial })
	m, err := Fit(steps)
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Trials(); !slices.Equal(got, []int{7, 9}) {
		t.Fatalf("trials %v", got)
	}
	mean := func(class, trial int) (x float64) {
		all := m.During(trial).Residuals(class)
		for _, r := range all {
			x += float64(r.Step) / float64(len(all))
		}
		return x
	}
	for class := range m.Classes() {
		if slow, fast := mean(class, 9), mean(class, 7); math.Abs(slow/fast-3) > .2 || math.Abs(fast-.5) > .1 {
			t.Errorf("class %d: %v and %v of the model, want 1.5 and 0.5", class, slow, fast)
		}
	}
	for i := range m.from[0] { // the fast one now has none of the first class
		m.from[0][i] = 9
	}
	if slow := mean(0, 9); math.Abs(mean(0, 7)/slow-1./3) > .05 {
		t.Errorf("%v of the model, want a third of %v", mean(0, 7), slow)
	}
	first, steady := m.paces[7].first, m.paces[7].steps
	for _, r := range m.During(7).Residuals(0) {
		if r.At < first || r.At >= first+steady {
			t.Fatalf("a residual at %d, want within the trial's steps, %d from %d on", r.At, steady, first)
		}
	}
}

func TestHistogramIsClose(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	var h, other Histogram
	var all []float64
	for i := range 20000 {
		ns := int64(math.Exp(rng.Float64() * 25))
		all = append(all, float64(ns))
		if i%2 == 0 {
			h.Add(ns, 1)
		} else {
			other.Add(ns, 1)
		}
	}
	h.Merge(&other)
	slices.Sort(all)
	for _, p := range []float64{.01, .5, .95, .99, 1} {
		want := all[int(math.Ceil(p*float64(len(all))))-1]
		if got := h.Percentile(p); math.Abs(got/want-1) > 1./512+1e-9 && math.Abs(got-want) > 1 {
			t.Errorf("p%v is %v, want %v", 100*p, got, want)
		}
	}
	h.AddInfinite()
	if !math.IsInf(h.Percentile(1), 1) || math.IsInf(h.Mean(), 0) {
		t.Error("what never came is not the last")
	}
	if s, err := h.Spread().MarshalJSON(); err != nil || len(s) == 0 {
		t.Error(err)
	}
}
