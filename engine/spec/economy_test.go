package spec

import (
	"math/rand/v2"
	"testing"
	"time"
)

// visitors run a batch on a machine whose sequences come and go: each has a prompt to catch up on, at a
// cost per position, and an answer of a length. It returns their speed, by that without drafts.
func (m *machine) visitors(a *Adaptive, batch, prompt, answer, steps int, late time.Duration) float64 {
	of, ages := make([]*Acceptance, batch), make([]int, batch)
	for i := range of {
		of[i], ages[i] = &Acceptance{Behind: prompt, Left: answer}, i*answer/batch
	}
	lengths, tokens, spent := make([]int, batch), 0, time.Duration(0)
	for range steps {
		for i := range lengths {
			lengths[i] = 8
		}
		a.Choose(lengths, of)
		rows, longest, read, begun := batch, 0, 0, tokens
		for i, n := range lengths {
			stood, before := 0, tokens
			if rows, longest = rows+n, max(longest, n); n > 0 {
				for stood < n && m.random.Float64() < m.right {
					stood++
				}
				a.Judged(of[i], n, stood)
				read += of[i].Behind
				of[i].Behind = 0
			} else {
				of[i].Behind++
			}
			tokens += 1 + stood
			ages[i] += tokens - before
			if of[i].Left = answer - ages[i]; of[i].Left <= 0 {
				of[i], ages[i] = &Acceptance{Behind: prompt, Left: answer}, 0
			}
		}
		drafting := m.drafting(lengths) + time.Duration(read)*late
		a.ObserveDrafting(rows-batch, longest, read, drafting)
		a.ObserveStep(rows, m.cost(rows))
		spent += m.cost(rows) + drafting
		a.Answered(batch, rows, rows > batch, tokens-begun, m.cost(rows)+drafting)
	}
	return float64(tokens) / spent.Seconds() / m.static(batch, 0)
}

// A draft model that has to read every prompt first costs hardly anything where that does not pay, however
// short answers and long prompts are, and is used where it does.
func TestCatchingUpPays(t *testing.T) {
	off := [3]float64{.97, .97, .97}
	for _, row := range []struct {
		prompt, answer int
		right          float64
		late           time.Duration
		least          [3]float64 // by batch: rows are dear in large ones
	}{
		{200, 150, 0, 1e5, off}, {200, 150, .3, 1e5, off}, {1000, 20, .5, 1e5, off}, {1000, 8, .95, 1e6, off},
		{200, 150, .95, 1e4, [3]float64{2, 1.8, .97}}, {200, 150, .8, 1e5, off}, {200, 150, .8, 5e4, [3]float64{1.3, .97, .97}}, {10, 400, .9, 1e5, [3]float64{1.8, 1.6, .97}},
	} {
		for i, batch := range []int{1, 3, 16} {
			m := &machine{cost: func(rows int) time.Duration { return 9e5 + time.Duration(rows)*1e5 }, draft: 1e5, right: row.right, random: rand.New(rand.NewPCG(1, 2))}
			a := new(Adaptive)
			m.visitors(a, batch, row.prompt, row.answer, 2000, row.late)
			if got := m.visitors(a, batch, row.prompt, row.answer, 10000, row.late); got < row.least[i] {
				t.Errorf("%+v, %d sequences: %.3g of the speed without drafts, want %.3g", row, batch, got, row.least[i])
			}
		}
	}
}

// A draft model that takes longer for every sequence that drafts is not used where all of a large batch would have
// to, although one alone would gain: what a probe of one takes is not what drafts of all take.
func TestDraftsOfManyCostMore(t *testing.T) {
	for _, right := range []float64{.3, .5, .7, .9} {
		for i, batch := range []int{1, 4, 16} {
			m := &machine{cost: func(rows int) time.Duration { return 5e5 + time.Duration(rows)*1.2e5 }, draft: 2e4, row: 1e5, right: right, random: rand.New(rand.NewPCG(3, uint64(batch)))}
			a := new(Adaptive)
			m.visitors(a, batch, 200, 150, 1000, 2e4)
			got := m.visitors(a, batch, 200, 150, 8000, 2e4)
			if got < .97 {
				t.Errorf("right %g, %d sequences: %.3g of the speed without drafts", right, batch, got)
			}
			if right == .9 && i == 0 && got < 1.4 {
				t.Errorf("right %g, %d sequences: %.3g only", right, batch, got)
			}
		}
	}
}

// Time for probes is saved up over sequences, also where there is none for a while.
func TestProbesAreSavedUpFor(t *testing.T) {
	a := &Adaptive{late: estimate{took: 10}, all: Acceptance{fell: 1000}}
	a.level.Observe(1, 1000)
	for rows := range 20 {
		a.Costs.Observe(rows, time.Duration(1000+500*rows))
	}
	steps, spent, probes := 0, 0, 0
	for range 600 {
		of := []*Acceptance{{Behind: 300, Left: 50}}
		for range 50 {
			lengths := []int{4}
			a.Choose(lengths, of)
			if steps += 1500; lengths[0] > 0 {
				spent += of[0].Behind*10 + lengths[0]*1500
				of[0].Behind = 0
				probes++
			}
		}
		a.Choose(nil, nil)
		for range 100 { // of requests that want no drafts
			a.Choose([]int{0}, []*Acceptance{{}})
		}
	}
	if share := float64(spent) / float64(steps); share > 1.1*probeCost || share < .5*probeCost {
		t.Errorf("%d probes took %.4f of all time, want %v", probes, share, probeCost)
	}
}

// A sequence that is far behind and has little to come is not caught up on; others are not kept from drafting.
func TestWhoIsFarBehindWaits(t *testing.T) {
	a := &Adaptive{late: estimate{took: 100}}
	a.level.Observe(1, 10)
	for rows := range 20 {
		a.Costs.Observe(rows, time.Duration(1000+rows))
	}
	for left, want := range map[int]bool{2: false, 1000: true} {
		lengths := []int{6, 6}
		a.Choose(lengths, []*Acceptance{{stood: 50}, {stood: 50, Behind: 50, Left: left}})
		if lengths[0] != 6 || lengths[1] > 0 != want {
			t.Errorf("%d tokens to come: lengths %v", left, lengths)
		}
	}
}

// What single costs do not show, a comparison does: here steps with drafts take longer than their parts, whatever is
// estimated. Nothing is lost but what trials take, which come more seldom each time.
func TestTrialsFindWhatEstimatesMiss(t *testing.T) {
	a, of, random := new(Adaptive), []*Acceptance{{}, {}, {}, {}}, rand.New(rand.NewPCG(1, 5))
	tokens, spent, drafted := 0, time.Duration(0), 0
	const steps = 40_000
	for range steps {
		lengths, before, drafts := []int{4, 4, 4, 4}, tokens, 0
		a.Choose(lengths, of)
		for i, n := range lengths {
			stood := 0
			for stood < n && random.Float64() < .6 {
				stood++
			}
			if n > 0 {
				a.Judged(of[i], n, stood)
			}
			tokens, drafts = tokens+1+stood, drafts+n
		}
		took := 1000 + time.Duration(drafts)*50
		a.ObserveStep(4+drafts, took)
		if drafts > 0 {
			drafted++
			took += time.Duration(drafts) * 250 // of nothing that is asked about
		}
		a.Answered(4, 4+drafts, drafts >= 4, tokens-before, took)
		spent += took
	}
	if speed := float64(tokens) / float64(spent) / (4. / 1000); speed < .96 {
		t.Errorf("%.3g of the speed without drafts, which %d of %d steps had", speed, drafted, steps)
	}
}
