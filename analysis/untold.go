package analysis

import (
	"math"
	"slices"

	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/record"
)

// counters are those that a cell's figures are made of, by their JSON names.
var counters = []string{"busy_ns", "prompt_tokens", "prefix_hit_tokens", "generated_tokens", "drafts", "draft_tokens", "accepted_tokens", "accepted_at", "preemptions", "evictions", "running_ns"}

// untold are the counters that some trial of a cell has no word of. What is not told is not 0.
func untold(c *group.Cell) (names []string) {
	for _, name := range counters {
		if slices.ContainsFunc(c.Trials, func(t group.Trial) bool { return !knows(c.Arm, &t.Trial, name) }) {
			names = append(names, name)
		}
	}
	return names
}

// knows says whether a trial has a counter. A server that said nothing of itself gave none.
func knows(arm record.Arm, t *record.Trial, counter string) bool {
	return (arm.Deployment == nil || t.Server != nil) && t.Knows(counter)
}

// Tells says whether the system under test gave all of these counters.
func (c *Cell) Tells(counters ...string) bool {
	return !slices.ContainsFunc(counters, func(name string) bool { return slices.Contains(c.Untold, name) })
}

// leaveOutUntold takes back what was computed of counters that nobody gave.
func (m *measured) leaveOutUntold(c *group.Cell) {
	m.Untold = untold(c)
	for _, v := range []struct {
		of    *Value
		needs []string
	}{
		{&m.BusyPerRequest, []string{"busy_ns"}},
		{&m.Acceptance, []string{"drafts", "draft_tokens", "accepted_tokens"}},
		{&m.AcceptanceRate, []string{"draft_tokens", "accepted_tokens"}},
		{&m.PrefixHits, []string{"prompt_tokens", "prefix_hit_tokens"}},
	} {
		if !m.Tells(v.needs...) {
			*v.of = Value{Unit: v.of.Unit, Note: NotGiven}
		}
	}
	if !m.Tells("accepted_at") { // how accepted lengths spread follows from it
		m.Acceptance.Low, m.Acceptance.High = math.Inf(-1), math.Inf(1)
		m.AcceptanceRate.Low, m.AcceptanceRate.High = math.Inf(-1), math.Inf(1)
	}
}

// ofThisEngine says whether an arm is the included engine, whose busy time is comparable with no other system's.
func ofThisEngine(arm record.Arm) bool { return arm.Deployment == nil }
