package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/assaylab/assay/experiments/simulate"
)

// print shows the model, how it was checked, and a line for each prediction.
func (s *simulated) print(w io.Writer) error {
	f := s.Model.Fitted
	fmt.Fprintf(w, "arm %s, router %s\n", s.Arm, s.Router)
	fmt.Fprintf(w, "steps: fitted to %d measured ones; fitted to half of them and tested on the other half,\n", f.Steps)
	fmt.Fprintf(w, "  a step is off by %s in the mean, nine of ten by less than %s, all together by %s\n", shareText(f.MAPE), shareText(f.P90), signedShare(f.Total))
	fmt.Fprintf(w, "outside of steps: %s to the engine and %s from it, measured on %d requests\n", latencyText(s.Overhead.In), latencyText(s.Overhead.Out), s.Overhead.Requests)
	s.printErrors(w)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range s.Capacities {
		s.printCeiling(tw, c)
	}
	if len(s.Predictions) > 0 {
		fmt.Fprintln(tw, "\nreplicas\trate /s\ttokens /s\tTTFT p50\tp95\tp99\tITL p50\tp99\tE2E p95\tin limits\t")
	}
	for _, p := range s.Predictions {
		fmt.Fprintf(tw, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", p.Replicas, rateText(p.Rate), withError(fmt.Sprintf("%.0f", p.TokensPerSecond), p, "throughput"),
			withError(latencyText(p.TTFT.P50), p, "ttft_p50"), withError(latencyText(p.TTFT.P95), p, "ttft_p95"), withError(latencyText(p.TTFT.P99), p, "ttft_p99"),
			withError(latencyText(p.ITL.P50), p, "itl_p50"), withError(latencyText(p.ITL.P99), p, "itl_p99"), withError(latencyText(p.E2E.P95), p, "e2e_p95"),
			shareText(p.Attained), missedText(p))
		printRanges(tw, p)
	}
	return tw.Flush()
}

// printRanges is the row below a prediction's, where it has ranges.
func printRanges(w io.Writer, p simulate.Prediction) {
	if len(p.Ranges) == 0 {
		return
	}
	between := func(metric string, text func(float64) string) string {
		i := slices.IndexFunc(p.Ranges, func(r simulate.Range) bool { return r.Metric == metric })
		if i < 0 || grows(p, metric) {
			return ""
		}
		low, high := text(p.Ranges[i].Low), text(p.Ranges[i].High)
		if low == high {
			return low
		}
		return low + " to " + high
	}
	whole := func(v float64) string { return fmt.Sprintf("%.0f", v) }
	fmt.Fprintf(w, "\t\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", between("throughput", whole),
		between("ttft_p50", latencyText), between("ttft_p95", latencyText), between("ttft_p99", latencyText),
		between("itl_p50", latencyText), between("itl_p99", latencyText), between("e2e_p95", latencyText), between("attained", shareText))
}

// printErrors says what the figures' errors come from.
func (s *simulated) printErrors(w io.Writer) {
	switch {
	case s.Checked == nil:
		fmt.Fprintln(w, "not checked against any trial: the errors of these figures are not known")
	case len(s.Checked.Cells) == 0:
		fmt.Fprintf(w, "no trial could be replayed, so the errors of these figures are not known: %s\n", s.Checked.Skipped[0].Reason)
	default:
		fmt.Fprintf(w, "±: the largest error over the replayed trials (%d) that are not fuller than the prediction;\n  ! where none is as full\n", len(s.Checked.Cells))
	}
	if slices.ContainsFunc(s.Predictions, func(p simulate.Prediction) bool { return len(p.Ranges) > 0 }) {
		fmt.Fprintln(w, "below each figure: where it lies (95 %) on the machine as it was during one and another trial")
	}
}

func (s *simulated) printCeiling(w io.Writer, c simulate.Ceiling) {
	if c.Why != "" {
		fmt.Fprintf(w, "\n%s: %s\n", count(c.Replicas, "replica"), c.Why)
		return
	}
	fmt.Fprintf(w, "\n%s: the limits hold up to %s requests per second, and not at %s: %s\n", count(c.Replicas, "replica"), rateText(c.Rate), rateText(c.Next), c.Binding)
	if c.High > 0 {
		fmt.Fprintf(w, "  from %s to %s with every latency off by the worst of its errors\n", rateText(c.Low), rateText(c.High))
	}
	s.Predictions = append(s.Predictions, c.At)
}

// beside puts a figure's error beside it.
func withError(figure string, p simulate.Prediction, metric string) string {
	if grows(p, metric) {
		return "grows"
	}
	for _, e := range p.Errors {
		if e.Metric != metric {
			continue
		}
		mark := ""
		if e.Beyond {
			mark = "!"
		}
		return fmt.Sprintf("%s ±%s%s", figure, shareText(e.Worst), mark)
	}
	return figure + " ±?"
}

