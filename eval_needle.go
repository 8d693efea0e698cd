package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/engine/eval"
	"github.com/assaylab/assay/engine/eval/task"
	"github.com/assaylab/assay/reports/table"
)

type needleOptions struct {
	evalOptions
	source  string
	items   int
	seed    uint64
	lengths []int
	depths  []float64
}

func newEvalNeedle() *cobra.Command {
	var o needleOptions
	c := &cobra.Command{
		Use:   "needle SUBJECT... --source PATH",
		Short: "Long contexts: is a definition far above found again",
		Long: `Needle hides the definition of a constant in Go code, at --depths of contexts of
--lengths tokens, and asks for its value where the constant is named again below: which
of four values is the most likely one. What a KV cache gave up cannot be found, so that
this shows what a policy costs where perplexity does not.

PATH is a directory, of which all Go files are taken, or a file of many Go files one
after the other. The last token of the context counts as generated, so that with h2o and
snapkv the answer is predicted from what was kept.`,
		Example: `  assay eval needle embedded:gopherling-7m \
    embedded:gopherling-7m,kv_policy=window,kv_budget=128 \
    --source scenarios/data/assay-source.txt`,
		Args: arguments("SUBJECT..."),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return usageError(c, "%v", err)
			}
			return runNeedle(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), args, o)
		},
	}
	f := c.Flags()
	o.flags(f)
	f.StringVar(&o.source, "source", "", "directory or file with Go source (required)")
	f.IntVar(&o.items, "items", 20, "items of each length and depth")
	f.Uint64Var(&o.seed, "seed", 1, "of the code, names and values")
	f.IntSliceVar(&o.lengths, "lengths", []int{256, 512}, "tokens of a context")
	f.Float64SliceVar(&o.depths, "depths", []float64{0, .25, .5, .75, 1}, "where the definition stands, 0 for the beginning, 1 right above the use")
	_ = c.MarkFlagRequired("source") // fails for an unknown flag only
	return c
}

// shortestNeedle has room for a definition, its use, and some code between them.
const shortestNeedle = 64

func (o *needleOptions) check() error {
	switch {
	case o.items < 1:
		return fmt.Errorf("--items: found %d, expected 1 or more", o.items)
	case len(o.lengths) == 0 || len(o.depths) == 0:
		return fmt.Errorf("--lengths and --depths: found none, expected at least one of each")
	}
	if !distinct(o.lengths) || !distinct(o.depths) {
		return fmt.Errorf("--lengths and --depths: found a value twice, expected each once")
	}
	for _, n := range o.lengths {
		if n < shortestNeedle {
			return fmt.Errorf("--lengths: found %d, expected %d or more", n, shortestNeedle)
		}
	}
	for _, d := range o.depths {
		if !(d >= 0 && d <= 1) {
			return fmt.Errorf("--depths: found %g, expected 0 to 1", d)
		}
	}
	return nil
}

func distinct[T cmp.Ordered](values []T) bool {
	return len(slices.Compact(slices.Sorted(slices.Values(values)))) == len(values)
}

func runNeedle(ctx context.Context, w, werr io.Writer, args []string, o needleOptions) error {
	sources, err := readSources(o.source)
	if err != nil {
		return err
	}
	return runTaskAs(ctx, w, args, o.evalOptions, "needle", o.source, o.write, func(ctx context.Context, e entry, threads int) (answers, error) {
		needles, err := task.Needles(sources, e.checkpoint.Tokenizer, o.lengths, o.depths, o.items, o.seed)
		if err != nil {
			return answers{}, fmt.Errorf("%s: %w", o.source, err)
		}
		items := make([]eval.Choice, len(needles))
		for i, n := range needles {
			items[i] = n.Encode(e.checkpoint.Tokenizer)
		}
		step := newSteps(werr, e.name.String()+": item", len(items))
		defer step.end()
		values, err := eval.Choices(ctx, e.subject(), items, threads, step.done)
		if err != nil {
			return answers{}, fmt.Errorf("%s: %w", e.name, err)
		}
		return judgeNeedles(needles, items, values), nil
	})
}

// judgeNeedles counts hits over all items, and at each length and depth.
func judgeNeedles(needles []task.Needle, items []eval.Choice, values []eval.ChoiceValues) answers {
	all := record.Metric{Name: fmt.Sprintf("value found, of %d", task.NeedleChoices)}
	nll := record.Metric{Name: "negative log-likelihood of the value", Unit: "nats"}
	var a answers
	var cells []record.Metric
	for i, n := range needles {
		pick := n.Choice.Pick(items[i], values[i])
		hit := pick.Sum == n.Choice.Answer
		all.Hits = append(all.Hits, hit)
		nll.Values = append(nll.Values, -values[i].LogProb[n.Choice.Answer])
		cells = addHit(cells, fmt.Sprintf("value found, %d tokens, depth %g %%", n.Length, 100*n.Depth), i, hit)
		a.Items = append(a.Items, record.Item{ID: n.ID, Answer: n.Choice.Choices[pick.Sum], LogProb: values[i].LogProb})
	}
	a.Metrics = append([]record.Metric{all, nll}, cells...)
	return a
}

// addHit adds an item to the metric of that name, at the end where there is none.
func addHit(cells []record.Metric, name string, item int, hit bool) []record.Metric {
	at := slices.IndexFunc(cells, func(m record.Metric) bool { return m.Name == name })
	if at < 0 {
		at = len(cells)
		cells = append(cells, record.Metric{Name: name})
	}
	cells[at].Items, cells[at].Hits = append(cells[at].Items, item), append(cells[at].Hits, hit)
	return cells
}

// write prints a table of depths for each length, and the shares over all items.
func (o *needleOptions) write(w io.Writer, all []record.Task, reference int) error {
	for at, length := range o.lengths {
		t := o.depthTable(all, 2+at*len(o.depths), length)
		if err := t.Text(w); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	whole := slices.Clone(all)
	for i := range whole {
		whole[i].Metrics = whole[i].Metrics[:2]
	}
	return writeTasks(w, whole, reference)
}

// depthTable has a line per subject, and the metrics from the first on in its columns.
func (o *needleOptions) depthTable(all []record.Task, first, length int) table.Table {
	t := table.Table{Caption: fmt.Sprintf("value found, contexts of %d tokens, by depth (items: %d each)", length, o.items),
		Columns: []table.Column{{Title: "subject"}}}
	for _, d := range o.depths {
		t.Columns = append(t.Columns, table.Column{Title: fmt.Sprintf("%g %%", 100*d), Unit: "%", Align: table.Right})
	}
	for _, s := range all {
		row := table.Row{Cells: []table.Cell{table.Text(s.Subject)}}
		for _, m := range s.Metrics[first : first+len(o.depths)] {
			n := 0
			for _, hit := range m.Hits {
				if hit {
					n++
				}
			}
			row.Cells = append(row.Cells, withInterval(float64(n)/float64(len(m.Hits)), stat.Wilson(n, len(m.Hits)), true,
				func(x float64) string { return fmt.Sprintf("%.0f", 100*x) }))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
