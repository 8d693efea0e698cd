package experiments

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/testkit"
	"github.com/assaylab/assay/loadgen/scripted"
)

// taskTables are two tasks of one item each.
func taskTables(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	choice := testkit.WriteFile(t, filepath.Join(dir, "choice.jsonl"), `{"id":"q","context":"1 + 1 =","choices":["1","2"],"answer":1}`+"\n")
	code := testkit.WriteFile(t, filepath.Join(dir, "code.txt"), "package a\n\nfunc f() int {\n\tx := 1\n\treturn x\n}\n")
	return fmt.Sprintf("[[task]]\nkind = \"choice\"\nfile = %q\nmax_tokens = 4\n[[task]]\nkind = \"code\"\nfile = %q\nitems = 1\nmax_tokens = 8\n", choice, code)
}

// lettered answers every completion with a letter.
func lettered(t *testing.T) *scripted.Server {
	t.Helper()
	s, err := scripted.Start(func(r scripted.Received) scripted.Script {
		if !strings.HasSuffix(r.Path, "/completions") {
			return scripted.Refuse(404, 0, "no such path")
		}
		a := scripted.Answer{Chat: strings.Contains(r.Path, "/chat/"), Finish: "stop", Prompt: 5, Usage: scripted.Final,
			Parts: []scripted.Part{scripted.Message(time.Millisecond, 1, "B")}}
		return a.Script()
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// TestTasksOfTargets: each target answers by what it can give, once; one that does not answer is noted, and the rest goes on.
func TestTasksOfTargets(t *testing.T) {
	s := lettered(t)
	chat := strings.Replace(table("chat", s.URL(), ""), "completions", "chat", 1)
	l, p, dir := targetPlan(t, taskTables(t)+table("text", s.URL(), "")+chat+table("none", s.URL(), "tasks = false")+table("dead", closedPort(t), ""))
	if _, err := carry(t.Context(), l, p, dir); err != nil {
		t.Fatal(err)
	}
	set, err := record.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, a := range set.Run.Arms {
		q := set.Quality[a.TasksID]
		if q == nil {
			found[a.Deployment.Target] = "nothing"
			continue
		}
		var words []string
		for _, k := range q.Tasks {
			words = append(words, fmt.Sprintf("%s %s %v", k.Kind, k.Form, k.Metrics[0].Hits))
		}
		found[a.Deployment.Target] = fmt.Sprintf("%s; %d not asked", strings.Join(words, ", "), len(q.NotAsked))
	}
	for name, want := range map[string]string{
		"text": "letters text [true], code text [false]; 1 not asked", "chat": "letters chat [true]; 2 not asked", "none": "nothing", "dead": "nothing",
	} {
		if found[name] != want {
			t.Errorf("%s: found %q, want %q", name, found[name], want)
		}
	}
	notes := l.Progress.(*silent).notes
	if !slices.ContainsFunc(notes, func(n string) bool { return strings.Contains(n, "tasks were not answered by dead") }) {
		t.Errorf("notes %q", notes)
	}
	before := asked(s)
	if _, err := carry(t.Context(), l, p, dir); err != nil {
		t.Fatal(err)
	}
	if after := asked(s); after != before {
		t.Errorf("%d requests more when the run is resumed", after-before)
	}
}

// TestTasksCount: tasks are part of the worst case, and of what was spent.
func TestTasksCount(t *testing.T) {
	s := lettered(t)
	tasks := taskTables(t)
	_, with, _ := targetPlan(t, tasks+table("x", s.URL(), ""))
	_, without, _ := targetPlan(t, tasks+table("x", s.URL(), "tasks = false"))
	a, b := with.Worst(with.Scenario.Targets[0]), without.Worst(without.Scenario.Targets[0])
	const letters, probe, scores, code = 1, 1, 3, 1
	if more := a.Requests - b.Requests; more != letters+probe+scores+code || a.Tokens <= b.Tokens {
		t.Errorf("%d requests and %d tokens more with tasks", more, a.Tokens-b.Tokens)
	}
	l, p, dir := targetPlan(t, tasks+table("x", s.URL(), fmt.Sprintf("budget_requests = %d", a.Requests)))
	if _, err := carry(t.Context(), l, p, dir); err != nil {
		t.Error(err)
	}
	l, p, dir = targetPlan(t, tasks+table("x", s.URL(), fmt.Sprintf("budget_requests = %d", a.Requests-1)))
	if _, err := carry(t.Context(), l, p, dir); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("may send %d requests", a.Requests)) {
		t.Errorf("a budget of one request less gave %v", err)
	}
}
