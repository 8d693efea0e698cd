package capacity

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize/convex/lp"
)

func source(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 9)) }

// randomProgram is a small one: costs that never rise with what is held, often not convex, and
// months that need something to be held.
func randomProgram(rng *rand.Rand) *program {
	p := &program{months: 1 + rng.IntN(4)}
	lots := 1 + rng.IntN(6)
	for range p.months {
		row := make([]float64, lots+1)
		row[lots] = float64(rng.IntN(20))
		for j := lots - 1; j >= 0; j-- {
			row[j] = row[j+1] + float64(rng.IntN(40))
		}
		for j := 0; j < lots && rng.IntN(3) == 0; j++ {
			row[j] = math.Inf(1)
		}
		p.without = append(p.without, row)
	}
	for range 1 + rng.IntN(4) {
		from := rng.IntN(p.months)
		s := start{from: from, until: from + 1 + rng.IntN(p.months-from), lots: 1 + rng.IntN(3), cost: float64(rng.IntN(60)), most: 1 + rng.IntN(4)}
		if rng.IntN(3) == 0 {
			s.least = 1 + rng.IntN(s.most)
		}
		p.starts = append(p.starts, s)
	}
	return p
}

// everyDecision is the least value of all decisions that may be made, one by one.
func everyDecision(p *program) float64 {
	best, units := math.Inf(1), make([]int, len(p.starts))
	var from func(i int)
	from = func(i int) {
		if i == len(units) {
			best = min(best, p.value(units))
			return
		}
		for n := 0; n <= p.starts[i].most; n++ {
			if n == 0 || n >= p.starts[i].least {
				units[i] = n
				from(i + 1)
			}
		}
		units[i] = 0
	}
	from(0)
	return best
}

// Branch and bound finds what trying everything finds.
func TestSolveIsTheOptimum(t *testing.T) {
	feasible := 0
	for seed := range uint64(1500) {
		p := randomProgram(source(seed))
		want := everyDecision(p)
		s, ok := p.solve(1 << 20)
		if ok != !math.IsInf(want, 1) {
			t.Fatalf("seed %d: found %v, the least is %v", seed, ok, want)
		}
		if !ok {
			continue
		}
		feasible++
		if math.Abs(s.value-want) > 1e-6 || math.Abs(s.value-p.value(s.units)) > 1e-9 || s.bound > s.value+1e-6 || s.bound < s.value-1e-5 {
			t.Fatalf("seed %d: %v of %v, bound %v: the least is %v", seed, s.value, s.units, s.bound, want)
		}
		for i, n := range s.units {
			if n < 0 || n > p.starts[i].most || n > 0 && n < p.starts[i].least {
				t.Fatalf("seed %d: %d units of %+v", seed, n, p.starts[i])
			}
		}
	}
	if feasible < 300 {
		t.Errorf("only %d programs had a plan", feasible)
	}
}

// A search that is ended early says how far it may be off, and the bound is one.
func TestSolveEndedEarly(t *testing.T) {
	gaps := 0
	for seed := range uint64(600) {
		p := randomProgram(source(seed))
		want := everyDecision(p)
		s, ok := p.solve(1)
		if !ok {
			continue
		}
		if s.value < want-1e-9 || s.bound > want+1e-6 {
			t.Fatalf("seed %d: value %v, bound %v: the least is %v", seed, s.value, s.bound, want)
		}
		if s.bound < s.value-1e-6 {
			gaps++
		}
	}
	if gaps == 0 {
		t.Error("no search was ended early")
	}
}

// The relaxation is a linear program; gonum's simplex, which knows nothing of flows, finds the same least.
func TestRelaxationAgainstSimplex(t *testing.T) {
	compared := 0
	for seed := range uint64(250) {
		p := randomProgram(source(seed))
		q := p.all()
		if !p.relax(q) {
			continue
		}
		want, err := simplex(p)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		compared++
		if math.Abs(q.bound-want) > 1e-6*max(1, math.Abs(want)) {
			t.Fatalf("seed %d: the flow costs %v, the simplex %v", seed, q.bound, want)
		}
	}
	if compared < 100 {
		t.Errorf("only %d programs were compared", compared)
	}
}

