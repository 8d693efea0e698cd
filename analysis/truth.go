package analysis

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/loadgen/result"
)

// countTolerance is how far a server's count may be from the client's, relative to the latter, before it is worth a word:
// requests that failed half-way are counted by one and not by the other.
const countTolerance = 0.01

// Truth is what a system said of itself in the trials of a cell, beside what the client saw.
type Truth struct {
	Arm, Load string
	Trials    []string
	Counts    []Count
	Metrics   []Told   // further figures, as given
	Differs   []string // what the trials noted when they compared counts, one sentence each
}

// Count is one counter of a server beside the client's own sum of what it was told with the answers.
type Count struct {
	Name   string // "prompt tokens"
	Given  bool   // else nothing is known of the server's
	Server int64
	Client int64
	Heard  bool // the client knows it, too
}

// Agrees says whether both counts are the same, but for what requests that failed half-way may explain.
func (c Count) Agrees() bool {
	return math.Abs(float64(c.Server-c.Client)) <= countTolerance*float64(c.Client)
}

// Told is a figure as it was given in each trial.
type Told struct {
	Name   string
	Values []string
}

// Service is what answers of a server that the lab did not start said about the service.
type Service struct {
	Arm        string
	From, To   string // when its first trial started and its last one, UTC
	Region     string // as declared
	Models     []string
	Requests   int // that were answered or refused
	RequestIDs int
	Overloaded int
	RetryAfter int64            // the longest that was asked for, nanoseconds; 0 for none
	When       []string         // the time of day of each trial, where it says so
	Limits     []record.Setting // what trials noted of limits, one for each different word of them
	LeftOf     []record.Setting // "requests": "12 of 500": the least that was left
	Spent      money.Amount     // by the spend cap's own count, warm-up included; of no currency where nothing was counted
	least      [2][2]int        // requests and tokens: left and of how many, of the answer that left the least
}

// hearSystems collects what systems said.
func (a *analysis) hearSystems(s *Systems) error {
	services := map[string]*Service{}
	for i := range a.cells {
		m := &a.cells[i]
		arm := a.armByID(m.Arm).Arm.Arm
		if arm.Deployment == nil || len(m.Trials) == 0 {
			continue
		}
		t := Truth{Arm: m.Arm, Load: m.Load, Trials: m.Trials}
		sums := map[string]*Count{}
		for _, id := range m.Trials {
			trial := a.trial(id)
			if err := a.hear(trial, &t, sums, serviceOf(services, arm)); err != nil {
				return err
			}
		}
		t.settle(sums)
		s.Truths = append(s.Truths, t)
	}
	for _, arm := range a.run.Arms {
		if v := services[arm.ID]; v != nil {
			v.settle()
			s.Services = append(s.Services, *v)
		}
	}
	return nil
}

func serviceOf(all map[string]*Service, arm record.Arm) *Service {
	if arm.OnThisMachine() {
		return nil
	}
	if all[arm.ID] == nil {
		all[arm.ID] = &Service{Arm: arm.ID, Region: arm.Deployment.Region}
	}
	return all[arm.ID]
}

func (a *analysis) trial(id string) *record.Trial {
	for i := range a.set.Trials {
		if a.set.Trials[i].Key.ID == id {
			return &a.set.Trials[i]
		}
	}
	return nil
}

// hear adds a trial to what is known of its cell and, where that is not nil, of the service behind it.
func (a *analysis) hear(trial *record.Trial, t *Truth, sums map[string]*Count, service *Service) error {
	columns, err := a.set.Columns(trial.Key.ID)
	if columns == nil {
		return err
	}
	client := map[string]int64{}
	requests := group.AllOf(columns)
	for r := range requests.Summaries() {
		client["prompt_tokens"] += int64(r.PromptTokens)
		client["generated_tokens"] += int64(r.OutputTokens)
		client["prefix_hit_tokens"] += int64(r.CachedTokens)
		service.see(r)
	}
	if err := requests.Err(); err != nil {
		return err
	}
	for _, c := range compared {
		sum := sums[c.counter]
		if sum == nil {
			sum = &Count{Name: c.name, Given: true}
			sums[c.counter] = sum
		}
		sum.Given = sum.Given && trial.Server != nil && trial.Knows(c.counter) // nil is a server that said nothing
		sum.Client += client[c.counter]
		sum.Server += c.of(&trial.Engine)
	}
	if trial.Server != nil {
		t.note(trial.Server)
	}
	service.note(trial)
	return nil
}

