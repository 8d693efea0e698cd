package group

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/analysis/steady"
	"github.com/assaylab/assay/loadgen/result"
)

// pace multiplies the gaps between the messages of each request, and keeps Little's law.
func pace(t *record.Trial, q []result.Request, by func(i int) float64) {
	for i := range q {
		r := &q[i]
		for j := range r.Events {
			r.Events[j].At = r.First + int64(float64(r.Events[j].At-r.First)*by(i))
		}
		last := r.Events[len(r.Events)-1].At
		t.Engine.RunningNS += last - r.Last
		r.End, r.Last = r.End+last-r.Last, last
	}
}

// begin begins each answer later by so much, and keeps Little's law.
func begin(t *record.Trial, q []result.Request, by func(i int) int64) {
	for i := range q {
		r, d := &q[i], by(i)
		for _, stamp := range []*int64{&r.Headers, &r.First, &r.Last, &r.End} {
			*stamp += d
		}
		for j := range r.Events {
			r.Events[j].At += d
		}
		t.Engine.RunningNS += d
	}
}

func overTimePlan(edit func(*record.Trial, []result.Request)) recordtest.Plan {
	p := recordtest.Small()
	p.Requests = 160
	p.Edit = func(r *record.Trial, q []result.Request) bool {
		if r.Key.Arm == "fast" && r.Key.Load == "r20" {
			edit(r, q)
		}
		return true
	}
	return p
}

func TestOverTime(t *testing.T) {
	for _, c := range []struct {
		name             string
		edit             func(*record.Trial, []result.Request)
		invalid, growing string // "" for not
		state            steady.State
	}{
		{"as it is", func(*record.Trial, []result.Request) {}, "", "", steady.Steady},
		{"drifts", func(r *record.Trial, q []result.Request) {
			pace(r, q, func(i int) float64 { return 1 + 0.4*float64(i)/160 })
		}, "TPOT drifts: it went from ", "", steady.Drifts},
		{"drifts by less than matters", func(r *record.Trial, q []result.Request) {
			pace(r, q, func(i int) float64 { return 1 + 0.08*float64(i)/160 })
		}, "", "", steady.Steady},
		{"jumps", func(r *record.Trial, q []result.Request) {
			pace(r, q, func(i int) float64 { return 1 + 0.5*float64(i/100) })
		}, "TPOT jumps 5.", "", steady.Shifts},
		{"settles late", func(r *record.Trial, q []result.Request) {
			pace(r, q, func(i int) float64 { return max(1, 3-float64(i)/50) })
		}, "it never reached a steady state", "", steady.Unsteady},
		{"warms up", func(r *record.Trial, q []result.Request) {
			pace(r, q, func(i int) float64 { return 2 - float64(min(i/20, 1)) })
		}, "", "", steady.Steady},
		{"grows", func(r *record.Trial, q []result.Request) {
			begin(r, q, func(i int) int64 { return int64(i) * 30 * ms })
		}, "", "over-saturated: the queue only grows, from ", steady.Steady},
		{"was stopped", func(r *record.Trial, _ []result.Request) {
			r.Stopped, r.Unsent = "over-saturated: so said the lab", 40
		}, "", "so said the lab", steady.Steady},
	} {
		cell := load(t, overTimePlan(c.edit))["fast r20"]
		matches(t, c.name+": invalid", cell.Invalid, c.invalid)
		matches(t, c.name+": over-saturated", cell.OverSaturated, c.growing)
		if got := cell.Trials[0].OverTime.TPOT.State; got != c.state {
			t.Errorf("%s: state %d, want %d", c.name, got, c.state)
		}
	}
}

func matches(t *testing.T, what string, got []string, want string) {
	t.Helper()
	if all := strings.Join(got, "; "); want == "" && all != "" || !strings.Contains(all, want) {
		t.Errorf("%s: %q, want %q", what, all, want)
	}
}

