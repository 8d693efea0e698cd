package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/assaylab/assay/engine/bench"
	"github.com/assaylab/assay/reports/table"
)

func (r benchReport) write(w io.Writer, o benchOptions) error {
	switch {
	case o.json:
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	case o.csv:
		return r.csv(w)
	}
	return r.markdown(w)
}

// markdown prints the table and what it was measured with.
func (r benchReport) markdown(w io.Writer) error {
	if len(r.Results) == 0 {
		return nil // ended before anything was measured
	}
	right := func(title, unit string) table.Column {
		return table.Column{Title: title, Unit: unit, Align: table.Right}
	}
	t := table.Table{Columns: []table.Column{
		{Title: "model"}, {Title: "format"}, right("weights", ""), {Title: "kernel"}, right("threads", ""), {Title: "kv"}, {Title: "test"},
		right("median", "tok/s"), right("min", "tok/s"), right("max", "tok/s"), right("bytes", "a token"), right("operations", "a token"), right("of the roof", "%"), {Title: "bound by"},
	}}
	for _, x := range r.Results {
		t.Rows = append(t.Rows, table.Row{Cells: r.cells(x)})
	}
	if err := t.Markdown(w); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%s; %d of %d rounds\n", r.CPU, len(r.Results[0].Speed.Samples), r.Rounds)
	seen := map[int]bool{}
	for _, x := range r.Results {
		if n := x.Test.Threads; !seen[n] {
			seen[n] = true
			fmt.Fprintf(w, "roof with %d threads: %s\n", n, ratesInWords(x.Rates))
		}
	}
	for _, n := range r.Noise {
		fmt.Fprintf(w, "note: %s\n", n)
	}
	_, err := fmt.Fprintln(w, "Bytes and operations are counted, not measured: weights, keys and values; \"~\" marks an expected value.")
	return err
}

func ratesInWords(r bench.Rates) string {
	bandwidth, peak := "bandwidth not measured", "peak not measured for these kernels"
	if r.Bandwidth > 0 {
		bandwidth = fmt.Sprintf("%.1f GB/s reading as much memory as the weights take", r.Bandwidth/1e9)
	}
	if r.Peak > 0 {
		peak = fmt.Sprintf("%.0f G operations/s of %s", r.Peak/1e9, r.Class)
	}
	return bandwidth + ", " + peak
}

func (r benchReport) cells(x bench.Result) []table.Cell {
	about := ""
	if x.Cost.Estimated {
		about = "~"
	}
	tokens := float64(x.Test.Tokens())
	share, bound := "", "not known"
	if x.Roof.Bound != "" {
		share, bound = fmt.Sprintf("%s%.0f", about, 100*x.Share), x.Roof.Bound
	}
	var cells []table.Cell
	for _, s := range []string{
		r.Model, r.Format, bytesOf(r.WeightBytes), r.Kernel, strconv.Itoa(x.Test.Threads), x.Test.KV, x.Name,
		rate(x.Speed.Median), rate(x.Speed.Min), rate(x.Speed.Max),
		about + bytesOf(int64(x.Cost.Bytes/tokens)), countOf(int64(x.Cost.Ops / tokens)), share, bound,
	} {
		cells = append(cells, table.Text(s))
	}
	return cells
}

// rate has three digits at least.
func rate(x float64) string {
	switch {
	case x >= 100:
		return fmt.Sprintf("%.0f", x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.2f", x)
}

func (r benchReport) csv(w io.Writer) error {
	c := csv.NewWriter(w)
	lines := [][]string{{"model", "format", "weight_bytes", "kernel", "threads", "kv_format", "test", "prompt", "generate", "depth", "batch",
		"tokens_per_second_median", "tokens_per_second_min", "tokens_per_second_max", "repetitions", "bytes", "ops", "estimated", "roof_share", "bound", "bytes_per_second", "ops_per_second"}}
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', 7, 64) }
	for _, x := range r.Results {
		t := x.Test
		lines = append(lines, []string{r.Model, r.Format, strconv.FormatInt(r.WeightBytes, 10), r.Kernel, strconv.Itoa(t.Threads), t.KV, x.Name,
			strconv.Itoa(t.Prompt), strconv.Itoa(t.Generate), strconv.Itoa(t.Depth), strconv.Itoa(t.Batch),
			number(x.Speed.Median), number(x.Speed.Min), number(x.Speed.Max), strconv.Itoa(len(x.Speed.Samples)),
			number(x.Cost.Bytes), number(x.Cost.Ops), strconv.FormatBool(x.Cost.Estimated), number(x.Share), x.Roof.Bound, number(x.Rates.Bandwidth), number(x.Rates.Peak)})
	}
	return c.WriteAll(lines)
}
