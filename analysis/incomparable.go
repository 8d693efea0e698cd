package analysis

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/internal/words"
)

// Incomparable is something that a run of several systems cannot compare.
type Incomparable struct {
	What string   // "latency", "tokens per second", or a load that was not measured
	Arms []string // ids; none where it is about arms that never were
	Why  string   // one sentence or two
}

// incomparable lists what could not be compared: first what was not measured, then what measurements do not tell of some
// arms, then what makes equal figures mean different things.
func (a *analysis) incomparable() []Incomparable {
	return slices.Concat(a.neverRun(), a.failedTrials(), a.notYetRun(), a.untoldByDialect(), a.otherMachines(), a.sameServers(), a.withoutPrice(), a.withoutQuality(), a.unasked(),
		a.otherTokens(), a.otherLengths(), a.ownCounts(), a.unknownOccupancy(), a.unknownCaches())
}

func (a *analysis) neverRun() (out []Incomparable) {
	for _, s := range a.run.Skipped {
		out = append(out, Incomparable{What: s.Name, Why: "Skipped: " + sentence(s.Reason)})
	}
	return out
}

// sentence ends with a full stop.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" || strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}

// failedTrials are those of other systems, by arm and reason: a start that failed has no load to blame.
func (a *analysis) failedTrials() (out []Incomparable) {
	type key struct{ arm, reason string }
	var order []key
	loads := map[key][]string{}
	for _, t := range a.study.Failed {
		j := a.armByID(t.Key.Arm)
		if j == nil || j.Arm.Arm.Deployment == nil {
			continue
		}
		k := key{t.Key.Arm, t.Reason}
		if loads[k] == nil {
			order = append(order, k)
		}
		loads[k] = append(loads[k], loadName(a.run, t.Key.Load))
	}
	for _, k := range order {
		n := len(loads[k])
		out = append(out, Incomparable{What: words.List(unique(loads[k])), Arms: []string{k.arm},
			Why: fmt.Sprintf("%s failed: %s", words.Count(n, "trial"), sentence(k.reason))})
	}
	return out
}

