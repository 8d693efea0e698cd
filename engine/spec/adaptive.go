package spec

import (
	"math"
	"slices"
	"time"
)

// Acceptance is how often a sequence's drafts stood lately. The zero value has seen none, and goes by
// what others saw.
type Acceptance struct {
	Behind int // positions that the drafter is to catch up on before it can draft for the sequence
	Left   int // tokens that the sequence has still to come, at most

	stood, fell float64
	idle        int // steps since it last drafted another number than was best
	probes      int // how often it did

	tree
}

const (
	acceptanceDecay = .97 // what a step leaves of what the steps before it say of one sequence
	sharedDecay     = .99 // and of all of them
	priorDrafts     = 6   // how many drafts the others' rate counts for
	firstRate       = .7  // is taken before anything is known: worth a try
)

// observe notes that of so many drafts the first ones stood. Those after one that fell were not judged.
func (a *Acceptance) observe(drafts, stood int, decay float64) {
	a.stood = decay*a.stood + float64(stood)
	a.fell *= decay
	if stood < drafts {
		a.fell++
	}
}

// rate is the probability that the next draft stands if those before it do.
func (a *Acceptance) rate(prior float64) float64 {
	return (a.stood + priorDrafts*prior) / (a.stood + a.fell + priorDrafts)
}

// Adaptive chooses how many tokens each sequence of a batch drafts, to have the most tokens per second: a
// draft is a row to verify, at what a batch of so many rows was measured to take, and is worth the
// probability that it and all before it stand. Where none pays, none is drafted, but for a probe now
// and then that finds out whether that has changed. Nothing here reads a clock; the same
// observations lead to the same choices.
//
// The trade is that of Leviathan et al. 2023, section 3.3, with measured costs in place of a constant
// ratio and over a batch, as in Liu et al. 2024, "Optimizing Speculative Decoding for Serving Large
// Language Models Using Goodput".
type Adaptive struct {
	Costs  Costs
	drift  float64 // the logarithm of how much slower the machine is now than when the costs were measured
	trials trials
	all    Acceptance    // of all sequences
	level  Costs         // of drafting one token of each of so many sequences
	late   estimate      // of catching up, by positions
	credit time.Duration // that probes may take
	steps  int           // with drafts, since there was one without any
	rates  []float64     // of the sequences of a step
	chance []float64     // that a sequence's next draft stands, with all before it
	counts []int         // how many it has
	order  []int         // whose drafts they are, the likeliest first
}

// worthwhile is how much faster drafts must look than none, to be tried at all: whether they are, trials say.
const worthwhile = 1.02

// Probes may take a share of all time, of which so many steps' worth can be saved up: to catch up on a
// sequence takes many probes' time at once.
const (
	probeCost  = .005
	mostCredit = 1000
)

// worthThought is what a draft needs to be thought of.
const worthThought = .02

// mostSteps are the steps over which catching up on a sequence is to pay at the latest.
const mostSteps = 32

// ObserveStep notes that a step of so many generated rows took so long. Machines are slower for seconds and faster for others, by
// more than drafts gain; what steps with drafts took then would be compared with what others took before. So all costs are of one
// machine, and how much slower it is now is known from the steps that there are most of.
func (a *Adaptive) ObserveStep(rows int, took time.Duration) {
	if a.Costs.Settled(rows) {
		now := math.Log(float64(max(took, 1)) / float64(a.Costs.of[min(rows, costRows)].took))
		a.drift += (min(max(now, -mostDrift), mostDrift) - a.drift) / driftSteps
	}
	a.Costs.Observe(rows, a.undrifted(took))
}

// The drift follows a change of the machine in so many steps: far fewer than costs take, which are not to follow it. A step that stood still
// for something else counts as four times as long.
const driftSteps = 4

var mostDrift = math.Log(4)