// What is meant to move is not asked to stand still.
func TestMovingLoadsAreNotJudged(t *testing.T) {
	for _, edit := range []func(*record.Load){
		func(l *record.Load) { l.Shape = "a ramp" },
		func(l *record.Load) { l.Arrival = "recorded in a.csv" },
		func(l *record.Load) { l.Conversation = "3 turns" },
	} {
		p := overTimePlan(func(r *record.Trial, q []result.Request) {
			pace(r, q, func(i int) float64 { return 1 + float64(i)/160 })
		})
		p.EditRun = func(r *record.Run) {
			for i := range r.Loads {
				edit(&r.Loads[i])
			}
		}
		c := load(t, p)["fast r20"]
		if len(c.Invalid) > 0 || c.Trials[0].OverTime.Unjudged == "" {
			t.Errorf("%+v: %q, unjudged %q", c.Load, c.Invalid, c.Trials[0].OverTime.Unjudged)
		}
	}
}

// Only where the load says so is the warm-up left out; failures in it never are, and what its
// requests were sent inside the window still counts as sent.
func TestTrim(t *testing.T) {
	edit := func(r *record.Trial, q []result.Request) {
		pace(r, q, func(i int) float64 { return 3 - 2*float64(min(i/20, 1)) })
		q[3].Outcome, q[3].Error = result.Reset, "reset"
	}
	p := overTimePlan(edit)
	whole := load(t, p)["fast r20"].Trials[0]
	if whole.OverTime.WarmUp != 21 || // 20 that have a TPOT, and the failure
		whole.Requests.Len() != 160 || whole.Measured() != whole.WindowNS {
		t.Fatalf("warm-up %d, %d requests, window %d of %d", whole.OverTime.WarmUp, whole.Requests.Len(), whole.Measured(), whole.WindowNS)
	}
	p.EditRun = func(r *record.Run) {
		for i := range r.Loads {
			r.Loads[i].Trim = record.TrimAuto
		}
	}
	c := load(t, p)["fast r20"]
	cut := c.Trials[0]
	if len(c.Invalid) > 0 {
		t.Errorf("invalid: %q", c.Invalid)
	}
	before, trimmed, left := copied(whole.Requests), copied(cut.Trimmed.Requests), copied(cut.Requests)
	if len(trimmed) != 20 || cut.Trimmed.Requests.Len() != 20 || cut.Trimmed.Kept != 1 || len(left) != 140 || cut.Requests.Len() != 140 || left[0].Outcome != result.Reset {
		t.Errorf("%d trimmed, %d failures kept, %d requests, the first %s", len(trimmed), cut.Trimmed.Kept, len(left), left[0].Outcome)
	}
	if all := copied(cut.Whole()); !reflect.DeepEqual(all, before) {
		t.Errorf("%d requests in all, want the %d of before", len(all), len(before))
	}
	if want := before[20].Intended; cut.Trimmed.To != want || cut.Measured() != cut.WindowNS-want {
		t.Errorf("the window begins at %d, want %d", cut.Trimmed.To, want)
	}
	tokens, want := 0, 0
	for i := range left {
		tokens += cut.Tokens(&left[i])
	}
	for _, r := range before {
		for _, e := range r.Events {
			if e.At < whole.WindowNS && (e.At >= cut.Trimmed.To || r.Outcome != result.OK) {
				want += e.Tokens
			}
		}
	}
	if tokens != want {
		t.Errorf("%d tokens in the window, want %d", tokens, want)
	}
}

// A test at 1 % over twenty repetitions would find one of five steady cells unsteady.
func TestRepetitionsShareTheLevel(t *testing.T) {
	invalid := 0
	for seed := range uint64(15) {
		p := recordtest.Small()
		p.Seed, p.Repetitions = seed, 8
		for _, c := range load(t, p) {
			if len(c.Unsteady) > 0 {
				invalid++
			}
		}
	}
	if invalid > 3 { // of 60 cells, 0.6 expected at most
		t.Errorf("%d of 60 steady cells of 8 repetitions are called unsteady", invalid)
	}
}

func copied(q Requests) (out []result.Request) {
	for r := range q.All() {
		one := *r
		one.Events = slices.Clone(r.Events)
		out = append(out, one)
	}
	return out
}
