package recordtest

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/loadgen/result"
)

// Write makes the run directory dir. The same plan gives the same files.
func Write(dir string, p Plan) error {
	run := p.Run()
	order := p.keys(&run)
	if p.EditRun != nil {
		p.EditRun(&run)
	}
	for _, sub := range []string{record.TrialsDir, record.QualityDir} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return err
		}
	}
	if err := record.WriteJSON(filepath.Join(dir, record.RunFile), run); err != nil {
		return err
	}
	for i, k := range order {
		if err := p.writeTrial(dir, i, k); err != nil {
			return err
		}
	}
	return p.writeQuality(dir)
}

// Run is the run.json of the plan, before EditRun.
func (p Plan) Run() record.Run {
	run := record.Run{
		Format: record.FormatVersion, Name: "synthetic", Created: "2026-01-01T00:00:00Z",
		Build:       record.Build{Version: "test", Go: "test"},
		Host:        record.Host{OS: "linux", Arch: "amd64", CPU: "made-up CPU", Cores: 2, Kernels: "generic", Fingerprint: "synthetic"},
		Seed:        p.Seed,
		Repetitions: p.Repetitions,
		SLOs:        p.SLOs,
		Cost:        record.CostPlan{Currency: "USD", PricePerHour: p.Price, Utilisation: p.Utilisation, Source: "made up"},
		Unmeasured:  p.Unmeasured,
		Notes:       []string{"Synthetic data made by a formula for tests: nothing was measured."},
	}
	for _, r := range p.Rates {
		run.Loads = append(run.Loads, record.Load{ID: LoadID(r), Name: fmt.Sprintf("poisson %g/s", r), Arrival: "poisson", Rate: r,
			Requests: p.Requests, PromptTokens: "uniform 16..48", OutputTokens: "uniform 8..24"})
	}
	if p.Windows > 0 {
		run.Quality = record.QualityPlan{Protocol: "windows", Windows: p.Windows, Length: p.Length, Bound: p.Bound,
			ReferenceID: p.Arms[0].QualityID, Reference: "the first arm"}
	}
	for _, a := range p.Arms {
		run.Arms = append(run.Arms, p.arm(a))
		if a.Answers != "" {
			run.Tasks = []record.TaskPlan{{Kind: "letters", Source: "questions.jsonl", Least: p.Least}}
		}
	}
	run.Axes = p.axes()
	for rep := range p.Repetitions {
		for _, a := range p.Arms {
			for _, r := range p.Rates {
				run.Order = append(run.Order, key(a.ID, LoadID(r), rep))
			}
		}
	}
	return run
}

func (p Plan) arm(a Arm) record.Arm {
	arm := record.Arm{ID: a.ID, Name: a.ID, Settings: a.Swept, Swept: a.Swept, Command: "assay serve --made-up " + a.ID, TOML: "[engine]\n", Deployment: a.Deployment}
	if a.Answers != "" {
		arm.TasksID = a.tasksID()
	}
	if a.Deployment != nil {
		arm.Command, arm.TOML = a.command(), ""
	}
	if p.Windows > 0 {
		arm.QualityID = a.QualityID
	}
	return arm
}

// axes are what arms of the included engine sweep.
func (p Plan) axes() (axes []record.Axis) {
	for _, a := range p.Arms {
		if a.Deployment != nil {
			continue
		}
		for _, s := range a.Swept {
			i := slices.IndexFunc(axes, func(x record.Axis) bool { return x.Name == s.Name })
			if i < 0 {
				i, axes = len(axes), append(axes, record.Axis{Name: s.Name})
			}
			axes[i].Values = appendNew(axes[i].Values, s.Value)
		}
	}
	return axes
}

func appendNew(list []string, v string) []string {
	for _, x := range list {
		if x == v {
			return list
		}
	}
	return append(list, v)
}

func key(arm, load string, repetition int) record.TrialKey {
	return record.TrialKey{ID: fmt.Sprintf("%s.%s.%d", arm, load, repetition), Arm: arm, Load: load, Repetition: repetition}
}

