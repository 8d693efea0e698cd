package analysis

import (
	"math"
	"slices"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
)

// TaskFigure is one figure of a task, of all arms that have it: asked the same, in the same form.
type TaskFigure struct {
	Kind, Form, Source string // of the task
	Metric             string
	Unit               string // "ratio" of a share of items, else of a mean
	Rows               []TaskRow
}

// TaskRow is what arms reached that share their answers.
type TaskRow struct {
	Arms       []string // ids
	Value      Value
	Reference  bool  // the others are compared with it
	Difference Value // to the reference, item by item
	Gained     int   // items that only this one hit
	Lost       int   // items that only the reference hit

	hits []bool // by item, where Value is a share
}

// TaskGap is what of the tasks there is no figure of for arms.
type TaskGap struct {
	Arms   []string // ids
	Reason string
}

// judgeTasks compares the arms' answers to tasks, and says which arms answer well enough to be recommended. Where a task is all that
// compares what answers are worth, an arm that was asked it in no form may answer anything, or nothing.
func (a *analysis) judgeTasks() {
	s := a.study
	s.Tasks, s.TaskGaps = tasksOf(a.set, func(t record.Task) []record.Metric { return t.Metrics })
	scores, _ := tasksOf(a.set, scoreOf)
	s.Exam = a.examOf(scores)
	for i := range a.arms {
		j := &a.arms[i]
		for _, k := range a.judging() {
			j.Scores = append(j.Scores, a.scoreOn(k, j.Arm.Arm, scores))
		}
		j.setEligible(a.run)
		j.Eligible = j.Eligible && !a.unexamined(j)
	}
}

// tasksOf lists the figures in the order in which the first arm that has each was asked. The included engine's
// first arm is the reference where it has the figure, else the first that does.
func tasksOf(set *record.Set, metrics func(record.Task) []record.Metric) (figures []TaskFigure, gaps []TaskGap) {
	var ids []string
	sharing, engine := map[string][]string{}, map[string]bool{}
	for _, arm := range set.Run.Arms {
		if id := arm.TasksID; id != "" {
			if sharing[id] == nil {
				ids = append(ids, id)
			}
			sharing[id] = append(sharing[id], arm.ID)
			engine[id] = arm.Deployment == nil
		}
	}
	slices.SortStableFunc(ids, func(x, y string) int { return rank(engine[y]) - rank(engine[x]) })
	references := map[int]record.Metric{}
	for _, id := range ids {
		q := set.Quality[id]
		if q == nil {
			gaps = withGap(gaps, sharing[id], "no answers to the tasks")
			continue
		}
		for _, why := range q.NotAsked {
			gaps = withGap(gaps, sharing[id], why)
		}
		for _, t := range q.Tasks {
			for _, m := range metrics(t) {
				i := figureOf(&figures, t, m)
				if len(figures[i].Rows) == 0 {
					references[i] = m
				}
				figures[i].Rows = append(figures[i].Rows, taskRow(sharing[id], m, references[i], len(figures[i].Rows) == 0))
			}
		}
	}
	return figures, gaps
}

// withGap adds arms to those of the same reason.
func withGap(gaps []TaskGap, arms []string, reason string) []TaskGap {
	for i := range gaps {
		if gaps[i].Reason == reason {
			gaps[i].Arms = append(slices.Clone(gaps[i].Arms), arms...)
			return gaps
		}
	}
	return append(gaps, TaskGap{arms, reason})
}

func rank(first bool) int {
	if first {
		return 1
	}
	return 0
}

// figureOf finds the figure, or adds it.
func figureOf(all *[]TaskFigure, t record.Task, m record.Metric) int {
	want := TaskFigure{Kind: t.Kind, Form: t.Form, Source: t.Source, Metric: m.Name, Unit: m.Unit}
	if m.Hits != nil {
		want.Unit = "ratio"
	}
	for i, f := range *all {
		if f.Kind == want.Kind && f.Form == want.Form && f.Source == want.Source && f.Metric == want.Metric && f.Unit == want.Unit {
			return i
		}
	}
	*all = append(*all, want)
	return len(*all) - 1
}

func taskRow(arms []string, m, reference record.Metric, first bool) TaskRow {
	r := TaskRow{Arms: arms, hits: m.Hits, Reference: first, Difference: Value{Note: "the reference"}}
	if m.Hits != nil {
		r.Value = shareOf(m.Hits)
	} else {
		r.Value = meanOf(m.Values, m.Unit)
	}
	switch {
	case first:
	case len(m.Hits) != len(reference.Hits) || len(m.Values) != len(reference.Values) || !slices.Equal(m.Items, reference.Items):
		r.Difference = Value{Note: "of other items"}
	case m.Hits != nil:
		c := stat.ComparePaired(m.Hits, reference.Hits)
		r.Difference = Value{Estimate: c.Difference, Low: c.Interval.Low, High: c.Interval.High, Level: stat.Confidence, N: c.N, Unit: "ratio"}
		r.Gained, r.Lost = c.Gained, c.Lost
	default:
		difference := make([]float64, len(m.Values))
		for i := range difference {
			difference[i] = m.Values[i] - reference.Values[i]
		}
		r.Difference = meanOf(difference, m.Unit)
	}
	return r
}

func shareOf(hits []bool) Value {
	n := 0
	for _, hit := range hits {
		if hit {
			n++
		}
	}
	if len(hits) == 0 {
		return Value{Note: NotMeasured}
	}
	i := stat.Wilson(n, len(hits))
	return Value{Estimate: float64(n) / float64(len(hits)), Low: i.Low, High: i.High, Level: stat.Confidence, N: len(hits), Unit: "ratio"}
}

func meanOf(values []float64, unit string) Value {
	if len(values) == 0 {
		return Value{Note: NotMeasured}
	}
	mean, i, ok := stat.MeanOf(values)
	if !ok {
		i.Low, i.High = math.Inf(-1), math.Inf(1)
	}
	return Value{Estimate: mean, Low: i.Low, High: i.High, Level: stat.Confidence, N: len(values), Unit: unit}
}
