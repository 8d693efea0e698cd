package main

import (
	"fmt"
	"io"
	"math"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/reports/table"
)

// writeQualities prints what is concluded of token values, a line per subject.
func writeQualities(w io.Writer, caption string, all []record.Quality) error {
	t := table.Table{Caption: caption, Columns: []table.Column{
		{Title: "subject"}, {Title: "perplexity", Align: table.Right}, {Title: "±", Align: table.Right}, {Title: "change", Unit: "%", Align: table.Right},
		{Title: "KL divergence", Unit: "nats", Align: table.Right}, {Title: "same first choice", Unit: "%", Align: table.Right},
	}}
	for _, q := range all {
		t.Rows = append(t.Rows, qualityRow(q))
	}
	if err := t.Text(w); err != nil {
		return err
	}
	_, err := fmt.Fprint(w, `
In brackets: 95 % intervals, Student's t over windows or chunks. The change is of
perplexity, token by token against the reference. ± is the standard error of the
perplexity were its tokens independent, which they are not, as llama.cpp prints it.
`)
	return err
}

func qualityRow(q record.Quality) table.Row {
	loss, same := make([]float64, len(q.NLL)), make([]float64, len(q.NLL))
	for i := range q.NLL {
		loss[i] = q.NLL[i] - q.Ref[i]
		if q.SameTop[i] {
			same[i] = 1
		}
	}
	percent := func(x float64) string { return fmt.Sprintf("%.1f", 100*min(max(x, 0), 1)) }
	return table.Row{Cells: []table.Cell{
		table.Text(q.Subject),
		clustered(q.NLL, q.Window, func(x float64) string { return fmt.Sprintf("%.4f", math.Exp(x)) }),
		table.Text(fmt.Sprintf("%.4f", perplexity(q.NLL)*stat.StandardError(q.NLL))),
		clustered(loss, q.Window, func(x float64) string { return fmt.Sprintf("%+.3f", 100*math.Expm1(x)) }),
		clustered(q.KL, q.Window, func(x float64) string { return fmt.Sprintf("%.3g", max(x, 0)) }),
		clustered(same, q.Window, percent),
	}}
}

// clustered is a mean of token values with its interval over windows.
func clustered(values []float64, window []int32, format func(float64) string) table.Cell {
	mean, i, ok := stat.ClusterMean(values, window)
	return withInterval(mean, i, ok, format)
}

func withInterval(value float64, i stat.Interval, ok bool, format func(float64) string) table.Cell {
	c := table.Text(format(value))
	if ok {
		c.Sub = format(i.Low) + " to " + format(i.High)
	}
	return c
}

func perplexity(nll []float64) float64 {
	mean, _, _ := stat.MeanOf(nll)
	return math.Exp(mean)
}

// writeTasks prints a table for every metric, a line per subject.
func writeTasks(w io.Writer, all []record.Task, reference int) error {
	for m, metric := range all[0].Metrics {
		t := shareTable(all, reference, m)
		if metric.Hits == nil {
			t = meanTable(all, reference, m)
		}
		if err := t.Text(w); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	_, err := fmt.Fprintf(w, `In brackets: 95 %% intervals, Wilson's for shares, Bonett and Price's for their paired
differences, Student's t over items for means. p is McNemar's exact one. Differences
are to %s.
`, all[reference].Subject)
	return err
}

func shareTable(all []record.Task, reference, metric int) table.Table {
	of := all[reference].Metrics[metric]
	t := table.Table{Caption: fmt.Sprintf("%s (items: %d)", of.Name, len(of.Hits)), Columns: []table.Column{
		{Title: "subject"}, {Title: "share", Unit: "%", Align: table.Right}, {Title: "difference", Unit: "points", Align: table.Right},
		{Title: "gained", Align: table.Right}, {Title: "lost", Align: table.Right}, {Title: "p", Align: table.Right},
	}}
	for i, s := range all {
		hits := s.Metrics[metric].Hits
		n := 0
		for _, hit := range hits {
			if hit {
				n++
			}
		}
		share := withInterval(float64(n)/float64(len(hits)), stat.Wilson(n, len(hits)), true, func(x float64) string { return fmt.Sprintf("%.1f", 100*x) })
		row := table.Row{Cells: []table.Cell{table.Text(s.Subject), share}}
		if i != reference {
			c := stat.ComparePaired(hits, of.Hits)
			row.Cells = append(row.Cells, withInterval(c.Difference, c.Interval, true, func(x float64) string { return fmt.Sprintf("%+.1f", 100*x) }),
				table.Text(fmt.Sprint(c.Gained)), table.Text(fmt.Sprint(c.Lost)), table.Text(fmt.Sprintf("%.3g", c.P)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func meanTable(all []record.Task, reference, metric int) table.Table {
	of := all[reference].Metrics[metric]
	t := table.Table{Caption: fmt.Sprintf("%s (items: %d)", of.Name, len(of.Values)), Columns: []table.Column{
		{Title: "subject"}, {Title: "mean", Unit: of.Unit, Align: table.Right}, {Title: "difference", Unit: of.Unit, Align: table.Right},
	}}
	for i, s := range all {
		values := s.Metrics[metric].Values
		mean, interval, ok := stat.MeanOf(values)
		row := table.Row{Cells: []table.Cell{table.Text(s.Subject), withInterval(mean, interval, ok, func(x float64) string { return fmt.Sprintf("%.4f", x) })}}
		if i != reference {
			difference := make([]float64, len(values))
			for k := range values {
				difference[k] = values[k] - of.Values[k]
			}
			mean, interval, ok := stat.MeanOf(difference)
			row.Cells = append(row.Cells, withInterval(mean, interval, ok, func(x float64) string { return fmt.Sprintf("%+.4f", x) }))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
