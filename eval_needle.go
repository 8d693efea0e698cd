package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/engine/eval"
	"github.com/assaylab/assay/engine/eval/task"
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
		Example: `  assay eval needle embedded:gopherling-7m embedded:gopherling-7m,kv_policy=window,kv_budget=128 \
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

func runNeedle(ctx context.Context, w, werr io.Writer, args []string, o needleOptions) error {
	sources, err := readSources(o.source)
	if err != nil {
		return err
	}
	return runTask(ctx, w, args, o.evalOptions, "needle", o.source, func(ctx context.Context, e entry, threads int) (answers, error) {
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

// judgeNeedles counts hits over all items, by length, and by depth where there are several.
func judgeNeedles(needles []task.Needle, items []eval.Choice, values []eval.ChoiceValues) answers {
	all := record.Metric{Name: fmt.Sprintf("value found, of %d", task.NeedleChoices)}
	nll := record.Metric{Name: "negative log-likelihood of the value", Unit: "nats"}
	var a answers
	groups := newGroups()
	for i, n := range needles {
		pick := n.Choice.Pick(items[i], values[i])
		hit := pick.Sum == n.Choice.Answer
		all.Hits = append(all.Hits, hit)
		nll.Values = append(nll.Values, -values[i].LogProb[n.Choice.Answer])
		groups.add(fmt.Sprintf("%s, %d tokens", all.Name, n.Length), i, hit)
		groups.add(fmt.Sprintf("%s, at depth %g %%", all.Name, 100*n.Depth), i, hit)
		groups.add(fmt.Sprintf("%s, %d tokens at depth %g %%", all.Name, n.Length, 100*n.Depth), i, hit)
		a.items = append(a.items, record.Item{ID: n.ID, Answer: n.Choice.Choices[pick.Sum], LogProb: values[i].LogProb})
	}
	a.metrics = append([]record.Metric{all}, groups.metrics...)
	a.metrics = append(a.metrics, nll)
	return a
}

// groups are metrics of some of the items, in the order in which they first came.
type groups struct {
	metrics []record.Metric
	at      map[string]int
}

func newGroups() *groups { return &groups{at: map[string]int{}} }

func (g *groups) add(name string, item int, hit bool) {
	i, ok := g.at[name]
	if !ok {
		i = len(g.metrics)
		g.at[name] = i
		g.metrics = append(g.metrics, record.Metric{Name: name})
	}
	m := &g.metrics[i]
	m.Items, m.Hits = append(m.Items, item), append(m.Hits, hit)
}
