package analysis

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/loadgen/result"
)

// mixed is two classes in turn: "chat" of team "web", slow in every request that slow names; "batch" has limits of
// its own, and of its requests every third has no team.
func mixed(slow func(arm string, seq uint64) bool) recordtest.Plan {
	p := recordtest.Small()
	p.Rates, p.Requests = []float64{20}, 180
	p.EditRun = func(r *record.Run) {
		r.Loads[0].Classes = []record.Class{
			{Name: "chat", Weight: 1, Team: "web"},
			{Name: "batch", Weight: 1, SLOs: []record.SLO{{Metric: "e2e", Percentile: 0.5, LimitNS: 20e9, Origin: "made up"}}},
		}
	}
	p.Edit = func(t *record.Trial, q []result.Request) bool {
		for i := range q {
			q[i].Class, q[i].Team = "chat", "web"
			if i%2 == 1 {
				q[i].Class, q[i].Team = "batch", []string{"lab", "lab", ""}[i%3]
			}
			if slow(t.Key.Arm, q[i].Seq) {
				push(&q[i], 2e9)
				t.Engine.RunningNS += 2e9
			}
		}
		return true
	}
	return p
}

// push delays an answer.
func push(q *result.Request, by int64) {
	q.First, q.Last, q.End = q.First+by, q.Last+by, q.End+by
	for i := range q.Events {
		q.Events[i].At += by
	}
}

// Every class is judged by its own limits, and the cell by the worst of them.
func TestClassesAreJudgedApart(t *testing.T) {
	never := func(string, uint64) bool { return false }
	for _, c := range []struct {
		name        string
		slow        func(arm string, seq uint64) bool
		chat, batch Verdict
	}{
		{"all fast", never, Met, Met},
		{"slow where a limit allows it", func(_ string, seq uint64) bool { return seq%2 == 1 }, Met, Met},
		{"slow where a limit does not", func(_ string, seq uint64) bool { return seq%2 == 0 }, Missed, Met},
	} {
		s := study(t, mixed(c.slow))
		cell := s.Cells[1]
		if cell.Arm != "fast" || len(cell.Classes) != 2 || cell.Classes[0].Verdict != c.chat || cell.Classes[1].Verdict != c.batch || cell.Verdict != worse(c.chat, c.batch) {
			t.Errorf("%s: %s: %+v", c.name, cell.Verdict, cell.Classes)
		}
		if len(cell.SLOs) != 3 || cell.SLOs[0].Class != "chat" || cell.SLOs[2].Class != "batch" || cell.SLOs[0].N != 90 {
			t.Errorf("%s: %+v", c.name, cell.SLOs)
		}
		met := 1.0
		if c.chat == Missed {
			met = 0.5
		}
		if cell.Attainment.Estimate != met || cell.Classes[0].Issued != 90 {
			t.Errorf("%s: attainment %+v", c.name, cell.Attainment)
		}
		if held := s.Arms[1].Capacity.Rate; (held == 20) != (c.chat == Met) {
			t.Errorf("%s: capacity %g", c.name, held)
		}
	}
	p := mixed(never)
	s := study(t, p)
	if got := s.Choice.Paragraph; !strings.Contains(got, "of chat") || !strings.Contains(got, "of batch") {
		t.Errorf("the paragraph does not name the classes: %s", got)
	}
	// The percentiles of a class are those of a run that has no other requests.
	q, _ := s.Cells[1].Classes[0].Percentile("ttft", 0.95)
	edit := p.Edit
	p.EditRun = nil
	p.Edit = func(t *record.Trial, q []result.Request) bool { return edit(t, q) }
	set := recordtest.Make(t, p)
	requests, err := set.Requests(set.Trials[1].Key.ID)
	if err != nil {
		t.Fatal(err)
	}
	var ttft []float64
	for _, r := range requests {
		if r.Class == "chat" {
			ttft = append(ttft, float64(r.First-r.Intended))
		}
	}
	slices.Sort(ttft)
	if want := ttft[85]; len(ttft) != 90 || q.Value.Estimate != want { // nearest rank: 0.95 x 90 = 85.5
		t.Errorf("p95 %v, want %v", q.Value.Estimate, want)
	}
}

func TestTeams(t *testing.T) {
	p := mixed(func(string, uint64) bool { return false })
	edit := p.Edit
	p.Edit = func(t *record.Trial, q []result.Request) bool {
		edit(t, q)
		for i := range q {
			q[i].PromptTokens, q[i].CachedTokens, q[i].OutputTokens = 10, 4, len(q[i].Events)
		}
		q[0].Outcome, q[0].OutputTokens = result.Timeout, 3
		return true
	}
	s := study(t, p)
	cell := s.Cells[1]
	var out []int
	for _, u := range cell.Teams {
		out = append(out, u.Requests, u.OK, int(u.PromptTokens), int(u.CachedTokens))
	}
	if want := []int{30, 30, 300, 120 /* lab */, 60, 60, 600, 240 /* web */, 90, 89, 890, 356}; !reflect.DeepEqual(out, want) {
		t.Errorf("%v, want %v", out, want)
	}
	if cell.Teams[0].Team != "" || cell.Teams[2].Outcomes[result.Timeout] != 1 || cell.Teams[2].OutputTokens < 3 {
		t.Errorf("%+v", cell.Teams)
	}
	if s := study(t, recordtest.Small()); s.Cells[0].Teams != nil || s.Cells[0].Classes != nil {
		t.Error("teams of requests that have none")
	}
}

func TestRepeatsAreTold(t *testing.T) {
	p := recordtest.Small()
	p.Edit = func(t *record.Trial, _ []result.Request) bool { t.Repeated = 5; return true }
	if s := study(t, p); !slices.ContainsFunc(s.Warnings, func(w string) bool { return strings.HasPrefix(w, "20 prompts of 240 repeat earlier ones") }) {
		t.Errorf("%q", s.Warnings)
	}
}

func TestLoadsAreValidated(t *testing.T) {
	good := record.Class{Name: "a"}
	for _, classes := range [][]record.Class{{{}}, {good, good}, {{Name: "a", SLOs: []record.SLO{{Metric: "speed", Percentile: .5, LimitNS: 1}}}}} {
		run := recordtest.Small().Run()
		run.Loads[0].Classes = classes
		dir := t.TempDir()
		if err := record.WriteJSON(dir+"/"+record.RunFile, run); err != nil {
			t.Fatal(err)
		}
		if _, err := record.Read(dir); err == nil || !strings.Contains(err.Error(), "load r20: classes[") {
			t.Errorf("%+v: %v", classes, err)
		}
	}
}