func unique(names []string) (out []string) {
	for _, n := range names {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// notYetRun are loads of which an arm has no trial, neither finished nor failed, though the run plans one.
func (a *analysis) notYetRun() (out []Incomparable) {
	has := map[[2]string]bool{}
	for _, t := range a.set.Trials {
		has[[2]string{t.Key.Arm, t.Key.Load}] = true
	}
	missing := map[string][]string{}
	for _, k := range a.run.Order {
		if !has[[2]string{k.Arm, k.Load}] {
			missing[k.Arm] = append(missing[k.Arm], loadName(a.run, k.Load))
		}
	}
	for _, arm := range a.run.Arms {
		if loads := unique(missing[arm.ID]); len(loads) > 0 {
			out = append(out, Incomparable{What: words.List(loads), Arms: []string{arm.ID}, Why: "Not run yet."})
		}
	}
	return out
}

// gather makes one entry of all arms that have the same thing to say.
func (a *analysis) gather(say func(*judged) []Incomparable) (out []Incomparable) {
	for i := range a.arms {
		for _, x := range say(&a.arms[i]) {
			if k := slices.IndexFunc(out, func(y Incomparable) bool { return y.What == x.What && y.Why == x.Why }); k >= 0 {
				out[k].Arms = append(out[k].Arms, a.arms[i].Arm.Arm.ID)
				continue
			}
			x.Arms = []string{a.arms[i].Arm.Arm.ID}
			out = append(out, x)
		}
	}
	return out
}

// untoldByDialect are what a dialect's answers do not say. Such a line has what it is about before a colon.
func (a *analysis) untoldByDialect() []Incomparable {
	return a.gather(func(j *judged) (out []Incomparable) {
		if j.Arm.Arm.Deployment == nil {
			return nil
		}
		for _, line := range j.Arm.Arm.Deployment.Untold {
			what, why, found := strings.Cut(line, ": ")
			if !found {
				why = "the dialect does not tell"
			}
			out = append(out, Incomparable{What: what, Why: capital(sentence(why))})
		}
		return out
	})
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func (a *analysis) otherMachines() []Incomparable {
	return a.gather(func(j *judged) []Incomparable {
		d := j.Arm.Arm.Deployment
		switch {
		case j.Arm.Arm.OnThisMachine():
			return nil
		case d.Managed:
			return []Incomparable{{What: "latency and throughput", Why: "They are of machines and settings that nobody outside can see, of other customers' load at that time of day, and of the network between: they say what a caller gets, and not what a system can do."}}
		case d.Hardware == "":
			return []Incomparable{{What: "latency and throughput", Why: "They are of a machine that nobody declared, with the network to it."}}
		}
		return []Incomparable{{What: "latency and throughput", Why: fmt.Sprintf("They are of another machine (%s, as declared), with the network to it.", d.Hardware)}}
	})
}

// sameServers are arms of one server that nobody started anew between them: all are asked the same prompts.
func (a *analysis) sameServers() (out []Incomparable) {
	type place struct{ url, model string }
	var order []place
	arms := map[place][]string{}
	for _, arm := range a.run.Arms {
		if arm.OnThisMachine() {
			continue
		}
		p := place{arm.Deployment.URL, arm.Deployment.Model}
		if arms[p] == nil {
			order = append(order, p)
		}
		arms[p] = append(arms[p], arm.ID)
	}
	for _, p := range order {
		if len(arms[p]) > 1 {
			out = append(out, Incomparable{What: "prefix hits and TTFT", Arms: arms[p],
				Why: "They are one server that was not started anew between them, and that got the same prompts from each: what it kept of the first may have served the others."})
		}
	}
	return out
}

func (a *analysis) withoutPrice() []Incomparable {
	return a.gather(func(j *judged) []Incomparable {
		if j.unpriced == "" {
			return nil
		}
		return []Incomparable{{What: "cost", Why: j.unpriced}}
	})
}

func (a *analysis) withoutQuality() []Incomparable {
	exam := a.study.Exam
	return a.gather(func(j *judged) []Incomparable {
		asked := exam.Of(j.Arm.Arm.ID) != nil
		switch {
		case exam != nil && !asked:
			return []Incomparable{{What: "quality", Why: a.whyNoExam(j)}}
		case j.QualityLoss.Known(), asked && !qualityPlanned(a.run):
			return nil
		case asked:
			return []Incomparable{{What: "perplexity", Why: "It was not measured: right answers to a task compare systems."}}
		case !qualityPlanned(a.run):
			return []Incomparable{{What: "quality", Why: "It was not measured: that arms answer equally well is nowhere said."}}
		}
		return []Incomparable{{What: "quality", Why: "It was not measured by the protocol of the others."}}
	})
}

// promptsApart is from where counts of the same prompts say that tokens are not the same.
const promptsApart = 0.01

// otherTokens compares what the same prompts come to by each system's own count.
func (a *analysis) otherTokens() []Incomparable {
	own, least, most := a.perSystem(func(m *measured) (float64, float64) {
		if m.counts.uncounted > 0 { // the client's own counts are those of the workload
			return 0, 0
		}
		return float64(m.counts.prompt), float64(m.OK)
	})
	if own == "" || most <= least*(1+promptsApart) {
		return nil
	}
	return []Incomparable{{What: "tokens per second, TPOT, ITL and prices per token",
		Why: fmt.Sprintf("The same prompts are %s, by each system's own count: its tokenizer or its template is another one. Requests per second, E2E and the cost of a request have no tokens in them.", own)}}
}

// otherLengths says how long answers were where nobody forced them to be equally long.
func (a *analysis) otherLengths() []Incomparable {
	own, least, most := a.perSystem(func(m *measured) (float64, float64) {
		return float64(m.counts.server), float64(m.OK)
	})
	if own == "" || most <= least*(1+promptsApart) {
		return nil
	}
	return []Incomparable{{What: "the work of a request",
		Why: fmt.Sprintf("Answers are as long as each system makes them, on average %s: E2E, goodput and the cost of a request are of what was answered, which is not the same work.", own)}}
}

// perSystem is a mean by system over the loads that all of them were measured at, in words, with the least and the most of them.
func (a *analysis) perSystem(of func(*measured) (sum, n float64)) (own string, least, most float64) {
	least = math.Inf(1)
	var means []string
	systems := map[string][]string{} // by their mean
	for _, system := range a.study.Systems.All {
		sum, n := 0.0, 0.0
		for i := range a.cells {
			if m := &a.cells[i]; slices.Contains(system.Arms, m.Arm) && a.commonToSystems(m.Load) {
				s, k := of(m)
				sum, n = sum+s, n+k
			}
		}
		if n == 0 || sum == 0 {
			continue
		}
		mean := words.Number(sum / n)
		if systems[mean] == nil {
			means = append(means, mean)
		}
		systems[mean] = append(systems[mean], systemName(&system))
		least, most = min(least, sum/n), max(most, sum/n)
	}
	var parts []string
	for _, mean := range means {
		parts = append(parts, mean+" tokens ("+words.List(systems[mean])+")")
	}
	return words.List(parts), least, most
}

// commonToSystems says whether every system that answered at all did so at a load, so that means are over the same requests.
func (a *analysis) commonToSystems(load string) bool {
	for _, system := range a.study.Systems.All {
		answered := func(at func(load string) bool) bool {
			return slices.ContainsFunc(a.cells, func(m measured) bool { return at(m.Load) && m.OK > 0 && slices.Contains(system.Arms, m.Arm) })
		}
		if answered(func(string) bool { return true }) && !answered(func(l string) bool { return l == load }) {
			return false
		}
	}
	return true
}

func systemName(s *System) string {
	if s.Kind == Engine {
		return s.Title
	}
	return s.Name
}

// ownCounts are arms whose server counts no tokens.
func (a *analysis) ownCounts() []Incomparable {
	return a.gather(func(j *judged) []Incomparable {
		estimated := 0
		for i := range a.cells {
			if m := &a.cells[i]; m.Arm == j.Arm.Arm.ID {
				estimated += m.counts.uncounted
			}
		}
		if j.Arm.Arm.Deployment == nil || estimated == 0 {
			return nil
		}
		return []Incomparable{{What: "token counts", Why: "The server gives none: they are the client's, by its own tokenizer."}}
	})
}

func (a *analysis) unknownOccupancy() []Incomparable {
	return a.gather(func(j *judged) []Incomparable {
		untold := func(m measured) bool { return m.Arm == j.Arm.Arm.ID && !m.Tells("running_ns") }
		if j.Arm.Arm.Deployment == nil || !slices.ContainsFunc(a.cells, untold) {
			return nil
		}
		return []Incomparable{{What: "Little's law", Why: "The server does not tell how much it had to do, so that its own account of it is not held against the client's."}}
	})
}

func (a *analysis) unknownCaches() []Incomparable {
	return a.gather(func(j *judged) []Incomparable {
		untold := func(m measured) bool { return m.Arm == j.Arm.Arm.ID && m.cacheless }
		if !slices.ContainsFunc(a.cells, untold) {
			return nil
		}
		return []Incomparable{{What: "the state of the cache", Why: "The server does not tell what it read from its prefix cache, if it has one: that the cache was as the loads declare is not known."}}
	})
}
