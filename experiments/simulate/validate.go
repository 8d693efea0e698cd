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
	var ids []string
	for _, t := range l.set.Trials {
		if only == "" || t.Key.Arm == only {
			ids = append(ids, t.Key.ID)
		}
	}
	v := &Validation{}
	for i, id := range ids {
		if l.Progress != nil {
			if err := l.Progress(i, len(ids)); err != nil {
				return nil, err
			}
		}
		cell, why, err := l.check(id, seed)
		if err != nil {
			return nil, err
		}
		if why != "" {
			v.Skipped = append(v.Skipped, SkippedCell{id, why})
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
	arm, err := l.arm(d.arm, id)
	heldOut := err == nil && !beyond(longest(d.requests), arm.Longest)
	if !heldOut {
		if arm, err = l.arm(d.arm, ""); err != nil {
			return nil, strings.TrimPrefix(err.Error(), l.set.Dir+": "), nil
		}
	}
	predicted, err := d.replays(arm.Engine, seed)
	if err != nil {
		return nil, "", fmt.Errorf("%s: trial %s: %w", l.set.Dir, id, err)
	}
	cell = &CheckedCell{Trial: id, Arm: d.arm.Name, Load: d.load.Name, HeldOut: heldOut, Occupancy: d.seen.Occupancy,
		Metrics: compare(d.requests, predicted, d.trial.WindowNS)}
	if own, err := Fit(d.seen.Steps); err == nil {
		arm.Engine.Step = own
	}
	if predicted, err = d.replays(arm.Engine, seed); err != nil {
		return nil, "", fmt.Errorf("%s: trial %s: %w", l.set.Dir, id, err)
	}
	for i, m := range compare(d.requests, predicted, d.trial.WindowNS) {
		cell.Metrics[i].Own = m.Predicted
	}
	return cell, "", nil
}

// longest is the longest sequence of requests that ended.
func longest(requests []result.Request) (n int) {
	for _, p := range lengths(requests) {
		n = max(n, p.Prompt+p.Output)
	}
	return n
}

// beyond reports whether a sequence is so much longer than those that a step model was fitted to that it says little of it.
func beyond(length, fitted int) bool { return float64(length) > 1.1*float64(fitted) }

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

// repeats is how many replays a prediction is made of, each with noise of its own.
const repeats = 5

// replays serves the trial's requests several times.
func (d *trialData) replays(e Engine, seed uint64) ([][]result.Request, error) {
	var all [][]result.Request
	for i := range uint64(repeats) {
		one, err := d.replay(e, mix(seed+i))
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
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
func compare(measured []result.Request, predicted [][]result.Request, window int64) (all []CheckedPair) {
	t := CheckedPair{Metric: "throughput", Measured: throughput(measured, window)}
	for _, p := range predicted {
		t.Predicted += throughput(p, window) / float64(len(predicted))
	}
	all = append(all, t)
	for _, m := range []string{"ttft", "itl", "tpot", "e2e"} {
		a, b := values(m, measured), values(m, predicted...)
		for _, p := range compared {
			if len(a) >= stat.Floor(p, .95) && len(b) > 0 {
				q := stat.NewQuantileOf(ascending(a), p, effective(m, len(a), len(measured)))
				all = append(all, CheckedPair{Metric: fmt.Sprintf("%s_p%.0f", m, 100*p), Measured: q.Value, Low: q.Conservative.Low, High: q.Conservative.High, Predicted: stat.NearestRank(b, p)})
			}
		}
	}
	return all
}

// ascending is a stat.Ordered.
type ascending []float64

func (a ascending) Len() int         { return len(a) }
func (a ascending) At(i int) float64 { return a[i] }

// effective is how many independent values there are: tokens of one step have one gap in common, so of gaps no more than requests.
func effective(metric string, values, requests int) int {
	if metric == "itl" {
		return min(values, requests)
	}
	return values
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
func values(name string, sets ...[]result.Request) (v []float64) {
	for _, requests := range sets {
		for i := range requests {
			v = appendValues(v, name, &requests[i])
		}
	}
	slices.Sort(v)
	return v
}

func appendValues(v []float64, name string, r *result.Request) []float64 {
	x := 0.0
	switch name {
	case "itl":
		return metric.AppendITL(v, r)
	case "ttft":
		x, _ = metric.TTFT(r)
	case "e2e":
		x, _ = metric.E2E(r)
	case "tpot":
		tpot, defined := metric.TPOT(r)
		if !defined {
			return v
		}
		x = tpot
	}
	return append(v, x)
}

// Relative is predicted over measured, less 1; 0 where both are infinite, infinite where one is.
func (p CheckedPair) Relative() float64 { return off(p.Predicted, p.Measured) }

// OwnRelative is likewise of what is predicted with the trial's own steps.
func (p CheckedPair) OwnRelative() float64 { return off(p.Own, p.Measured) }

func off(predicted, measured float64) float64 {
	switch {
	case math.IsInf(measured, 1) && math.IsInf(predicted, 1):
		return 0
	case math.IsInf(measured, 1) || math.IsInf(predicted, 1) || measured == 0:
		return math.Inf(1)
	}
	return predicted/measured - 1
}

// MarshalJSON has -1 for what is infinite: a percentile that is a failed request's.
func (p CheckedPair) MarshalJSON() ([]byte, error) {
	type plain CheckedPair
	p.Measured, p.Low, p.High, p.Predicted, p.Own = finite(p.Measured), finite(p.Low), finite(p.High), finite(p.Predicted), finite(p.Own)
	return json.Marshal(plain(p))
}

// MarshalJSON has -1 for what is infinite.
func (e Error) MarshalJSON() ([]byte, error) {
	type plain Error
	e.Median, e.Worst, e.OwnMedian, e.OwnWorst = finite(e.Median), finite(e.Worst), finite(e.OwnMedian), finite(e.OwnWorst)
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
	inside := map[string]int{}
	sizes, own := map[string][]float64{}, map[string][]float64{}
	for _, c := range cells {
		for _, m := range c.Metrics {
			if sizes[m.Metric] == nil {
				names = append(names, m.Metric)
			}
			sizes[m.Metric] = append(sizes[m.Metric], math.Abs(m.Relative()))
			if m.Low <= m.Predicted && m.Predicted <= m.High {
				inside[m.Metric]++
			}
			own[m.Metric] = append(own[m.Metric], math.Abs(m.OwnRelative()))
		}
	}
	for _, name := range names {
		a, b := stat.Sorted(sizes[name]), stat.Sorted(own[name])
		all = append(all, Error{Metric: name, Cells: len(a), Median: stat.NearestRank(a, .5), Worst: a[len(a)-1], Inside: inside[name],
			OwnMedian: stat.NearestRank(b, .5), OwnWorst: b[len(b)-1]})
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
	all := errorsOf(near)
	for i := range all {
		all[i].Beyond = most*busier < occupancy
	}
	return all
}
