package spec

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestCostsBetweenAndBeyond(t *testing.T) {
	var c Costs
	if c.Of(3) != 0 {
		t.Errorf("%v for nothing measured", c.Of(3))
	}
	c.Observe(2, 100)
	c.Observe(6, 300)
	c.Observe(1000, 900)
	for rows, want := range map[int]time.Duration{1: 50, 2: 100, 3: 150, 5: 250, 6: 300, 131: 600, 256: 900, 5000: 900} {
		if got := c.Of(rows); got != want {
			t.Errorf("%d rows take %d, want %d", rows, got, want)
		}
	}
	c.Observe(2, 400)
	c.Observe(2, 400) // the first times the least counts
	if got := c.Of(2); got != 100 || c.cold(2) || !c.cold(6) {
		t.Errorf("two more that were slow: %d, want 100", got)
	}
	c.Observe(2, time.Hour)         // is taken for twice as long
	if got := c.Of(2); got != 119 { // 100 times the fourth root of 2
		t.Errorf("after one that stood still: %d, want 119", got)
	}
}

// machine is what an engine would measure, in nanoseconds: steps of a cost by rows, a drafter that is right
// with some probability, and its own cost per draft.
type machine struct {
	cost   func(rows int) time.Duration
	draft  time.Duration // of drafting one token of every sequence,
	row    time.Duration // and what each of them adds
	right  float64
	random *rand.Rand
	mood   func() float64 // what the next step is measured to take, of what it takes in the mean; nil is 1
}

// run has a batch generate for so many steps, and returns its tokens per second and the drafts per sequence and step.
func (m *machine) run(a *Adaptive, batch, most, steps int) (speed, drafts float64) {
	of := make([]*Acceptance, batch)
	for i := range of {
		of[i] = new(Acceptance)
	}
	lengths, tokens, spent := make([]int, batch), 0, time.Duration(0)
	for range steps {
		rows, longest, before := batch, 0, tokens
		for i := range lengths {
			lengths[i] = most
		}
		a.Choose(lengths, of)
		for i, n := range lengths {
			rows, longest = rows+n, max(longest, n)
			tokens++
			if n == 0 {
				continue
			}
			stood := 0
			for stood < n && m.random.Float64() < m.right {
				stood++
			}
			a.Judged(of[i], n, stood)
			tokens, drafts = tokens+stood, drafts+float64(n)
		}
		drafting, step := m.drafting(lengths), m.cost(rows)
		spent += step + drafting
		if m.mood != nil {
			now := m.mood()
			drafting, step = time.Duration(now*float64(drafting)), time.Duration(now*float64(step))
		}
		a.ObserveDrafting(rows-batch, longest, 0, drafting)
		a.ObserveStep(rows, step)
		a.Answered(batch, rows, rows > batch, tokens-before, step+drafting)
	}
	return float64(tokens) / spent.Seconds(), drafts / float64(steps*batch)
}

// drafting is what drafts of such lengths take.
func (m *machine) drafting(lengths []int) (took time.Duration) {
	for level := range slices.Max(lengths) {
		took += m.draft
		for _, n := range lengths {
			if n > level {
				took += m.row
			}
		}
	}
	return took
}

// static is the speed that a constant length has on the long run.
func (m *machine) static(batch, n int) float64 {
	tokens, chance := 1.0, 1.0
	for range n {
		chance *= m.right
		tokens += chance
	}
	return tokens * float64(batch) / (m.cost(batch*(1+n)) + time.Duration(n)*(m.draft+time.Duration(batch)*m.row)).Seconds()
}

func (m *machine) best(batch, most int) (speed float64) {
	for n := range most + 1 {
		speed = max(speed, m.static(batch, n))
	}
	return speed
}

// Whatever the machine and the drafter are, the chosen lengths are hardly worse than none, and not far from the
// best constant one.
func TestAdaptiveComparedWithConstants(t *testing.T) {
	linear := func(fixed, row time.Duration) func(int) time.Duration {
		return func(rows int) time.Duration { return fixed + time.Duration(rows)*row }
	}
	tiles := func(rows int) time.Duration { return 1e6 * time.Duration(2+(rows+7)/8) }
	for name, cost := range map[string]func(int) time.Duration{"memory": linear(9e5, 1e5), "arithmetic": linear(1e5, 9e5), "tiles": tiles} {
		for _, draft := range []time.Duration{0, 2e5, 2e6} {
			for _, right := range []float64{0, .3, .6, .9, .98} {
				for _, batch := range []int{1, 3, 16} {
					m := &machine{cost: cost, draft: draft, right: right, random: rand.New(rand.NewPCG(1, 2))}
					a := new(Adaptive)
					m.run(a, batch, 8, 2000)
					speed, drafts := m.run(a, batch, 8, 6000)
					if best := m.best(batch, 8); speed < max(.97*m.static(batch, 0), .85*best) {
						t.Errorf("%s, drafts of %v, right at %v, %d sequences: %.4g of the best (%.4g; none %.4g), %.3g drafts a step", name, draft, right, batch, speed/best, best, m.static(batch, 0), drafts)
					}
				}
			}
		}
	}
}

