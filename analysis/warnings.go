package analysis

import (
	"fmt"
	"math"
	"slices"

	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/internal/words"
	"github.com/assaylab/assay/analysis/record"
)

// enoughRepetitions is from where the spread between runs can be judged at all.
const enoughRepetitions = 5

// miscountTolerance is how far the server's token count may be from the messages'
// before it is worth a word: an end-of-text token per reply is within it.
const miscountTolerance = 0.05

// warn lists what weakens every conclusion.
func (a *analysis) warn() {
	a.warnUnfinished()
	a.warnInvalid()
	a.warnConditions()
	a.warnTokens()
	a.warnShape()
	a.warnSearches()
	a.warnOverTime()
	a.doubtPrices()
	a.study.Warnings = append(a.study.Warnings, a.unchecked...)
}

func (a *analysis) say(format string, args ...any) {
	a.study.Warnings = append(a.study.Warnings, fmt.Sprintf(format, args...))
}

func (a *analysis) warnUnfinished() {
	s := a.study
	if s.Finished < s.Planned {
		a.say("The run is not finished: %d of %s have a record, and the conclusions are drawn from those.", s.Finished, words.Count(s.Planned, "trial"))
	}
	if n := len(s.Failed); n > 0 {
		a.say("%s failed and left no measurements.", words.Count(n, "trial"))
	}
	if n := len(group.Strays(a.set)); n > 0 {
		a.say("%s of an arm or a load that run.json does not list were left out.", words.Count(n, "trial"))
	}
	if missing := a.count((*judged).unjudged) - a.count((*judged).unbounded); missing > 0 {
		a.say("Quality is not measured for %s, which therefore cannot be recommended.", words.Count(missing, "arm"))
	}
	if n := a.count((*judged).unbounded); n > 0 {
		a.say("Quality of %s has no bound that it could be held against, which therefore cannot be recommended.", words.Count(n, "arm"))
	}
	switch {
	case a.qualityBounded():
	case a.study.Exam != nil:
		a.say("Quality is compared by tasks alone, and no bound is held against it: the choice is by latency and cost, among arms that answered them.")
	default:
		a.say("Quality is not part of this run: arms are compared by latency and cost alone.")
	}
}

// warnInvalid says what could not win because it was not measured validly: what wins has beaten the others alone.
func (a *analysis) warnInvalid() {
	bad := 0
	for i := range a.cells {
		if !a.cells[i].Valid {
			bad++
		}
	}
	if bad == 0 {
		return
	}
	var arms []string
	for i := range a.arms {
		if a.arms[i].standing() == invalid {
			arms = append(arms, a.arms[i].Arm.Arm.Name)
		}
	}
	a.say("%d of %s are not valid measurements.%s", bad, words.Count(len(a.cells), "cell"), outOfTheChoice(arms))
}

// outOfTheChoice names arms without a valid cell, "" for none.
func outOfTheChoice(arms []string) string {
	const named = 4
	n := len(arms)
	switch {
	case n == 0:
		return ""
	case n > named:
		arms = append(arms[:named-1], fmt.Sprintf("%d more", n-named+1))
	}
	return fmt.Sprintf(" %s without a valid one took no part in the choice: %s.", words.Count(n, "arm"), words.List(arms))
}

func (a *analysis) count(is func(*judged) bool) (n int) {
	for i := range a.arms {
		n += rank(is(&a.arms[i]))
	}
	return n
}

func (a *analysis) warnConditions() {
	for _, noise := range a.run.Host.Noise {
		a.say("The machine was not quiet: %s.", noise)
	}
	if slices.ContainsFunc(a.set.Trials, func(t record.Trial) bool { return t.Lab.Shared }) {
		a.say("The load generator and the engine shared cores, so latencies include its work.")
	}
	if r := a.run.Repetitions; r > 0 && r < enoughRepetitions && len(a.run.Searches) == 0 {
		a.say("%s per cell: intervals hold for this run, and how much the next run would differ is not in them (%d repetitions or more would show it).",
			words.Count(r, "repetition"), enoughRepetitions)
	}
	if len(a.run.SLOs) == 0 && !slices.ContainsFunc(a.run.Loads, func(l record.Load) bool { return len(a.run.LimitsOf(l).All()) > 0 }) {
		a.say("No limits are set: every valid load counts as held.")
	}
	if a.study.Front.Load != "" && !slices.ContainsFunc(a.arms, func(j judged) bool { return j.OnFront }) {
		a.say("No front can be drawn: no arm has quality, p95 latency at %s and cost all known.", loadName(a.run, a.study.Front.Load))
	}
}

func (a *analysis) warnTokens() {
	a.warnRepeats()
	m := a.counts
	if m.uncounted > 0 {
		a.say("%s came without token counts from the server: theirs are the client's own.", words.Count(m.uncounted, "response"))
	}
	if m.divided > 0 {
		a.say("Of %s the server counts the tokens as a whole: how many each message has is the client's estimate, which TPOT and ITL are of.", words.Count(m.divided, "response"))
	}
	if m.server > 0 && math.Abs(float64(m.streamed-m.server)) > miscountTolerance*float64(m.server) {
		a.say("The server counts %s, the messages carried %d: per-token figures use the server's count.",
			words.Count(m.server, "output token"), m.streamed)
	}
}

// warnShape names arms whose verdicts do not worsen with the rate.
func (a *analysis) warnShape() {
	for i := range a.arms {
		j := &a.arms[i]
		if len(j.Boundaries) > 0 {
			continue // warnSearches has a better test
		}
		top := lastMet(j.rungs)
		for _, r := range j.rungs[:max(top, 0)] {
			if r.valid() && r.verdict() == Missed {
				a.say("%s misses a limit at %s and meets it at %s: its capacity is not a clean edge.",
					j.Arm.Arm.Name, perSecond(r.rate()), perSecond(j.Capacity.Rate))
				break
			}
		}
	}
}
