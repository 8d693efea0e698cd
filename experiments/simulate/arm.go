package simulate

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/sched"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/sweep"
	"github.com/assaylab/assay/loadgen/result"
)

// Arm is what a run directory tells of one of its arms.
type Arm struct {
	Record   record.Arm
	Settings scenario.Settings
	Engine   Engine
	Model    *StepModel // Engine.Step
	Traffic  Traffic    // lengths of its requests at all loads, as recorded; Lab.Load takes those of some
	Limits   []record.SLO
	Longest  int // sequence that the step model was fitted to, in tokens
	Checked  *Validation

	passages map[int][]Passage // by trial
}

// alike are the settings that what a step takes depends on, for one model and machine. Arms that have them alike are fitted
// together: the others say what steps there are, not what one takes.
var alike = []string{"quantization", "threads", "kv_format", "k_format", "v_format", "k_per_channel", "kv_rotation", "kv_layout", "block_size"}

// LoadArm reads a run directory, fits one of its arms, by name or id, and replays the arm's trials to see how far predictions
// are off; an empty name is the only arm. The lengths are those of all its loads together: where these differ, Open, Lab.Arm and
// Lab.Load take those of one kind.
func LoadArm(dir, arm string, seed uint64) (*Arm, error) {
	l, err := Open(dir)
	if err != nil {
		return nil, err
	}
	a, err := l.Arm(arm)
	if err != nil {
		return nil, err
	}
	a.Checked, err = l.Validate(a.Record.ID, seed)
	return a, err
}

// Planner answers for the arm, with the lengths and limits of its run.
func (a *Arm) Planner(seed uint64) *Planner {
	return &Planner{Engine: a.Engine, Traffic: a.Traffic, Limits: a.Limits, Seed: seed, Longest: a.Longest, Checked: a.Checked}
}

// Fixed are the settings that a step model is fitted to: with another value of one of these, it says nothing.
func Fixed() []string { return slices.Clone(alike) }

// Lab is a run directory whose steps and requests are read.
type Lab struct {
	set    *record.Set
	trials map[string]*trialData // by id, of those that can be used
	why    map[string]string     // of the others

	// Progress, which may be nil, is told before each trial that Validate replays; an error ends it.
	Progress func(done, all int) error
}

// trialData is what is kept of a trial.
type trialData struct {
	trial    *record.Trial
	arm      *record.Arm
	load     *record.Load
	requests []result.Request // in the order in which they were due
	seen     *Observation
	blocks   int // of the cache
}

// Open reads the steps and requests of a run's trials.
func Open(dir string) (*Lab, error) {
	set, err := record.Read(dir)
	if err != nil {
		return nil, err
	}
	l := &Lab{set: set, trials: map[string]*trialData{}, why: map[string]string{}}
	for i := range set.Trials {
		t := &set.Trials[i]
		data, why, err := l.read(t)
		if err != nil {
			return nil, err
		}
		if l.why[t.Key.ID] = why; why == "" {
			l.trials[t.Key.ID] = data
		}
	}
	if len(l.trials) == 0 {
		return nil, fmt.Errorf("%s: none of %d trials can be simulated: %s", dir, len(set.Trials), l.commonReason())
	}
	return l, nil
}

// commonReason is why the first trial cannot be used.
func (l *Lab) commonReason() string {
	for i := range l.set.Trials {
		if why := l.why[l.set.Trials[i].Key.ID]; why != "" {
			return why
		}
	}
	return "there is none; run the scenario with trace_steps = true in [engine]"
}