// A drafter that becomes useful is found, and one that ceases to be is left.
func TestAdaptiveFollows(t *testing.T) {
	m := &machine{cost: func(rows int) time.Duration { return 1e6 + time.Duration(rows)*1e5 }, right: 0, random: rand.New(rand.NewPCG(3, 4))}
	a := new(Adaptive)
	if _, drafts := m.run(a, 1, 8, 3000); drafts > .2 {
		t.Errorf("%v drafts a step that are never right", drafts)
	}
	m.right = .95
	if _, drafts := m.run(a, 1, 8, 3000); drafts < 4 {
		t.Errorf("%v drafts a step that are nearly always right", drafts)
	}
}

// The first drafts find code and memory cold, and take several times what later ones do. That they pay is found all the same, and soon.
func TestAdaptiveStartsCold(t *testing.T) {
	times := map[int]int{}
	m := &machine{draft: 5e4, right: .85, random: rand.New(rand.NewPCG(5, 6))}
	m.cost = func(rows int) time.Duration { return 14e4 + time.Duration(rows)*6e4 }
	warm := m.best(1, 8)
	cold := *m
	cold.cost = func(rows int) time.Duration {
		if times[rows]++; rows > 1 && times[rows] <= 2 {
			return 3 * m.cost(rows)
		}
		return m.cost(rows)
	}
	a := new(Adaptive)
	cold.run(a, 1, 8, 1000)
	if speed, drafts := cold.run(a, 1, 8, 2000); speed < .85*warm {
		t.Errorf("%.3g of the best, with %.3g drafts a step", speed/warm, drafts)
	}
}

// On a machine that is slower for a while and faster for another, and never takes as long twice, drafts that pay are made, and those that
// do not are not: what steps with them take is not compared with what others took on a faster machine.
func TestAdaptiveOnAMoodyMachine(t *testing.T) {
	for _, row := range []struct{ right, least float64 }{{.9, .97}, {.7, .985}, {.5, .95}, {.2, .98}} {
		random := rand.New(rand.NewPCG(7, 8))
		m := &machine{draft: 4e4, right: row.right, random: random}
		m.cost = func(rows int) time.Duration { return 15e4 + time.Duration(rows)*5e4 }
		spell := 1.
		m.mood = func() float64 {
			if random.IntN(300) == 0 {
				spell = 1 + .8*random.Float64()
			}
			return spell * math.Exp(.2*random.NormFloat64())
		}
		a := new(Adaptive)
		m.run(a, 1, 8, 2000)
		speed, drafts := m.run(a, 1, 8, 40000)
		if speed < max(row.least*m.best(1, 8), .98*m.static(1, 0)) {
			t.Errorf("right at %v: %.3g of the best, want %v, with %.3g drafts a step", row.right, speed/m.best(1, 8), row.least, drafts)
		}
	}
}

// In one batch, who is guessed right drafts more.
func TestAdaptiveTellsSequencesApart(t *testing.T) {
	a := new(Adaptive)
	for rows := range 20 {
		a.Costs.Observe(rows, time.Duration(10+rows))
	}
	good, bad := &Acceptance{stood: 50}, &Acceptance{fell: 50}
	lengths := []int{6, 6, 0}
	a.Choose(lengths, []*Acceptance{good, bad, new(Acceptance)})
	if !slices.Equal(lengths, []int{6, 0, 0}) {
		t.Errorf("lengths %v, want 6, 0 and 0", lengths)
	}
	if n := testing.AllocsPerRun(100, func() {
		lengths[0], lengths[1] = 6, 6
		a.Choose(lengths, []*Acceptance{good, bad, good})
	}); n > 1 { // the slice here
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkChoose(b *testing.B) {
	a := new(Adaptive)
	a.level.Observe(1, 100)
	for rows := 1; rows < 60; rows += 3 {
		a.Costs.Observe(rows, time.Duration(1000+50*rows))
	}
	of, lengths := make([]*Acceptance, 16), make([]int, 16)
	for i := range of {
		of[i] = &Acceptance{stood: 3, fell: 9}
	}
	for b.Loop() {
		for i := range lengths {
			lengths[i] = 16
		}
		a.Costs.Observe(16, 1800)
		a.Choose(lengths, of)
	}
}
