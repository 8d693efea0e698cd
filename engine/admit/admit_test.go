package admit

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// learned observes steps of a machine whose costs are known, with noise of a tenth.
func learned(step, prompt, generated float64, n int) *Predictor {
	r := rand.New(rand.NewPCG(1, 2))
	p := &Predictor{}
	for range n {
		rows, batch := r.IntN(2)*r.IntN(200), r.IntN(9)
		took := (step + prompt*float64(rows) + generated*float64(batch)) * (0.9 + 0.2*r.Float64())
		p.Observe(rows, batch, time.Duration(took))
	}
	return p
}

func near(found, want, tolerance float64) bool {
	return math.Abs(found-want) <= tolerance*math.Max(math.Abs(want), 1)
}

func TestRatesAreLearned(t *testing.T) {
	r := learned(1e6, 2e4, 3e5, 2000).Rates()
	if !near(r.Step, 1e6, .15) || !near(r.Prompt, 2e4, .1) || !near(r.Generated, 3e5, .1) {
		t.Errorf("learned %+v", r)
	}
}

func TestRatesFollowTheMachine(t *testing.T) {
	p := learned(1e6, 2e4, 3e5, 2000)
	for i := range 400 { // which is three times as slow now
		p.Observe(i%2*100, i%9, time.Duration(3*(1e6+2e4*float64(i%2*100)+3e5*float64(i%9))))
	}
	if r := p.Rates(); !near(r.Step, 3e6, .1) || !near(r.Prompt, 6e4, .1) || !near(r.Generated, 9e5, .1) {
		t.Errorf("learned %+v", r)
	}
}

func TestOneOutlierChangesLittle(t *testing.T) {
	p := learned(1e6, 2e4, 3e5, 2000)
	before := p.Rates().took(64, 4)
	p.Observe(64, 4, time.Hour)
	if after := p.Rates().took(64, 4); after > 1.3*before {
		t.Errorf("a step of 64 and 4 rows is predicted to take %v ns after an hour's pause, %v before", after, before)
	}
}

// Steps of one kind do not tell the costs apart, and still predict steps of that kind.
func TestColumnsThatAreNeverToldApart(t *testing.T) {
	p := &Predictor{}
	for range 500 {
		p.Observe(0, 4, 2*time.Millisecond)
	}
	r := p.Rates()
	if !near(r.took(0, 4), 2e6, .01) || r.Step < 0 || r.Prompt < 0 || r.Generated < 0 {
		t.Errorf("learned %+v", r)
	}
}

// A cost that noise would make negative is zero.
func TestNoCostIsNegative(t *testing.T) {
	p := &Predictor{}
	for i := range 300 {
		p.Observe(i%7, 8-i%7, time.Duration(8e6-1e6*(i%7)))
	}
	if r := p.Rates(); r.Step < 0 || r.Prompt < 0 || r.Generated < 0 || r == (Rates{}) {
		t.Errorf("learned %+v", r)
	}
}

var (
	rates  = Rates{Step: 1e6, Prompt: 1e4, Generated: 1e5, Stay: 50, Longest: 200}
	limits = Limits{MaxBatch: 4, TokenBudget: 64}
)

func TestTTFT(t *testing.T) {
	for _, row := range []struct {
		name   string
		limits func(l *Limits)
		load   Load
		prompt int
		want   float64 // milliseconds
	}{
		{"idle", nil, Load{}, 64, 1 + .64},
		{"idle, two steps", nil, Load{}, 65, 2 + .65},
		{"beside two that generate", nil, Load{Running: 2}, 62, 1.2 + .62},
		{"behind prompts", nil, Load{Running: 2, Waiting: 1, PromptTokens: 100}, 24, 2*1.2 + 1.24},
		{"no place: three have to end, one every 12.5 steps", nil, Load{Running: 4, Waiting: 2, PromptTokens: 40}, 10, 37.5*1.4 + .5},
		{"a chunk of 16", func(l *Limits) { l.Chunk = 16 }, Load{Running: 2}, 32, 2*1.2 + .32},
		{"half for prompts", func(l *Limits) { l.PromptsHalf, l.MaxBatch = true, 64 }, Load{Running: 60}, 32, 7 + .32},
		{"prompts alone", func(l *Limits) { l.PromptsOnly = true }, Load{Running: 3}, 64, 1 + .64},
		{"a batch is under way", func(l *Limits) { l.Batched = true }, Load{Running: 3}, 10, 200*1.3 + .1},
		{"and one before", func(l *Limits) { l.Batched = true }, Load{Running: 3, Waiting: 4}, 10, 400*1.3 + .1},
		{"the first of a batch", func(l *Limits) { l.Batched, l.BatchWait = true, 5*time.Millisecond }, Load{}, 10, 1 + .1 + 5},
	} {
		l := limits
		if row.limits != nil {
			row.limits(&l)
		}
		if got := rates.TTFT(l, row.load, row.prompt); !near(float64(got), row.want*1e6, 1e-9) {
			t.Errorf("%s: %v, want %v ms", row.name, got, row.want)
		}
	}
}

func TestNothingMeasuredNothingPredicted(t *testing.T) {
	if got := (Rates{}).TTFT(limits, Load{Running: 4, Waiting: 100, PromptTokens: 1e6}, 1e6); got != 0 {
		t.Errorf("predicted %v", got)
	}
}

// More ahead never makes the first token come sooner.
func TestTTFTRises(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 10000 {
		l := Limits{MaxBatch: 1 + r.IntN(16), TokenBudget: 16 + r.IntN(256), Chunk: r.IntN(2) * 32,
			PromptsOnly: r.IntN(3) == 0, PromptsHalf: r.IntN(3) == 0, Batched: r.IntN(3) == 0}
		load := Load{Running: 1 + r.IntN(16), Waiting: r.IntN(50), PromptTokens: r.IntN(1000)}
		prompt := 1 + r.IntN(500)
		base := rates.TTFT(l, load, prompt)
		for _, more := range []Load{{load.Running, load.Waiting + 1, load.PromptTokens}, {load.Running, load.Waiting, load.PromptTokens + 50}} {
			if got := rates.TTFT(l, more, prompt); got < base {
				t.Fatalf("%+v: %v with %+v, %v with %+v", l, base, load, got, more)
			}
		}
	}
}

func TestObserveAllocatesNothing(t *testing.T) {
	p := learned(1e6, 2e4, 3e5, 50)
	if n := testing.AllocsPerRun(100, func() { p.Observe(3, 4, time.Millisecond); p.Finished(9) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
