package spec

import (
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/assaylab/assay/engine/sample"
)

const (
	samples      = 250_000
	significance = 1e-4 // a right rule fails a test this often, for another choice of seeds
	leastBias    = .01  // total variation that must be found
	leastPower   = .999 // and how surely
)

// rule is the signature of Accept.
type rule func(dst []int32, target [][]float32, draft []int32, draftProbs [][]float32, p sample.Params, h *sample.History, position int, s *Scratch) []int32

// proposal is where drafts come from.
type proposal func(last int32, length int, p sample.Params, position int) (target [][]float32, draft []int32, probs [][]float32)

func drawn(last int32, length int, p sample.Params, position int) ([][]float32, []int32, [][]float32) {
	return targets.draft(drafts, last, length, p, position)
}

func argmax(last int32, length int, _ sample.Params, _ int) ([][]float32, []int32, [][]float32) {
	return targets.greedyDraft(drafts, last, length)
}

// lookedUp drafts what no distribution says, as what followed earlier in a text: some of it likely, some not.
func lookedUp(last int32, length int, _ sample.Params, position int) (target [][]float32, draft []int32, probs [][]float32) {
	target = append(target, targets[last])
	for i := range length {
		last = (last*2 + int32(position+i)) % vocab
		draft, target = append(draft, last), append(target, targets[last])
	}
	return target, draft, nil
}

// generate counts the first and the joint first two tokens after token 0 over samples
// seeds, in as many steps as that takes.
func generate(accept rule, propose proposal, length int, p sample.Params) (first [vocab]int, both [vocab * vocab]int) {
	const start = 11
	var s Scratch
	var tokens []int32
	for seed := range uint64(samples) {
		p.Seed = seed
		tokens = append(tokens[:0], 0)
		for len(tokens) < 3 {
			position := start + len(tokens)
			target, draft, probs := propose(tokens[len(tokens)-1], length, p, position)
			tokens = accept(tokens, target, draft, probs, p, nil, position, &s)
		}
		first[tokens[1]]++
		both[tokens[1]*vocab+tokens[2]]++
	}
	return first, both
}

// fit is a chi-square test of counts against the probabilities expected.
type fit struct {
	statistic, limit, freedom float64
	impossible                int // draws of what has no probability
}

func (f fit) fails() bool { return f.impossible > 0 || f.statistic > f.limit }

func fitOf(counts []int, expected []float64) (f fit) {
	f.freedom = -1
	for i, c := range counts {
		if expected[i] == 0 {
			f.impossible += c
			continue
		}
		e := expected[i] * samples
		f.statistic += (float64(c) - e) * (float64(c) - e) / e
		f.freedom++
	}
	f.limit = distuv.ChiSquared{K: f.freedom}.Quantile(1 - significance)
	return f
}

// power returns the least probability with which the test finds a distribution that is
// off by the total variation d.
//
// The statistic is then noncentral chi-square with noncentrality n * sum of shift^2/p.
// For shifts that add up to +d on a set of cells and to -d on the others, that
// sum is least when they are proportional to p on either side: d^2/P + d^2/(1-P) for a
// set of probability P, which is at least 4 d^2. The noncentral distribution is a
// Poisson mixture of central ones.
func (f fit) power(d float64) float64 {
	mixture := distuv.Poisson{Lambda: samples * 4 * d * d / 2}
	missed := 0.0
	for j := 0.0; j < 4*mixture.Lambda; j++ {
		missed += mixture.Prob(j) * distuv.ChiSquared{K: f.freedom + 2*j}.CDF(f.limit)
	}
	return 1 - missed
}

