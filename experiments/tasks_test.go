package experiments

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/scenario"
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

// knower is a provider that answers questions by the letter that they tell, or always by the first one.
func knower(t *testing.T, name, price string, knows bool) string {
	t.Helper()
	s, err := scripted.Start(func(r scripted.Received) scripted.Script {
		p := scripted.Provider{Dialect: "openai-chat", Model: "m", ID: fmt.Sprint("req_", r.Seq), Words: []string{"A"}, Gap: time.Millisecond, Prompt: 20, Output: 1}
		if len(r.Body) == 0 {
			return p.Refuse(404, 0, "no list")
		}
		if knows && strings.Contains(string(r.Body), "the second one is right") {
			p.Words = []string{"B"}
		}
		return p.Script()
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return fmt.Sprintf("[[target]]\nname = %q\nurl = %q\ndialect = \"openai-chat\"\nmodel = \"m\"\nprice = %q\nbudget = \"USD 0.05\"\n", name, s.URL(), price)
}

// questions are a task whose right answers are the first choice and the second in turn, which half of all answer "A" to.
func questions(t *testing.T, n int, lines string) string {
	t.Helper()
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"id":"q%d","context":"Of these the %s one is right.","choices":["1","2"],"answer":%d}`+"\n", i, []string{"first", "second"}[i%2], i%2)
	}
	return fmt.Sprintf("[[task]]\nkind = \"choice\"\nfile = %q\nmax_tokens = 4\n%s\n", testkit.WriteFile(t, filepath.Join(t.TempDir(), "questions.jsonl"), b.String()), lines)
}

// Of two APIs the one that knows nothing is the cheaper: it is recommended, unless a bound asks for more than chance.
func TestLeastOfAPIs(t *testing.T) {
	for _, c := range []struct{ least, want string }{{"", "guesses"}, {"least = 0.8", "knows"}} {
		dir := t.TempDir()
		testkit.WriteFile(t, filepath.Join(dir, "text.txt"), testkit.Corpus(t))
		// A limit that is far away and a load without a schedule let the lab be late, on a busy machine.
		text := "name = \"two APIs\"\n[model]\npath = \"embedded:gopherling-2m\"\n[[load]]\narrival = \"closed\"\nconcurrencies = [1]\nrequests = 60\nprompt_tokens = 16\noutput_tokens = 4\ntext = \"text.txt\"\n" +
			"[slo]\nlimit = [{ metric = \"ttft\", limit = \"20s\" }]\n[run]\nconfirm = false\n"
		l, p := planned(t, filepath.Join(dir, "two.toml"), text+questions(t, 40, c.least)+knower(t, "guesses", "gpt-5.6-luna", false)+knower(t, "knows", "claude-haiku-4-5", true))
		dir = filepath.Join(dir, "run")
		study, err := carry(t.Context(), l, p, dir)
		if err != nil {
			t.Fatal(err)
		}
		right, recommended := map[string]float64{}, ""
		for _, a := range study.Arms {
			right[a.Arm.Deployment.Target] = a.Scores[0].Right.Estimate
			if a.Arm.ID == study.Choice.Arm {
				recommended = a.Arm.Deployment.Target
			}
			if !a.OnFront {
				t.Errorf("%s is behind: one is the cheaper, the other the better\n%s", a.Arm.Name, a.Excluded)
			}
		}
		if recommended != c.want || right["knows"] != 1 || right["guesses"] != .5 {
			t.Errorf("%q: %q is recommended, want %q; right answers %v\n%s", c.least, recommended, c.want, right, study.Choice.Paragraph)
		}
	}
}

// A share that not even all items show is refused when the scenario is planned.
func TestLeastThatCannotBeShown(t *testing.T) {
	dir := t.TempDir()
	testkit.WriteFile(t, filepath.Join(dir, "text.txt"), testkit.Corpus(t))
	text := "name = \"x\"\n[model]\npath = \"embedded:gopherling-2m\"\n[[load]]\narrival = \"constant\"\nrates = [1]\nrequests = 2\nprompt_tokens = 16\noutput_tokens = 4\ntext = \"text.txt\"\n" + questions(t, 20, "least = 0.9") + "[target]\nurl = \"http://127.0.0.1:1\"\nmodel = \"m\"\n"
	s, err := scenario.Load(testkit.WriteFile(t, filepath.Join(dir, "x.toml"), text))
	if err != nil {
		t.Fatal(err)
	}
	_, err = newLab(t).Plan(s)
	if err == nil || !strings.Contains(err.Error(), "task[0].least: 0.9, expected at most 0.838, which is where the interval begins when all 20 items of ") || !strings.Contains(err.Error(), "35 items, all of them right, show it") {
		t.Error(err)
	}
}
