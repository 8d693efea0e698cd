package spec

import "time"

// Acceptance is how often a sequence's drafts stood lately. The zero value has seen none, and goes by
// what others saw.
type Acceptance struct {
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
	all    Acceptance    // of all sequences
	depth  time.Duration // of drafting, by the longest draft of a step
	rates  []float64     // of the sequences of a step
	chance []float64     // that a sequence's next draft stands, with all before it
	counts []int         // how many it has
	order  []int         // whose drafts they are, the likeliest first
}

// worthwhile is how much faster drafts must look than none, so that noise does not switch them on.
const worthwhile = 1.02

// probeCost is the share of all time that probes may take.
const probeCost = .005

// ObserveDrafting notes what it took to draft, with that many tokens at the longest.
func (a *Adaptive) ObserveDrafting(longest int, took time.Duration) {
	if longest == 0 {
		return
	}
	if took /= time.Duration(longest); a.depth == 0 {
		a.depth = took
	}
	a.depth += time.Duration(costWeight * float64(min(took, 2*a.depth+1)-a.depth))
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
	take := a.best(lengths, of)
	clear(a.counts)
	for _, i := range a.order[:take] {
		a.counts[i]++
	}
	for i, n := range a.counts {
		lengths[i] = a.orProbe(of[i], n, lengths[i], len(lengths))
	}
}

// best orders the drafts that could be made by their chance, and returns how many of the first are
// the best to make.
func (a *Adaptive) best(most []int, of []*Acceptance) (take int) {
	a.begin(of)
	tokens, longest := float64(len(most)), 0
	speed := worthwhile * a.speed(tokens, len(most), 0)
	for {
		i := a.likeliest(most)
		if i < 0 {
			return take
		}
		tokens += a.chance[i]
		a.counts[i]++
		a.chance[i] = a.next(i, of[i])
		longest = max(longest, a.counts[i])
		a.order = append(a.order, i)
		if s := a.speed(tokens, len(most)+len(a.order), longest); s > speed {
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
	}
}

// next is the chance of a sequence's next draft, which for one of a line is that of the one before and its own.
func (a *Adaptive) next(i int, o *Acceptance) float64 {
	if o.Forecast != nil {
		return min(1, a.rates[i]*o.forecast(a.counts[i]))
	}
	return a.chance[i] * a.rates[i]
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
func (a *Adaptive) speed(tokens float64, rows, longest int) float64 {
	took := a.Costs.Of(rows) + time.Duration(longest)*a.depth
	return tokens / max(took.Seconds(), 1e-9)
}

// orProbe is what a sequence drafts: n, or when its turn has come another number, whose cost was not
// measured for long.
func (a *Adaptive) orProbe(of *Acceptance, n, most, batch int) int {
	if most == 0 {
		return 0
	}
	other := of.neighbour(n, most)
	if of.idle++; of.idle < a.probeEvery(batch, n, other) {
		return n
	}
	of.idle = 0
	of.probes++
	return other
}

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

// probeEvery is how many steps go by between two probes of a sequence, for the probes of a whole batch to
// take no more than their share of the time.
func (a *Adaptive) probeEvery(batch, n, other int) int {
	now := a.Costs.Of(batch + n)
	if now == 0 {
		return 1
	}
	extra := a.Costs.Of(batch+other) - now + time.Duration(other-n)*a.depth
	share := max(0, float64(extra)/float64(now))
	return max(32, int(float64(batch)*share/probeCost))
}