func TestSpeculationFollowsTheTarget(t *testing.T) {
	for _, row := range []struct {
		name    string
		propose proposal
		length  int
		p       sample.Params
	}{
		{"drawn drafts", drawn, 2, sample.Params{Temperature: 1}},
		{"one draft, warm", drawn, 1, sample.Params{Temperature: 1.4}},
		{"greedy drafts", argmax, 2, sample.Params{Temperature: .8}},
		{"looked-up drafts", lookedUp, 3, sample.Params{Temperature: 1.2}},
		{"looked-up drafts, truncated", lookedUp, 2, sample.Params{Temperature: 1, TopK: 4, TopP: .85, MinP: .1}},
		{"truncated", drawn, 3, sample.Params{Temperature: 1, TopK: 4, TopP: .85, MinP: .1}},
		{"no drafts", argmax, 0, sample.Params{Temperature: 1}},
	} {
		t.Run(row.name, func(t *testing.T) {
			first, both := generate(Accept, row.propose, row.length, row.p)
			wantFirst, wantBoth := targets.joint(row.p)
			for _, part := range []struct {
				name string
				fit
			}{{"first token", fitOf(first[:], wantFirst[:])}, {"two tokens", fitOf(both[:], wantBoth[:])}} {
				if part.fails() {
					t.Errorf("%s: %+v", part.name, part.fit)
				}
				if power := part.power(leastBias); power < leastPower {
					t.Errorf("%s: a bias of %v would be found with probability %v only", part.name, leastBias, power)
				}
			}
		})
	}
}

// The tests above must be able to fail: each wrong rule is wrong by at least the bias that
// they promise to find, and is found.
func TestWrongRulesAreFound(t *testing.T) {
	p := sample.Params{Temperature: 1}
	want, _ := targets.joint(p)
	for _, row := range []struct {
		name string
		wrong
	}{
		{"accepts a little too often", wrong{factor: 1.1, residual: true}},
		{"accepts a little too seldom", wrong{factor: .85, residual: true}},
		{"accepts always", wrong{factor: 1e9, residual: true}},
		{"replaces from the target instead of the residual", wrong{factor: 1}},
	} {
		t.Run(row.name, func(t *testing.T) {
			off := row.firstToken(targets.next(0, p), drafts.next(0, p))
			if bias := totalVariation(off, want[:]); bias < leastBias {
				t.Fatalf("biased by %v only: not a fair test", bias)
			}
			first, _ := generate(row.accept, drawn, 1, p)
			if f := fitOf(first[:], want[:]); !f.fails() {
				t.Errorf("not found: %+v", f)
			}
			if f := fitOf(first[:], off); f.fails() {
				t.Errorf("its own distribution %v does not fit: %+v", off, f)
			}
		})
	}
}

// wrong is the acceptance rule for one draft with mistakes: the ratio is multiplied by
// factor, and a rejected draft may be replaced by a draw from the whole target.
type wrong struct {
	factor   float64
	residual bool
}

func (w wrong) accept(dst []int32, target [][]float32, draft []int32, probs [][]float32, p sample.Params, h *sample.History, position int, s *Scratch) []int32 {
	s.probs = resize(s.probs, vocab)
	sample.Distribution(s.probs, target[0], p, &s.sample)
	ratio := float64(s.probs[draft[0]]) / float64(probs[0][draft[0]])
	if sample.Uniform(p.Seed, position, sample.StreamAccept) < w.factor*ratio {
		return append(dst, draft[0])
	}
	s.residual = append(s.residual[:0], s.probs...)
	if w.residual {
		s.setResidual(draft[0], probs[0])
	}
	return append(dst, sample.Draw(s.residual, sample.Uniform(p.Seed, position, sample.StreamResidual)))
}

// firstToken is the distribution that the wrong rule gives, in closed form.
func (w wrong) firstToken(target, draft []float32) []float64 {
	s := &Scratch{probs: target}
	s.residual = append(s.residual, target...)
	if w.residual {
		s.setResidual(0, draft)
	}
	result, rejected := make([]float64, vocab), 1.0
	for x := range result {
		result[x] = min(float64(draft[x]), w.factor*float64(target[x]))
		rejected -= result[x]
	}
	for x := range result {
		result[x] += rejected * float64(s.residual[x])
	}
	return result
}