// undrifted is how long something would have taken on the machine that costs are of.
func (a *Adaptive) undrifted(took time.Duration) time.Duration {
	return time.Duration(float64(took) * math.Exp(-a.drift))
}

// ObserveDrafting notes what it took to draft so many tokens, with that many at the longest, and to catch up on
// so many positions before.
func (a *Adaptive) ObserveDrafting(drafts, longest, late int, took time.Duration) {
	took = a.undrifted(took)
	switch known := a.drafting(drafts, longest); {
	case late >= someLate && known == 0:
		a.late.observe(took / time.Duration(late+longest))
	case late >= someLate:
		a.late.observe((took - known) / time.Duration(late))
	case longest > 0:
		a.level.Observe(perLevel(drafts, longest), took/time.Duration(longest))
	}
}

// drafting is what it takes to draft so many tokens, with that many at the longest: a draft model computes one of
// each sequence at a time, which takes the longer the more there are.
func (a *Adaptive) drafting(drafts, longest int) time.Duration {
	if longest == 0 {
		return 0
	}
	return time.Duration(longest) * a.level.Of(perLevel(drafts, longest))
}

// perLevel is how many are drafted at a time.
func perLevel(drafts, longest int) int { return (drafts + longest - 1) / longest }

// someLate is how many positions say what catching up on one takes; fewer count as drafting.
const someLate = 16

// Answered notes that a step of rows that were generated, and of their drafts, brought so many tokens for a batch. What steps
// of so many rows take when they are new says nothing of what they will.
func (a *Adaptive) Answered(batch, rows int, drafted bool, tokens int, took time.Duration) {
	if batch > 0 && !a.Costs.cold(rows) {
		a.trials.of(batch).observe(drafted, tokens, took)
	}
}

// Judged notes what became of a sequence's drafts, of which there was at least one.
func (a *Adaptive) Judged(of *Acceptance, drafts, stood int) {
	if of.Forecast != nil {
		a.judgedTree(of, drafts, stood)
		return
	}
	of.observe(drafts, stood, acceptanceDecay)
	a.all.observe(drafts, stood, sharedDecay)
}

// Choose sets lengths to how many tokens each of the sequences is to draft, at most what is there.
func (a *Adaptive) Choose(lengths []int, of []*Acceptance) {
	if len(lengths) == 0 {
		return
	}
	take := a.best(lengths, of)
	clear(a.counts)
	t := a.trials.of(len(lengths))
	if t.on = false; take > 0 && !t.allows() {
		take = 0
	}
	if a.steps++; take == 0 || a.steps == compareEvery {
		take, a.steps = 0, 0
	}
	for _, i := range a.order[:take] {
		a.counts[i]++
	}
	if slices.Max(lengths) > 0 { // who wants no drafts does not pay for probes
		now := a.Costs.Of(len(lengths) + take)
		a.credit = min(a.credit+time.Duration(probeCost*float64(now)), mostCredit*now)
	}
	for i, n := range a.counts {
		lengths[i] = a.orProbe(of[i], n, lengths[i], len(lengths))
	}
}

// best orders the drafts that could be made by their chance, and returns how many of the first are
// the best to make.
func (a *Adaptive) best(most []int, of []*Acceptance) (take int) {
	a.begin(of)
	tokens, longest, late := float64(len(most)), 0, time.Duration(0)
	speed := worthwhile * a.speed(tokens, len(most), 0, 0, 0)
	for {
		i := a.likeliest(most)
		if i < 0 || a.chance[i] < worthThought {
			return take
		}
		if a.counts[i] == 0 {
			a.chance[i] = 1
			a.chance[i] = a.next(i, of[i])
			late += a.share(of[i])
		}
		tokens += a.chance[i]
		a.counts[i]++
		a.chance[i] = a.next(i, of[i])
		longest = max(longest, a.counts[i])
		a.order = append(a.order, i)
		if s := a.speed(tokens, len(most), len(a.order), longest, late); s > speed {
			speed, take = s, len(a.order)
		}
	}
}