// read reads one trial, or says why it cannot be used.
func (l *Lab) read(t *record.Trial) (*trialData, string, error) {
	d := &trialData{trial: t, arm: find(l.set.Run.Arms, func(a *record.Arm) bool { return a.ID == t.Key.Arm }),
		load: find(l.set.Run.Loads, func(x *record.Load) bool { return x.ID == t.Key.Load })}
	switch {
	case t.Status != record.StatusOK:
		return nil, "the trial failed: " + t.Reason, nil
	case d.arm == nil || d.load == nil:
		return nil, "run.json has no such arm or load", nil
	}
	steps, err := l.set.Steps(t.Key.ID)
	if err != nil {
		return nil, "", err
	}
	if d.requests, err = l.set.Requests(t.Key.ID); err != nil {
		return nil, "", err
	}
	slices.SortFunc(d.requests, func(a, b result.Request) int { return int(min(1, max(-1, a.Intended-b.Intended))) })
	seen, err := Observe(steps, d.requests, atOnce(d.arm))
	if err != nil {
		return nil, err.Error(), nil
	}
	d.seen = seen
	for i := range seen.Steps {
		seen.Steps[i].Trial = t.Order
	}
	first := steps.Steps[0]
	d.blocks = first.Free + first.Cached + first.Held
	if settings, err := settingsOf(d.arm); err == nil && t.WindowNS > 0 {
		d.seen.Occupancy = float64(t.Engine.RunningNS) / float64(t.WindowNS) / float64(settings.MaxBatch)
		d.seen.withoutBatchWait(settings.Options)
	}
	return d, "", nil
}

// atOnce is how many sequences have to wait for the next step to follow at once where none goes on.
func atOnce(a *record.Arm) int {
	s, err := settingsOf(a)
	if p := sched.Policy(s.Batching); err == nil && (p == sched.Static || p == sched.Dynamic) {
		return s.MaxBatch
	}
	return 1
}

// withoutBatchWait takes the time that a batch was waited for out of what requests took on their way: of those that
// opened a batch, which waited for all of it. What the others took is not known.
func (o *Observation) withoutBatchWait(s engine.Options) {
	if p := sched.Policy(s.Batching); p != sched.Static && p != sched.Dynamic {
		return
	}
	for i := range o.Overhead {
		if in := &o.Overhead[i].In; *in >= 0 {
			*in = max(-1, *in-int64(s.BatchWait))
		}
	}
}

func find[T any](all []T, is func(*T) bool) *T {
	for i := range all {
		if is(&all[i]) {
			return &all[i]
		}
	}
	return nil
}

// Arms are the names of the arms that can be simulated, in the run's order.
func (l *Lab) Arms() (names []string) {
	for _, a := range l.set.Run.Arms {
		for _, d := range l.trials {
			if d.arm.ID == a.ID {
				names = append(names, a.Name)
				break
			}
		}
	}
	return names
}

// Load has an arm's traffic be as it was recorded at the loads of which the name contains this, all of them where it is empty, and
// returns their rates, rising; closed loops have none. Loads whose lengths are drawn otherwise are not mixed.
func (l *Lab) Load(a *Arm, name string) (rates []float64, err error) {
	a.Traffic.Recorded = nil
	kinds := map[string]bool{}
	var names []string
	for _, t := range l.set.Trials {
		d := l.trials[t.Key.ID]
		if d == nil || d.arm.ID != a.Record.ID {
			continue
		}
		names = append(names, d.load.Name)
		if !strings.Contains(d.load.Name, name) {
			continue
		}
		kinds[d.load.PromptTokens+", "+d.load.OutputTokens] = true
		a.Traffic.Recorded = append(a.Traffic.Recorded, lengths(d.requests)...)
		if d.load.Rate > 0 && !slices.Contains(rates, d.load.Rate) {
			rates = append(rates, d.load.Rate)
		}
	}
	slices.Sort(names)
	if len(kinds) != 1 {
		return nil, fmt.Errorf("%s: load %q of arm %q has %d kinds of lengths, expected a part of a name that tells one, of %q", l.set.Dir, name, a.Record.Name, len(kinds), slices.Compact(names))
	}
	slices.Sort(rates)
	return rates, nil
}

// find returns the arm with that name, id, or part of a name that no other has; empty is the only one.
func (l *Lab) find(name string) (*record.Arm, error) {
	names := l.Arms()
	if name == "" && len(names) == 1 {
		name = names[0]
	}
	var part []*record.Arm
	for i := range l.set.Run.Arms {
		a := &l.set.Run.Arms[i]
		switch {
		case a.Name == name || a.ID == name:
			return a, nil
		case name != "" && strings.Contains(a.Name, name):
			part = append(part, a)
		}
	}
	if len(part) == 1 {
		return part[0], nil
	}
	return nil, fmt.Errorf("%s: arm %q, expected one of %q", l.set.Dir, name, names)
}

// Arm fits an arm's step model and overhead to all that the run measured with its steps' settings.
func (l *Lab) Arm(name string) (*Arm, error) {
	a, err := l.find(name)
	if err != nil {
		return nil, err
	}
	return l.arm(a)
}