// compared are the counters that the client has a sum of its own of.
var compared = []struct {
	counter, name string
	of            func(*record.Counters) int64
}{
	{"prompt_tokens", "prompt tokens", func(e *record.Counters) int64 { return e.PromptTokens }},
	{"generated_tokens", "generated tokens", func(e *record.Counters) int64 { return e.GeneratedTokens }},
	{"prefix_hit_tokens", "tokens from the prefix cache", func(e *record.Counters) int64 { return e.PrefixHitTokens }},
}

// settle orders the counts. A client that was told of no token of a kind does not know whether there was one.
func (t *Truth) settle(sums map[string]*Count) {
	for _, c := range compared {
		if sum := sums[c.counter]; sum != nil {
			sum.Heard = sum.Client > 0
			t.Counts = append(t.Counts, *sum)
		}
	}
}

func (t *Truth) note(s *record.Server) {
	t.Differs = append(t.Differs, s.Differs...)
	for _, m := range s.Metrics {
		i := slices.IndexFunc(t.Metrics, func(x Told) bool { return x.Name == m.Name })
		if i < 0 {
			t.Metrics, i = append(t.Metrics, Told{Name: m.Name}), len(t.Metrics)
		}
		t.Metrics[i].Values = append(t.Metrics[i].Values, m.Value)
	}
}

// see notes what an answer said of the service. A limit of 0 is one that was not told.
func (s *Service) see(r *result.Request) {
	if s == nil {
		return
	}
	s.Requests++
	if r.RequestID != "" {
		s.RequestIDs++
	}
	if r.Outcome == result.Overloaded {
		s.Overloaded++
	}
	s.RetryAfter = max(s.RetryAfter, r.RetryAfter)
	s.model(r.Model)
	for i, l := range [2][2]int{{r.LeftRequests, r.LimitRequests}, {r.LeftTokens, r.LimitTokens}} {
		if least := &s.least[i]; l[1] > 0 && (least[1] == 0 || l[0] < least[0]) {
			*least = l
		}
	}
}

func (s *Service) model(name string) {
	if name != "" && !slices.Contains(s.Models, name) {
		s.Models = append(s.Models, name)
	}
}

func (s *Service) note(trial *record.Trial) {
	if s == nil {
		return
	}
	if at, err := time.Parse(time.RFC3339Nano, trial.Started); err == nil {
		text := at.UTC().Format("2006-01-02 15:04") // sorts as it reads
		s.From, s.To = min(cmp.Or(s.From, text), text), max(s.To, text)
	}
	if trial.Server == nil {
		return
	}
	for _, m := range trial.Server.Models {
		s.model(m)
	}
	for _, l := range trial.Server.Limits {
		if !slices.Contains(s.Limits, l) {
			s.Limits = append(s.Limits, l)
		}
	}
	if w := trial.Server.When; w != "" && !slices.Contains(s.When, w) {
		s.When = append(s.When, w)
	}
	currency, text, _ := strings.Cut(trial.Server.Spent, " ")
	if spent, err := money.Parse(text, currency); err == nil && money.Same(spent.Currency(), cmp.Or(s.Spent.Currency(), currency)) == nil {
		s.Spent = s.Spent.Add(spent)
	}
}

// settle words the least that was left.
func (s *Service) settle() {
	for i, what := range []string{"requests", "tokens"} {
		if l := s.least[i]; l[1] > 0 {
			s.LeftOf = append(s.LeftOf, record.Setting{Name: what, Value: fmt.Sprintf("%d of %d", l[0], l[1])})
		}
	}
}