// grows reports whether a figure says nothing but how many requests were simulated.
func grows(p simulate.Prediction, metric string) bool {
	return p.Growing && (strings.HasPrefix(metric, "ttft") || strings.HasPrefix(metric, "e2e"))
}

func missedText(p simulate.Prediction) string {
	if p.Met {
		return ""
	}
	return "missed: " + p.Missed
}

// rateText has three digits, or all of a whole number.
func rateText(rate float64) string {
	if rate >= 1000 {
		return fmt.Sprintf("%.0f", rate)
	}
	return fmt.Sprintf("%.3g", rate)
}

func shareText(share float64) string {
	switch {
	case math.IsInf(share, 0) || math.IsNaN(share):
		return "?"
	case math.Abs(share) < .0995:
		return fmt.Sprintf("%.1f%%", 100*share)
	}
	return fmt.Sprintf("%.0f%%", 100*share)
}

func signedShare(share float64) string {
	if share >= 0 {
		return "+" + shareText(share)
	}
	return shareText(share)
}

// milliseconds prints nanoseconds with three digits.
func latencyText(ns float64) string {
	switch {
	case math.IsInf(ns, 1):
		return "never"
	case math.IsNaN(ns) || ns < 0:
		return "-"
	case ns >= 1e10:
		return fmt.Sprintf("%.3g s", ns/1e9)
	case ns >= 1e9:
		return fmt.Sprintf("%.2f s", ns/1e9)
	}
	return fmt.Sprintf("%.3g ms", ns/1e6)
}

// printChecked shows predicted beside measured, a line for each trial and metric, and what remains of it.
func printChecked(w io.Writer, v *simulate.Validation) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "trial\tarm, load\tin the engine\tmetric\tmeasured\t95 %\tpredicted\t95 %\toff\twith its own steps")
	for _, c := range v.Cells {
		printCell(tw, c.Trials[0], c)
	}
	for _, c := range v.Pooled {
		printCell(tw, fmt.Sprintf("%d trials", len(c.Trials)), c)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, s := range v.Skipped {
		fmt.Fprintf(w, "trial %s was not replayed: %s\n", s.Trial, s.Reason)
	}
	printCheckedErrors(tw, "trials", v.Errors)
	if len(v.Pooled) > 0 {
		printCheckedErrors(tw, "cells, their trials as one and all held out", v.PooledErrors)
	}
	return tw.Flush()
}

// printCell has a line for each metric.
func printCell(w io.Writer, name string, c simulate.CheckedCell) {
	cell := c.Arm + ", " + c.Load
	if !c.HeldOut {
		cell += " (fitted to this trial too)"
	}
	for i, m := range c.Metrics {
		first := []string{name, cell, fmt.Sprintf("%.2f of the batch", c.Occupancy)}
		if i > 0 {
			first = []string{"", "", ""}
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", strings.Join(first, "\t"), m.Metric, checkedText(m.Metric, m.Measured), intervalText(m.Metric, m.Low, m.High),
			checkedText(m.Metric, m.Predicted), intervalText(m.Metric, m.Least, m.Most), signedShare(m.Relative()), signedShare(m.OwnRelative()))
	}
}

// printCheckedErrors sums up what is off.
func printCheckedErrors(w io.Writer, of string, all []simulate.Error) {
	fmt.Fprintf(w, "\n%s\tn\thalf within\tall within\twithin %.0f %%\tprediction in the measured interval\tmeasured in the predicted interval\town steps: half within\tall\twithin %.0f %%\n",
		of, 100*simulate.Close, 100*simulate.Close)
	for _, e := range all {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%d\t%s\t%d\t%s\t%s\t%d\n", e.Metric, e.Cells, shareText(e.Median), shareText(e.Worst), e.Close, insideText(e), e.Covered,
			shareText(e.OwnMedian), shareText(e.OwnWorst), e.OwnClose)
	}
}

// intervalText is empty where there is none.
func intervalText(metric string, low, high float64) string {
	switch {
	case high == 0:
		return ""
	case metric == "throughput":
		return fmt.Sprintf("%.1f to %.1f", low, high)
	}
	return latencyText(low) + " to " + latencyText(high)
}

func insideText(e simulate.Error) string {
	if e.Metric == "throughput" {
		return ""
	}
	return fmt.Sprintf("%d", e.Inside)
}

func checkedText(metric string, v float64) string {
	if metric == "throughput" {
		return fmt.Sprintf("%.1f /s", v)
	}
	return latencyText(v)
}