func (p Plan) keys(run *record.Run) []record.TrialKey {
	keys := run.Order[:len(run.Order):len(run.Order)]
	for k := range p.Unprofiled {
		keys = append(keys, key(p.Arms[0].ID, LoadID(p.Rates[0]), record.Unprofiled+k))
	}
	if p.Confirm != "" {
		keys = append(keys, key(p.Confirm, p.ConfirmLoad, record.Confirmation))
	}
	if p.DoubleLab {
		keys = append(keys, key(p.Confirm, p.ConfirmLoad, record.DoubleLab))
	}
	return keys
}

func (p Plan) writeTrial(dir string, order int, k record.TrialKey) error {
	t, requests, err := p.trial(order, k)
	if err != nil {
		return err
	}
	t.Profile = p.profile(k)
	if p.Edit != nil && !p.Edit(&t, requests) {
		return nil
	}
	at := filepath.Join(dir, record.TrialsDir, k.ID)
	if err := os.MkdirAll(at, 0o755); err != nil {
		return err
	}
	if err := p.writeProfile(at, &t); err != nil {
		return err
	}
	w, err := result.Create(filepath.Join(at, record.RequestsFile), filepath.Join(at, record.EventsFile))
	if err != nil {
		return err
	}
	for _, r := range requests {
		if err := w.Append(r); err != nil {
			return errors.Join(err, w.Close())
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return record.WriteJSON(filepath.Join(at, record.RecordFile), t)
}

// trial makes up one trial. The schedule and the lengths come from the load and the
// repetition alone, so that every arm answers the same requests.
func (p Plan) trial(order int, k record.TrialKey) (record.Trial, []result.Request, error) {
	var arm *Arm
	for i := range p.Arms {
		if p.Arms[i].ID == k.Arm {
			arm = &p.Arms[i]
		}
	}
	rate := 0.0
	for _, r := range p.Rates {
		if LoadID(r) == k.Load {
			rate = r
		}
	}
	if arm == nil || rate == 0 {
		return record.Trial{}, nil, fmt.Errorf("recordtest: the plan has no arm %q with load %q", k.Arm, k.Load)
	}
	draw := order
	if k.Repetition == record.DoubleLab { // the confirming trial once more, to the nanosecond
		draw--
	}
	schedule := rand.New(rand.NewPCG(p.Seed, uint64(rate*1000)+uint64(k.Draws())<<32))
	noise := rand.New(rand.NewPCG(p.Seed+uint64(draw)+1, uint64(rate)))
	var requests []result.Request
	at := 0.0
	for i := range p.Requests {
		at += schedule.ExpFloat64() / rate
		requests = append(requests, arm.answer(uint64(i), int64(at*1e9), rate, schedule, noise))
	}
	t := record.Trial{Format: record.FormatVersion, Key: k, Order: order, Status: record.StatusOK,
		Started: "2026-01-01T00:00:00Z", ReadyNS: 50e6, WindowNS: int64(at * 1e9), Issued: len(requests), Command: "assay serve --made-up"}
	arm.count(&t, requests, rate)
	arm.tell(&t, requests)
	return t, requests, nil
}

// answer makes up one timeline: a queue that grows with the request's number where
// the rate is above the capacity, then tokens at the arm's pace.
func (a *Arm) answer(seq uint64, intended int64, rate float64, schedule, noise *rand.Rand) result.Request {
	r := result.Request{Seq: seq, Intended: intended, Status: 200, Outcome: result.OK, Finish: "stop",
		AskedPrompt: 16 + schedule.IntN(33), AskedOutput: 8 + schedule.IntN(17)}
	r.PromptTokens, r.OutputTokens = a.own(r.AskedPrompt), a.own(r.AskedOutput)
	r.CachedTokens = int(a.Prefix * float64(r.PromptTokens))
	r.Dequeued = intended + 20_000 + noise.Int64N(100_000)
	r.Sent = r.Dequeued + 50_000
	jitter := func() float64 { return math.Exp(0.15 * noise.NormFloat64()) }
	queue := max(1/a.Capacity-1/rate, 0) * float64(seq) * 1e9
	now := r.Sent + int64(queue+float64(a.TTFT)*jitter()*(1+0.5*min(rate/a.Capacity, 1)))
	r.Headers = now - 100_000
	bundle := max(a.Bundle, 1)
	for left := r.OutputTokens; left > 0; {
		k := min(bundle, left)
		r.Events = append(r.Events, result.Event{At: now, Tokens: k, Read: len(r.Events)})
		left -= k
		now += int64(float64(k) * a.pace(rate) * jitter())
	}
	r.First, r.FirstTokens = r.Events[0].At, r.Events[0].Tokens
	r.Last = r.Events[len(r.Events)-1].At
	r.End = r.Last + 200_000
	return r
}

// count fills in the engine's counters to match the timelines.
func (a *Arm) count(t *record.Trial, requests []result.Request, rate float64) {
	e := &t.Engine
	for _, r := range requests {
		e.RunningNS += r.Last - r.Sent - 200_000
		e.BusyNS += int64(a.Busy)
		e.PromptTokens += int64(r.PromptTokens)
		e.PrefixHitTokens += int64(r.CachedTokens)
		e.GeneratedTokens += int64(r.OutputTokens)
		e.Steps += int64(len(r.Events))
		if a.Bundle > 1 {
			e.Drafts += int64(len(r.Events))
			e.DraftTokens += int64(len(r.Events) * 4)
			e.AcceptedTokens += int64(r.OutputTokens - len(r.Events))
		}
	}
	if a.Bundle == 2 {
		e.AcceptedAt = []int64{e.AcceptedTokens, 0, 0, 0}
	}
	if a.Draft != nil {
		a.Draft.count(a, e, rate)
	}
	e.PrefillOps, e.DecodeOps = 7_000_000*(e.PromptTokens-e.PrefixHitTokens), 7_000_000*e.GeneratedTokens
	e.KVBytesPerToken, e.WeightBytes, e.PeakRSSBytes, e.PeakRunning = 4096, 14_000_000, 60_000_000, 8
	t.Lab = record.Lab{LagP50NS: 120_000, LagP99NS: 170_000, LagMaxNS: 170_000, WallNS: t.WindowNS, CPUNS: t.WindowNS / 20, Watch: &record.Watch{
		Ticks: int(t.WindowNS / 10e6), LateP50NS: 60_000, LateP99NS: 210_000, LateMaxNS: 900_000, SchedP99NS: 40_000, GCs: 1, GCPauseMaxNS: 80_000, CPUs: 1, CPUsBusyNS: t.WindowNS / 8}}
}

func (p Plan) writeQuality(dir string) error {
	written := map[string]bool{}
	for _, a := range p.Arms {
		if err := a.writeTasks(dir); err != nil {
			return err
		}
		if p.Windows == 0 || a.QualityID == "" || written[a.QualityID] {
			continue
		}
		written[a.QualityID] = true
		path := filepath.Join(dir, record.QualityDir, a.QualityID+".json")
		if err := record.WriteJSON(path, p.quality(a)); err != nil {
			return err
		}
	}
	return nil
}

// quality makes up paired log-likelihoods; an arm without loss is the reference itself.
func (p Plan) quality(a Arm) record.Quality {
	q := record.Quality{Format: record.FormatVersion, ID: a.QualityID, Subject: a.QualityID, Reference: "the first arm", WeightBytes: 14_000_000, ElapsedNS: 1e9}
	text := rand.New(rand.NewPCG(p.Seed, 77))
	noise := rand.New(rand.NewPCG(p.Seed, uint64(len(a.QualityID))+uint64(a.Loss*1e9)))
	for w := range p.Windows {
		for range p.Length {
			ref := text.ExpFloat64() * 2
			shift := 0.0
			if a.Loss > 0 {
				shift = a.Loss * (1 + noise.NormFloat64())
			}
			q.Window = append(q.Window, int32(w))
			q.Ref, q.NLL = append(q.Ref, ref), append(q.NLL, ref+shift)
			q.KL = append(q.KL, math.Abs(shift))
			q.SameTop = append(q.SameTop, a.Loss == 0 || noise.Float64() > 2*a.Loss)
		}
	}
	return q
}
