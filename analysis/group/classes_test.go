package group

import (
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/loadgen/result"
)

// The requests of each class are those of the cell that have its name and were not trimmed, in both kinds of walks, and as many as counted.
func TestClasses(t *testing.T) {
	p := overTimePlan(func(r *record.Trial, q []result.Request) {
		pace(r, q, func(i int) float64 { return 3 - 2*float64(min(i/20, 1)) })
		for i := range q {
			q[i].Class = []string{"chat", "batch", "other"}[i%3]
		}
		q[3].Outcome, q[3].Error = result.Reset, "reset"
	})
	p.EditRun = func(r *record.Run) {
		for i := range r.Loads {
			r.Loads[i].Trim = record.TrimAuto
			r.Loads[i].Classes = []record.Class{{Name: "chat"}, {Name: "nobody"}, {Name: "batch"}}
		}
	}
	c := load(t, p)["fast r20"]
	if c.Trials[0].Trimmed.Requests.Len() == 0 {
		t.Fatal("nothing was trimmed")
	}
	classes := c.Classes()
	for k, class := range c.Load.Classes {
		var want []uint64
		for r := range c.All() {
			if r.Class == class.Name {
				want = append(want, r.Seq)
			}
		}
		got, summaries := seqs(classes[k].Trials[0].Requests), 0
		for range classes[k].Trials[0].Requests.Summaries() {
			summaries++
		}
		if len(got) != len(want) || summaries != len(want) || classes[k].Requests() != len(want) {
			t.Fatalf("%s: %d requests, %d summaries, %d counted, want %d", class.Name, len(got), summaries, classes[k].Requests(), len(want))
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("%s: request %d is %d, want %d", class.Name, i, got[i], want[i])
			}
		}
	}
	c.Load.Classes = nil
	if all := c.Classes(); all != nil {
		t.Errorf("%d cells of a load without classes", len(all))
	}
	var none Requests
	if none.Len() != 0 || none.Events() != 0 || none.Err() != nil || len(seqs(none)) != 0 {
		t.Error("the zero value has requests")
	}
}

func seqs(q Requests) (out []uint64) {
	for r := range q.All() {
		out = append(out, r.Seq)
	}
	return out
}