// simplex states the relaxation by what is held alone: units x of each start, and for each month its cost c above
// all lines of its envelope.
func simplex(p *program) (float64, error) {
	var rows [][]float64
	var right []float64
	n := len(p.starts) + p.months
	at := func(t int, slope, height float64) { // c[t] + slope*held(t) >= height
		row := make([]float64, n)
		row[len(p.starts)+t] = 1
		for i, s := range p.starts {
			if s.from <= t && t < s.until {
				row[i] += slope * float64(s.lots)
			}
		}
		rows, right = append(rows, row), append(right, height)
	}
	for t, w := range p.without {
		for a := range w {
			for b := a + 1; b < len(w); b++ {
				if math.IsInf(w[a], 1) {
					continue
				}
				slope := (w[a] - w[b]) / float64(b-a)
				if below(w, slope, w[a]+slope*float64(a)) {
					at(t, slope, w[a]+slope*float64(a))
				}
			}
		}
		at(t, 0, w[len(w)-1])
		first := 0
		for math.IsInf(w[first], 1) {
			first++
		}
		row := make([]float64, n)
		for i, s := range p.starts {
			if s.from <= t && t < s.until {
				row[i] = float64(s.lots)
			}
		}
		rows, right = append(rows, row), append(right, float64(first))
	}
	for i, s := range p.starts {
		row := make([]float64, n)
		row[i] = -1
		rows, right = append(rows, row), append(right, -float64(s.most))
	}
	return minimise(p, rows, right, n)
}

// below says whether a line is nowhere above what a month costs.
func below(w []float64, slope, height float64) bool {
	for j, v := range w {
		if height-slope*float64(j) > v+1e-9 {
			return false
		}
	}
	return true
}

func minimise(p *program, rows [][]float64, right []float64, n int) (float64, error) {
	c := make([]float64, n+len(rows))
	for i, s := range p.starts {
		c[i] = s.cost
	}
	for t := range p.months {
		c[len(p.starts)+t] = 1
	}
	a := mat.NewDense(len(rows), len(c), nil)
	for i, row := range rows {
		for j, v := range row {
			a.Set(i, j, v)
		}
		a.Set(i, n+i, -1)
	}
	best, _, err := lp.Simplex(c, a, right, 1e-10, nil)
	return best, err
}

// A part's bound is not above any decision in it, nor below that of a part it was split from; and where every number is fixed, and no month
// costs more than its envelope, it is what the decision costs.
func TestBoundsOfParts(t *testing.T) {
	exactly := 0
	for seed := range uint64(400) {
		rng := source(seed)
		p := randomProgram(rng)
		q := p.all()
		if !p.relax(q) {
			continue
		}
		units := make([]int, len(p.starts))
		for i := range units {
			units[i] = rng.IntN(p.starts[i].most + 1)
		}
		for i := range units {
			narrow := q.split()
			narrow.least[i], narrow.most[i] = units[i], units[i]
			if !p.relax(narrow) {
				break
			}
			if narrow.bound < q.bound-1e-9 || narrow.bound > p.value(units)+1e-9 {
				t.Fatalf("seed %d: bound %v after %v, a decision in it costs %v", seed, narrow.bound, q.bound, p.value(units))
			}
			q = narrow
			if _, bent := p.bent(q); i == len(units)-1 && !bent {
				exactly++
				if math.Abs(q.bound-p.value(units)) > 1e-9 {
					t.Fatalf("seed %d: all is fixed at a cost of %v, and the bound is %v", seed, p.value(units), q.bound)
				}
			}
		}
	}
	if exactly < 50 {
		t.Errorf("only %d decisions were compared with their bounds", exactly)
	}
}

// What an envelope is: convex, nowhere above, and at its ends the cost itself.
func TestEnvelope(t *testing.T) {
	rng := source(3)
	for range 500 {
		w := randomProgram(rng).without[0]
		least, most := 0, len(w)-1+rng.IntN(3)
		steps, base, ok := envelope(w, least, most)
		if !ok {
			t.Fatal("no envelope")
		}
		height, last, held := base, math.Inf(-1), most
		for _, s := range steps {
			if s.cost < last {
				t.Fatalf("%v: steps %v do not ascend", w, steps)
			}
			last = s.cost
			for range s.room {
				held--
				height += s.cost
				if real := w[min(held, len(w)-1)]; height > real+1e-9 {
					t.Fatalf("%v: the envelope is %v at %d", w, height, held)
				}
			}
		}
		if math.Abs(height-w[held]) > 1e-9 || held > 0 && !math.IsInf(w[held-1], 1) {
			t.Fatalf("%v: the envelope ends at %d with %v", w, held, height)
		}
	}
}