// begin has the sequences without drafts, and their rates.
func (a *Adaptive) begin(of []*Acceptance) {
	a.order, a.rates, a.chance, a.counts = a.order[:0], a.rates[:0], a.chance[:0], a.counts[:0]
	prior := a.all.rate(firstRate)
	for i, o := range of {
		r := o.rate(prior)
		if o.Forecast != nil {
			r = o.ratio(a.all.ratio(1))
		}
		a.rates, a.chance, a.counts = append(a.rates, r), append(a.chance, 1), append(a.counts, 0)
		a.chance[i] = a.next(i, o)
		if late := a.share(o); late > 0 { // others go first
			one := a.level.Of(1) + 1
			a.chance[i] *= float64(one) / float64(one+late)
		}
	}
}

// next is the chance of a sequence's next draft, which for one of a line is that of the one before and its own.
func (a *Adaptive) next(i int, o *Acceptance) float64 {
	if o.Forecast != nil {
		return min(1, a.rates[i]*o.forecast(a.counts[i]))
	}
	return a.chance[i] * a.rates[i]
}

// share is a step's part of what it takes to catch up on a sequence: what a sequence has still to come
// is not known, and counted as this many steps at most.
func (a *Adaptive) share(o *Acceptance) time.Duration {
	return time.Duration(o.Behind) * a.late.took / time.Duration(max(1, min(o.Left, mostSteps)))
}

// likeliest is the sequence whose next draft has the best chance, -1 where none may draft more.
func (a *Adaptive) likeliest(most []int) (best int) {
	best = -1
	for i := range most {
		if a.counts[i] < most[i] && (best < 0 || a.chance[i] > a.chance[best]) {
			best = i
		}
	}
	return best
}

// speed is tokens per second, or tokens alone while nothing was measured.
func (a *Adaptive) speed(tokens float64, batch, drafts, longest int, late time.Duration) float64 {
	took := a.Costs.Of(batch+drafts) + a.drafting(drafts, longest) + late
	return tokens / max(took.Seconds(), 1e-9)
}

// orProbe is what a sequence drafts: n, or when its turn has come and there is time for it another number,
// whose cost was not measured for long.
func (a *Adaptive) orProbe(of *Acceptance, n, most, batch int) int {
	if most == 0 {
		return 0
	}
	t := a.trials.of(batch)
	first := a.steps == 0 && n == 0 && of.Behind < someLate && t.firsts < firstProbes && !a.Costs.Settled(batch+1)
	if of.idle++; of.idle < probeEvery && a.Costs.Of(batch) > 0 && !first {
		return n
	}
	other := of.neighbour(n, most)
	if first { // cheap, and owed to later ones
		other = 1
		t.firsts++
	}
	extra := a.Costs.Of(batch+other) - a.Costs.Of(batch+n) + time.Duration(other-n)*a.level.Of(1)
	if n == 0 {
		extra += time.Duration(of.Behind) * a.late.took
	}
	if extra > a.credit && !first {
		return n
	}
	a.credit -= max(0, extra)
	of.idle = 0
	of.probes++
	return other
}

// compareEvery is after how many steps with drafts there is one without, for what drafts are compared with
// to be of the same time.
const compareEvery = 48

// probeEvery is how many steps go by between two probes of a sequence, at least.
const probeEvery = 32

// firstProbes are made of one token in steps that follow each other, where nothing drafts and a sequence of a batch of such a size is caught up
// on: the first ones find everything cold, and say that drafts do not pay where they do.
const firstProbes = 16

// neighbour is what to try in place of n: one more or less in turn, and where nothing is drafted
// all lengths, one after the other.
func (a *Acceptance) neighbour(n, most int) int {
	switch {
	case n == 0:
		return 1 + a.probes%most
	case n == most || a.probes%2 == 0:
		return n - 1
	}
	return n + 1
}
