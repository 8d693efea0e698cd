package experiments

import (
	"context"
	"fmt"
	"slices"

	"github.com/assaylab/assay/analysis/boundary"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/sweep"
)

// hunt is one arm's search. What it does next follows from its finished trials alone.
type hunt struct {
	sweep.Searched
	arm   sweep.Arm
	known map[string]bool // trials in probes
	found []boundary.Probe
	step  boundary.Step
}

// levels gives the plan the loads that searches have added to the run before, so that their trials can be found, and says
// which cells have drawn prompts.
func (r *run) levels() {
	for _, s := range r.plan.Matrix.Searches() {
		for _, l := range r.store.Run().Loads {
			if l.Search == s.Record.Name {
				r.addLevel(s.Load(s.Plan.Level(l.Rate)))
			}
		}
	}
	planned := r.planned()
	for _, k := range r.store.Run().Order {
		if !slices.ContainsFunc(planned, func(l sweep.Load) bool { return l.Record.ID == k.Load }) {
			r.drawn.probe(k)
		}
	}
}

func (r *run) addLevel(l sweep.Load) {
	m := r.plan.Matrix
	if !slices.ContainsFunc(m.Loads, func(o sweep.Load) bool { return o.Record.ID == l.Record.ID }) {
		m.Loads = append(m.Loads, l)
	}
}

// search finds every arm's boundary. The arm with the fewest trials is next, so that what the machine does meanwhile it does to all.
func (r *run) search(ctx context.Context) error {
	for _, s := range r.plan.Matrix.Searches() {
		var hunts []*hunt
		for _, a := range r.plan.Matrix.Arms {
			if !s.AskedOf(r.plan.Matrix, a) {
				continue
			}
			hunts = append(hunts, &hunt{Searched: s, arm: a, known: map[string]bool{}})
		}
		if err := r.chase(ctx, hunts); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) chase(ctx context.Context, hunts []*hunt) error {
	going := slices.Clone(hunts)
	for {
		var err error
		going = slices.DeleteFunc(going, func(h *hunt) bool {
			if err == nil {
				err = h.look(r)
			}
			return err == nil && h.step.End != boundary.Going
		})
		if err != nil || len(going) == 0 {
			return err
		}
		next := slices.MinFunc(going, func(a, b *hunt) int { return len(a.found) - len(b.found) })
		if err := r.probe(ctx, next, hunts); err != nil {
			return err
		}
	}
}

// look reads the trials that are new, and decides.
func (h *hunt) look(r *run) error {
	if len(h.known) > 0 && len(h.known) == r.trials(h) {
		return nil
	}
	set, err := record.Read(r.store.Dir())
	if err != nil {
		return err
	}
	for _, t := range boundary.Trials(set, h.Record, h.arm.Record.ID) {
		if h.known[t.Key.ID] {
			continue
		}
		p, err := boundary.ProbeOf(set, h.Plan, t)
		if err != nil {
			return err
		}
		h.known[t.Key.ID], h.found = true, append(h.found, p)
	}
	if h.step = h.Plan.Next(h.found); h.step.End != boundary.Going {
		r.Progress.Note(h.words())
	}
	return nil
}

// trials is how many of the arm's trials of this search are finished.
func (r *run) trials(h *hunt) (n int) {
	of := map[string]bool{}
	for _, l := range r.store.Run().Loads {
		of[l.ID] = l.Search == h.Record.Name
	}
	for _, k := range r.store.Run().Order {
		if k.Arm == h.arm.Record.ID && of[k.Load] && r.store.Done(k.ID) {
			n++
		}
	}
	return n
}

func (r *run) probe(ctx context.Context, h *hunt, all []*hunt) error {
	load := h.Load(h.step.Level)
	r.addLevel(load)
	key := sweep.Key(h.arm, load, h.step.Repetition)
	if err := r.store.Append(load.Record, key); err != nil {
		return err
	}
	r.drawn.probe(key)
	k := len(r.store.Run().Order)
	most := k - 1
	for _, o := range all {
		if o.step.End == boundary.Going {
			most += o.Record.MaxProbes - len(o.found)
		}
	}
	return r.trial(ctx, key, k, most)
}

// words say how a search ended.
func (h *hunt) words() string {
	s := fmt.Sprintf("search of %s: %d trials", h.arm.Record.Name, len(h.found))
	if e := h.step.Estimate; e != nil {
		switch h.step.End {
		case boundary.Above:
			s += fmt.Sprintf(", every limit is held up to %.4g requests/s, the highest rate allowed", h.Record.MaxRate)
		case boundary.Below:
			s += fmt.Sprintf(", a limit is broken at %.4g requests/s already, the lowest rate allowed", h.Record.MinRate)
		default:
			s += fmt.Sprintf(", limits are held up to %.4g requests/s (%.4g to %.4g)", e.Rate, e.Low, e.High)
		}
	}
	if h.step.Why != "" {
		s += "; " + h.step.Why
	}
	return s
}
