package analysis

import (
	"maps"
	"slices"

	"github.com/assaylab/assay/analysis/internal/words"
	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/loadgen/result"
)

// ClassResult is how the requests of one class of a load fared.
type ClassResult struct {
	Name       string
	Team       string // "" for nobody's
	Issued, OK int
	Outcomes   map[string]int
	Metrics    []Percentiles         // as Cell.Metrics
	CDF        map[string][]CDFPoint // as Cell.CDF
	SLOs       []SLOResult           // by its own limits, or by those of the run
	Verdict    Verdict               // the worst of SLOs
	Attainment Value                 // share of issued requests that meet all of its limits
}

// Percentile looks one up.
func (k *ClassResult) Percentile(metric string, p float64) (PercentileValue, bool) {
	return (&Cell{Metrics: k.Metrics}).Percentile(metric, p)
}

// TeamUse is what one team's requests were and took, over all repetitions.
type TeamUse struct {
	Team         string // "" for requests of no team, where others have one
	Requests, OK int
	Outcomes     map[string]int
	PromptTokens int64 // of answered requests, by the server's count where it gives one
	CachedTokens int64 // of these, read from the prefix cache
	OutputTokens int64 // of all requests
}

// CacheUse is what a cell's server read from its prefix cache.
type CacheUse struct {
	State     string // as the load declares it, "" where it is not known
	Prompt    int64  // prompt tokens
	Read      int64  // of these, from the cache
	Shareable int64  // the most that the trial's own requests explain
	Repeated  int    // prompts that repeat earlier ones, as the corpus was used up
	Known     bool   // the server counts what it reads
}

// classFare counts what becomes of a class.
type classFare struct {
	*ClassResult
	ended names
	met   metric.Tally // all of its limits together
}

// fare notes what became of a request in its class.
func (s *survey) fare(r *result.Request, judged metric.Judgement) {
	if len(s.class) == 0 {
		return
	}
	k := s.class[r.Class]
	if k == nil {
		return
	}
	k.Issued++
	k.ended.add(r.Outcome)
	if r.Outcome == result.OK {
		k.OK++
	}
	k.met.Add(judged)
}

// teamUse counts what a team uses.
type teamUse struct {
	TeamUse
	ended names
}

// of is what a team's use is counted in.
func (s *survey) of(team string) *teamUse {
	if s.user != nil && s.user.Team == team {
		return s.user
	}
	if s.user = s.team[team]; s.user == nil {
		counts := map[string]int{}
		s.user = &teamUse{TeamUse{Team: team, Outcomes: counts}, names{counts: counts}}
		s.team[team] = s.user
	}
	return s.user
}

// use adds what a request took to what its team's took.
func (s *survey) use(r *result.Request) {
	u := s.of(r.Team)
	u.Requests++
	u.ended.add(r.Outcome)
	u.OutputTokens += int64(metric.OutputTokens(r))
	if r.Outcome == result.OK {
		u.OK++
		u.PromptTokens += int64(metric.PromptTokens(r))
		u.CachedTokens += int64(cachedPrompt(r))
	}
}

// teams are what each one's requests took; nil where none has a team.
func (s *survey) teams() []TeamUse {
	if len(s.team) == 0 || len(s.team) == 1 && s.team[""] != nil {
		return nil
	}
	var out []TeamUse
	for _, name := range slices.Sorted(maps.Keys(s.team)) {
		out = append(out, s.team[name].TeamUse)
	}
	return out
}

func (s *survey) cacheUse() CacheUse {
	u := CacheUse{State: s.cell.Load.Cache}
	for i, t := range s.cell.Trials {
		n := s.cache[i].Count(t)
		u.Prompt, u.Read, u.Shareable = u.Prompt+n.Prompt, u.Read+n.Read, u.Shareable+n.Shareable
		u.Repeated += t.Repeated
		u.Known = u.Known || n.Known
	}
	return u
}

// warnRepeats says where a corpus was used up.
func (a *analysis) warnRepeats() {
	repeated, of := 0, 0
	for _, m := range a.cells {
		repeated, of = repeated+m.Cache.Repeated, of+m.Issued
	}
	if repeated > 0 {
		a.say("%s of %d repeat earlier ones of the run: the corpus was used up, and a prefix cache finds what it should not.", words.Count(repeated, "prompt"), of)
	}
}

// against words a class's figures beside its limits.
func (k *ClassResult) against(slos []record.SLO) string {
	m := &measured{Cell: Cell{Metrics: k.Metrics}}
	var parts []string
	for _, s := range slos {
		parts = append(parts, against(m, s))
	}
	return words.List(parts) + " of " + k.Name
}

func loadOf(run *record.Run, id string) record.Load {
	for _, l := range run.Loads {
		if l.ID == id {
			return l
		}
	}
	return record.Load{}
}
