package planning

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/capacity"
	"github.com/assaylab/assay/analysis/plan"
	"github.com/assaylab/assay/analysis/predict"
	"github.com/assaylab/assay/experiments/simulate"
)

// Check simulates the busiest hour of each month, headroom included, on the replicas that the plan has serve it, spares left
// out, with requests drawn to replicas at random as the plan takes them to be. What cannot be simulated is said so: a published or
// scaled curve has no steps to fit, and neither has a run without a trace of them.
func Check(ctx context.Context, o *plan.Outlook, progress func(done, all int)) (*plan.Checks, error) {
	best := o.Chosen()
	if best == nil {
		return nil, nil
	}
	arm := o.Arm(best.Name)
	k := &plan.Checks{Arm: best.Name, Router: string(simulate.Random)}
	switch arm.Curve.Origin {
	case predict.Published:
		k.Skipped = "the curve is published, and a simulation needs steps that were measured"
		return k, nil
	case predict.Scaled:
		k.Skipped = "the curve is scaled to another machine, on which no steps were measured"
		return k, nil
	}
	fitted, err := simulate.LoadArm(arm.Run, arm.ID, o.Demand.Forecast.Seed)
	if err != nil {
		k.Skipped = err.Error()
		return k, nil
	}
	p := fitted.Planner(o.Demand.Forecast.Seed)
	p.Limits, p.Router = o.Limits, simulate.Random
	for i, m := range best.Plan.Months {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if m.Replicas.Serving > 0 {
			if err := simulated(k, p, m, o); err != nil {
				return nil, err
			}
		}
		progress(i+1, len(best.Plan.Months))
	}
	return k, nil
}

// simulated adds a month.
func simulated(k *plan.Checks, p *simulate.Planner, m capacity.MonthPlan, o *plan.Outlook) error {
	c := plan.Check{Month: m.First, Rate: m.Peak * (1 + o.Reserve.Headroom), Replicas: m.Replicas.Serving}
	at, err := p.Attain(c.Rate, c.Replicas)
	if err != nil {
		return fmt.Errorf("simulate %s: %w", m.First.Format("January 2006"), err)
	}
	c.Met, c.Missed, c.Attained = at.Met, at.Missed, at.Attained
	for _, l := range o.Limits {
		f := plan.CheckFigure{Limit: l, NS: percentile(at, l), Error: math.NaN()}
		for _, e := range at.Errors {
			if e.Metric == errorName(l) {
				f.Error = e.Worst
			}
		}
		c.Figures = append(c.Figures, f)
	}
	k.Months = append(k.Months, c)
	k.Errors = nil
	for _, e := range at.Errors {
		if i := slices.IndexFunc(o.Limits, func(l capacity.SLO) bool { return e.Metric == errorName(l) }); i >= 0 {
			k.Errors = append(k.Errors, plan.CheckError{Metric: limitName(o.Limits[i]), Cells: e.Cells, Median: e.Median, Worst: e.Worst, Beyond: e.Beyond})
		}
	}
	return nil
}

// errorName is a limit's percentile as the simulator names it.
func errorName(l capacity.SLO) string { return fmt.Sprintf("%s_p%g", l.Metric, 100*l.Percentile) }

// limitName is a limit's percentile for a reader: "p95 TTFT".
func limitName(l capacity.SLO) string {
	return fmt.Sprintf("p%g %s", 100*l.Percentile, strings.ToUpper(l.Metric))
}

// percentile is what was simulated of a limit's, NaN where the simulator does not tell that one.
func percentile(at simulate.Prediction, l capacity.SLO) float64 {
	s, ok := map[string]simulate.Spread{"ttft": at.TTFT, "tpot": at.TPOT, "itl": at.ITL, "e2e": at.E2E}[l.Metric]
	if !ok {
		return math.NaN()
	}
	switch l.Percentile {
	case 0.5:
		return s.P50
	case 0.95:
		return s.P95
	case 0.99:
		return s.P99
	}
	return math.NaN()
}
