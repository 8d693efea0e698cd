package planning

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/capacity"
	"github.com/assaylab/assay/analysis/near"
	"github.com/assaylab/assay/analysis/plan"
	"github.com/assaylab/assay/analysis/predict"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/scenario"
)

// arms reads the curves. Several arms of one run read it once.
func (r *reader) arms(in *plan.Inputs) {
	studies := map[string]*analysis.Study{}
	for i, a := range r.file.Arms {
		arm := plan.Arm{Name: a.Name}
		if a.Run == "" {
			arm.Curve = *a.Curve
		} else if !r.measured(&arm, i, a, studies) {
			continue
		}
		if a.Scaled != nil && !r.scale(&arm, i, a.Scaled) {
			continue
		}
		r.percentiles(i, &arm.Curve)
		if d := r.file.Degrade; d != nil && d.Arm == a.Name {
			in.Degrade = &plan.Degrade{Arm: arm, MaxShare: d.MaxShare, Cost: d.Cost}
			continue
		}
		in.Arms = append(in.Arms, arm)
	}
}

// measured reads an arm of a run directory.
func (r *reader) measured(arm *plan.Arm, i int, a scenario.PlanArm, studies map[string]*analysis.Study) bool {
	dir := r.file.Resolve(a.Run)
	study := studies[dir]
	if study == nil {
		var ok bool
		if study, ok = r.study(i, dir); !ok {
			return false
		}
		studies[dir] = study
	}
	found, ok := armOf(study.Run.Arms, a.Arm)
	if !ok {
		names := armNames(study.Run.Arms)
		r.report(r.file.ArmKey(i, "arm"), fmt.Sprintf("no arm %q in %s", a.Arm, dir), fmt.Sprintf("one of %q, or its number", names), near.Suggestion(a.Arm, names))
		return false
	}
	curve, err := study.Curve(found.ID, a.Load)
	if err != nil {
		r.report(r.file.ArmKey(i, "run"), fmt.Sprintf("%s: %v", dir, err), "a run with open-loop loads", "")
		return false
	}
	curve.Name = a.Name
	arm.Curve, arm.Run, arm.ID = curve, dir, found.ID
	return true
}

func (r *reader) study(i int, dir string) (*analysis.Study, bool) {
	set, err := record.Read(dir)
	if err == nil {
		var s *analysis.Study
		if s, err = analysis.Analyse(set, analysis.Options{Seed: set.Run.Seed}); err == nil {
			return s, true
		}
	}
	found, hint := err.Error(), ""
	if errors.Is(err, fs.ErrNotExist) {
		found, hint = fmt.Sprintf("no run in %q", dir), "make one with assay run, and --out"
	}
	r.report(r.file.ArmKey(i, "run"), found, "a run directory, relative to the plan's directory", hint)
	return nil, false
}

// armOf finds an arm by name, id or number.
func armOf(arms []record.Arm, name string) (record.Arm, bool) {
	if i := slices.IndexFunc(arms, func(a record.Arm) bool { return a.Name == name || a.ID == name }); i >= 0 {
		return arms[i], true
	}
	if n, err := strconv.Atoi(name); err == nil && n >= 1 && n <= len(arms) {
		return arms[n-1], true
	}
	return record.Arm{}, false
}

func armNames(arms []record.Arm) (names []string) {
	for _, a := range arms {
		names = append(names, a.Name)
	}
	return names
}

// scale carries a curve to another machine, with the error that such predictions had where the truth is known.
func (r *reader) scale(arm *plan.Arm, i int, s *scenario.PlanScaling) bool {
	scaled, err := scaled(arm.Curve, s)
	if err != nil {
		r.report(r.file.ArmKey(i, "scaling"), err.Error(), "machines that can be compared", "")
		return false
	}
	arm.Curve = scaled
	return true
}

func scaled(c capacity.Curve, s *scenario.PlanScaling) (capacity.Curve, error) {
	known, err := predict.Known()
	if err != nil {
		return c, err
	}
	prefill, err := predict.Assess(known, predict.Prefill, predict.ToMachine)
	if err != nil {
		return c, err
	}
	decode, err := predict.Assess(known, predict.Decode, predict.ToMachine)
	if err != nil {
		return c, err
	}
	to, err := predict.Between(s.From, s.To, s.Work, s.PrefillShare, prefill, decode)
	if err != nil {
		return c, err
	}
	return c.Scale(to)
}

// percentiles requires every limit's percentile somewhere on the curve.
func (r *reader) percentiles(i int, c *capacity.Curve) {
	for _, l := range limits(r.file.SLO) {
		if slices.ContainsFunc(c.Points, func(p capacity.Point) bool {
			return p.Collapsed == "" && slices.ContainsFunc(p.Latencies, func(q capacity.Latency) bool { return q.Metric == l.Metric && q.Percentile == l.Percentile })
		}) {
			continue
		}
		name := fmt.Sprintf("p%s_%s", strconv.FormatFloat(100*l.Percentile, 'f', -1, 64), l.Metric)
		key, hint := "point", "add "+name+` = "300ms" to the points, or take another percentile in [slo]`
		if r.file.Arms[i].Run != "" {
			key, hint = "run", "measure more requests: a p99 takes 299, a p95 59; or take another percentile in [slo]"
		}
		r.report(r.file.ArmKey(i, key), "no "+name+" on the curve, which a limit is on", "it at one load at least", hint)
	}
}
