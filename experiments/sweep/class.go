package sweep

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/scenario"
)

// describe adds what a load's requests ask to its record, where that is more than lengths and a text.
func describe(r *record.Load, w scenario.Workload) {
	r.Forced, r.Cache, r.CachedShare = w.IgnoreEOS, w.Cache, w.CachedShare
	if len(w.Classes) == 0 {
		if own := w.Streams()[0]; own.Corpus.File != "" {
			r.Corpus = own.Corpus.File
			r.PromptTokens, r.OutputTokens = own.Rows().Describe()
		}
		r.Team = w.Team
		return
	}
	r.PromptTokens, r.OutputTokens, r.SharedPrefix, r.Conversation = "", "", "", ""
	for _, c := range w.Classes {
		r.Classes = append(r.Classes, class(c))
	}
}

func class(c scenario.Class) record.Class {
	r := record.Class{Name: c.Name, Weight: c.Weight, Team: c.Team, Priority: c.Priority, PromptTokens: c.PromptTokens.String(),
		OutputTokens: c.OutputTokens.String(), Corpus: c.Corpus.File, SharedPrefix: c.SharedPrefix.String(), Conversation: c.Conversation.String(), SLOs: slos(c.SLO)}
	if c.Corpus.File != "" {
		r.PromptTokens, r.OutputTokens = c.Rows().Describe()
	}
	return r
}

// Limits are those of a load.
func (m *Matrix) Limits(l Load) record.Limits {
	run := record.Run{SLOs: slos(m.Scenario.SLO)}
	return run.LimitsOf(l.Record)
}

func slos(s scenario.SLO) (all []record.SLO) {
	for _, l := range s.Limits {
		all = append(all, record.SLO{Metric: l.Metric, Percentile: l.Percentile, LimitNS: int64(l.Limit), Origin: l.Origin, Rule: rule(s.Rule)})
	}
	return all
}

// shared names the share of prompts that is an axis.
func shared(w scenario.Workload) string {
	if w.SharedPrefix.Shares == nil {
		return ""
	}
	return fmt.Sprintf(", %s %% shared", strconv.FormatFloat(100*w.SharedPrefix.Shares[0], 'f', -1, 64))
}

// more are the parts of a load's id that loads of earlier versions did not have.
func more(w scenario.Workload) (parts []any) {
	if w.Corpus.File != "" {
		parts = append(parts, w.Corpus)
	}
	if w.Team != "" || w.Priority != 0 {
		parts = append(parts, w.Team, w.Priority)
	}
	if len(w.Classes) > 0 {
		classes := slices.Clone(w.Classes)
		for i := range classes {
			classes[i].SLO = scenario.SLO{} // what is expected of answers changes no request
		}
		parts = append(parts, classes)
	}
	if w.Cache != scenario.Cold {
		parts = append(parts, w.Cache, w.CachedShare)
	}
	return parts
}
