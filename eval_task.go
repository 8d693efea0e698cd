package main

import (
	"context"
	"io"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/exam"
)

// answers are one subject's on the items of a task.
type answers = exam.Answers

// runTask asks every subject in turn and prints what came of it. Kind and source say
// what was asked.
func runTask(ctx context.Context, w io.Writer, args []string, o evalOptions, kind, source string,
	ask func(ctx context.Context, e entry, threads int) (answers, error)) error {
	return runTaskAs(ctx, w, args, o, kind, source, writeTasks, ask)
}

// runTaskAs is runTask whose answers are printed by write.
func runTaskAs(ctx context.Context, w io.Writer, args []string, o evalOptions, kind, source string,
	write func(w io.Writer, all []record.Task, reference int) error, ask func(ctx context.Context, e entry, threads int) (answers, error)) error {
	l, err := openLineup(ctx, args, o)
	if err != nil {
		return err
	}
	defer l.close()
	var all []record.Task
	for _, e := range l.entries {
		start := time.Now()
		a, err := ask(ctx, e, l.threads)
		if err != nil {
			return err
		}
		all = append(all, record.Task{
			Format: record.FormatVersion, Kind: kind, Source: source,
			Subject: e.name.String(), Reference: l.entries[l.reference].name.String(),
			Metrics: a.Metrics, Items: a.Items,
			WeightBytes: e.weightBytes(), ElapsedNS: time.Since(start).Nanoseconds(),
		})
	}
	if o.json {
		return writeJSON(w, all)
	}
	return write(w, all, l.reference)
}