// arm fits without the trials whose ids are given.
func (l *Lab) arm(a *record.Arm, without ...string) (*Arm, error) {
	settings, err := settingsOf(a)
	if err != nil {
		return nil, fmt.Errorf("%s: arm %q: %w", l.set.Dir, a.Name, err)
	}
	out := &Arm{Record: *a, Settings: settings, Limits: l.set.Run.SLOs, passages: map[int][]Passage{}}
	var steps []Observed
	var passages []Passage
	blocks := 0
	for _, t := range l.set.Trials {
		d := l.trials[t.Key.ID]
		if d == nil || slices.Contains(without, t.Key.ID) || !l.same(a, d.arm) {
			continue
		}
		out.Longest = max(out.Longest, longest(d.requests))
		steps, passages = append(steps, d.seen.Steps...), append(passages, d.seen.Overhead...)
		out.passages[t.Order] = d.seen.Overhead
		if d.arm.ID == a.ID {
			blocks = d.blocks
			out.Traffic.Recorded = append(out.Traffic.Recorded, lengths(d.requests)...)
		}
	}
	if out.Model, err = Fit(steps); err != nil {
		return nil, fmt.Errorf("%s: arm %q: %w", l.set.Dir, a.Name, err)
	}
	if len(without) > 0 && blocks == 0 {
		blocks = l.trials[without[0]].blocks
	}
	out.Engine, err = EngineOf(settings, blocks)
	if err != nil {
		return nil, fmt.Errorf("%s: arm %q: %w", l.set.Dir, a.Name, err)
	}
	out.Engine.Name, out.Engine.Step, out.Engine.Overhead, out.Engine.Noise = a.Name, out.Model, OverheadOf(passages), true
	return out, nil
}

// same reports whether steps of two arms take the same for the same work.
func (l *Lab) same(a, b *record.Arm) bool {
	for _, name := range alike {
		if value(a, name) != value(b, name) {
			return false
		}
	}
	return true
}

func value(a *record.Arm, name string) string {
	for _, s := range a.Settings {
		if s.Name == name {
			return s.Value
		}
	}
	return ""
}

// lengths are those that requests had, as the server counted.
func lengths(requests []result.Request) (pairs []Pair) {
	for i := range requests {
		if r := &requests[i]; !metric.Failed(r) {
			pairs = append(pairs, Pair{metric.PromptTokens(r), metric.OutputTokens(r)})
		}
	}
	return pairs
}

// settingsOf reads an arm's settings.
func settingsOf(a *record.Arm) (scenario.Settings, error) {
	if len(a.Settings) == 0 || a.Deployment != nil {
		return scenario.Settings{}, errors.New("it has no settings: expected an arm of the included engine, whose scheduler is simulated")
	}
	return sweep.ParseSettings(a.Settings)
}

// EngineOf is the replica that settings ask for, with a cache of so many blocks where they leave that to the model.
func EngineOf(s scenario.Settings, blocks int) (Engine, error) {
	switch {
	case s.Drafts():
		return Engine{}, errors.New("it drafts tokens: how many stand depends on the text, which is not simulated")
	case s.MaxTTFT > 0:
		return Engine{}, fmt.Errorf("max_ttft is %v: what an engine refuses for it is not simulated, expected 0s", s.MaxTTFT)
	}
	o := s.Options
	o.DraftLength = 0
	c, err := o.Scheduling(false)
	if err != nil {
		return Engine{}, err
	}
	if s.KVTokens > 0 {
		blocks = s.KVTokens / s.BlockSize
	}
	cache := kvcache.Config{Blocks: blocks, BlockSize: s.BlockSize, Index: s.PrefixCache, Eviction: s.Eviction}
	if s.KVLayout == "contiguous" && s.Context > 0 {
		cache.SlotBlocks = (s.Context + s.BlockSize - 1) / s.BlockSize
		cache.Blocks = min(s.MaxBatch, blocks/cache.SlotBlocks) * cache.SlotBlocks
	}
	e := Engine{Sched: c, Cache: cache, Context: s.Context, MaxQueue: s.MaxQueue, MaxQueuedTokens: s.MaxQueuedTokens}
	e.Step = &StepModel{}
	err = e.Validate()
	e.Step = nil
	return e, err
}
