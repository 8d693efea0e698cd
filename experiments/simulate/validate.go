package simulate

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/loadgen/result"
)

// Validate replays measured trials, of one arm by name or of all where it is empty: the same requests, with their lengths, due at the
// same times, on a replica whose step model and overhead know nothing of the trial, where the run has others to fit them to.
func (l *Lab) Validate(arm string, seed uint64) (*Validation, error) {
	only := ""
	if arm != "" {
		a, err := l.find(arm)
		if err != nil {
			return nil, err
		}
		only = a.ID
	}
	v := &Validation{}
	for _, t := range l.set.Trials {
		if only != "" && t.Key.Arm != only {
			continue
		}
		cell, why, err := l.check(t.Key.ID, seed)
		if err != nil {
			return nil, err
		}
		if why != "" {
			v.Skipped = append(v.Skipped, SkippedCell{t.Key.ID, why})
			continue
		}
		v.Cells = append(v.Cells, *cell)
	}
	v.Errors = errorsOf(v.Cells)
	return v, nil
}

// check replays one trial, or says why that cannot be done.
func (l *Lab) check(id string, seed uint64) (cell *CheckedCell, why string, err error) {
	d := l.trials[id]
	if d == nil {
		return nil, l.why[id], nil
	}
	if why := d.unplayable(); why != "" {
		return nil, why, nil
	}
	heldOut := true
	arm, err := l.arm(d.arm, id)
	if err != nil {
		heldOut = false
		if arm, err = l.arm(d.arm, ""); err != nil {
			return nil, strings.TrimPrefix(err.Error(), l.set.Dir+": "), nil
		}
	}
	predicted, err := d.replay(arm.Engine, seed)
	if err != nil {
		return nil, "", fmt.Errorf("%s: trial %s: %w", l.set.Dir, id, err)
	}
	return &CheckedCell{Trial: id, Arm: d.arm.Name, Load: d.load.Name, HeldOut: heldOut, Occupancy: d.seen.Occupancy,
		Metrics: compare(d.requests, predicted, d.trial.WindowNS)}, "", nil
}

// unplayable says why a trial's requests do not say what is to be computed.
func (d *trialData) unplayable() string {
	switch {
	case d.load.Concurrency > 0:
		return "its load is a closed loop, whose arrivals follow from the answers"
	case value(d.arm, "prefix_cache") != "none" && value(d.arm, "prefix_cache") != "":
		return "which prompts begin alike is not recorded, and prefix_cache finds them"
	}
	for i := range d.requests {
		if r := &d.requests[i]; metric.Failed(r) && r.Outcome != result.Overloaded {
			return fmt.Sprintf("request %d failed (%s): how long it would have been is not known", r.Seq, r.Outcome)
		}
	}
	return ""
}

// replay serves the trial's requests.
func (d *trialData) replay(e Engine, seed uint64) ([]result.Request, error) {
	var requests []Request
	for i := range d.requests {
		r := &d.requests[i]
		output := metric.OutputTokens(r)
		if metric.Failed(r) {
			output = r.AskedOutput
		}
		requests = append(requests, Request{At: r.Intended, Prompt: metric.PromptTokens(r), Output: output, Asked: r.AskedOutput})
	}
	out := make([]result.Request, len(requests))
	_, err := Run(Deployment{Engine: e, Replicas: 1, Seed: seed, Events: true}, List(requests), func(t *Timeline) { out[t.Seq] = t.Result() })
	return out, err
}

// compared are the percentiles of each latency that are compared.
var compared = []float64{.5, .95, .99}

// compare is one set of definitions for both.
func compare(measured, predicted []result.Request, window int64) (all []CheckedPair) {
	all = append(all, CheckedPair{"throughput", throughput(measured, window), throughput(predicted, window)})
	for _, m := range []string{"ttft", "itl", "e2e"} {
		a, b := values(measured, m), values(predicted, m)
		for _, p := range compared {
			if len(a) >= stat.Floor(p, .95) && len(b) > 0 {
				all = append(all, CheckedPair{fmt.Sprintf("%s_p%.0f", m, 100*p), stat.NearestRank(a, p), stat.NearestRank(b, p)})
			}
		}
	}
	return all
}

// throughput is tokens per second over the window.
func throughput(requests []result.Request, window int64) float64 {
	n := 0
	for i := range requests {
		n += metric.TokensInWindow(&requests[i], window)
	}
	return float64(n) / (float64(window) / 1e9)
}

// values are a metric's over all requests, sorted.
func values(requests []result.Request, name string) (v []float64) {
	for i := range requests {
		r := &requests[i]
		switch name {
		case "ttft":
			x, _ := metric.TTFT(r)
			v = append(v, x)
		case "e2e":
			x, _ := metric.E2E(r)
			v = append(v, x)
		case "itl":
			v = metric.AppendITL(v, r)
		}
	}
	slices.Sort(v)
	return v
}

// Relative is predicted over measured, less 1; 0 where both are infinite, infinite where one is.
func (p CheckedPair) Relative() float64 {
	switch {
	case math.IsInf(p.Measured, 1) && math.IsInf(p.Predicted, 1):
		return 0
	case math.IsInf(p.Measured, 1) || math.IsInf(p.Predicted, 1) || p.Measured == 0:
		return math.Inf(1)
	}
	return p.Predicted/p.Measured - 1
}

// MarshalJSON has -1 for what is infinite: a percentile that is a failed request's.
func (p CheckedPair) MarshalJSON() ([]byte, error) {
	type plain CheckedPair
	p.Measured, p.Predicted = finite(p.Measured), finite(p.Predicted)
	return json.Marshal(plain(p))
}

// MarshalJSON has -1 for what is infinite.
func (e Error) MarshalJSON() ([]byte, error) {
	type plain Error
	e.Median, e.Worst = finite(e.Median), finite(e.Worst)
	return json.Marshal(plain(e))
}

func finite(x float64) float64 {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return -1
	}
	return x
}

// errorsOf sums up cells by metric, in the order in which metrics come.
func errorsOf(cells []CheckedCell) (all []Error) {
	var names []string
	off := map[string][]float64{}
	for _, c := range cells {
		for _, m := range c.Metrics {
			if off[m.Metric] == nil {
				names = append(names, m.Metric)
			}
			off[m.Metric] = append(off[m.Metric], math.Abs(m.Relative()))
		}
	}
	for _, name := range names {
		sorted := stat.Sorted(off[name])
		all = append(all, Error{Metric: name, Cells: len(sorted), Median: stat.NearestRank(sorted, .5), Worst: sorted[len(sorted)-1]})
	}
	return all
}

// busier is how much fuller than a prediction cells may be that tell of its error.
const busier = 1.25

// ErrorsAt sums up the cells that are not much fuller than a prediction. Where none is as full as it, its errors are marked.
func (v *Validation) ErrorsAt(occupancy float64) []Error {
	if v == nil {
		return nil
	}
	least, most := math.Inf(1), 0.0
	for _, c := range v.Cells {
		least, most = min(least, c.Occupancy), max(most, c.Occupancy)
	}
	var near []CheckedCell
	for _, c := range v.Cells { // the least full ones tell of what is less full still
		if c.Occupancy <= max(occupancy, least)*busier {
			near = append(near, c)
		}
	}
	beyond := most*busier < occupancy
	all := errorsOf(near)
	for i := range all {
		all[i].Beyond = beyond
	}
	return all
}
