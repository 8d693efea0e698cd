package experiments

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/store"
	"github.com/assaylab/assay/experiments/sweep"
	"github.com/assaylab/assay/experiments/target"
	"github.com/assaylab/assay/experiments/target/vllmtest"
	"github.com/assaylab/assay/experiments/testkit"
	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/scripted"
)

// silent hears of a run and keeps its notes.
type silent struct{ notes []string }

func (*silent) Phase(string)             {}
func (*silent) Trial(Running)            {}
func (*silent) Finished(Running, string) {}
func (s *silent) Note(sentence string)   { s.notes = append(s.notes, sentence) }

// answering is a server of completions without a list of models, which hears of each request before it answers.
func answering(t *testing.T, hear func(n int), refuse *scripted.Script) *scripted.Server {
	t.Helper()
	var n atomic.Int32
	s, err := scripted.Start(func(r scripted.Received) scripted.Script {
		switch {
		case !strings.HasSuffix(r.Path, "/completions") && refuse == nil: // no list of models, and no counters
			return scripted.Refuse(404, 0, "no such path")
		case refuse != nil:
			return *refuse
		}
		if k := n.Add(1); hear != nil {
			hear(int(k))
		}
		return scripted.Steady(time.Millisecond, time.Millisecond, 4).Script()
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// asked is how many completions a server was asked for.
func asked(s *scripted.Server) (n int) {
	for _, r := range s.Served() {
		if strings.HasSuffix(r.Path, "/completions") {
			n++
		}
	}
	return n
}

// closedPort is an address at which nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

// targetPlan plans a scenario of targets alone, at one load of ten requests and one that is asked for forced lengths.
func targetPlan(t *testing.T, targets string) (*Lab, *Plan, string) {
	t.Helper()
	dir := t.TempDir()
	testkit.WriteFile(t, filepath.Join(dir, "text.txt"), testkit.Corpus(t))
	if err := os.Mkdir(filepath.Join(dir, "model"), 0o755); err != nil {
		t.Fatal(err)
	}
	testkit.WriteFile(t, filepath.Join(dir, "model", "config.json"), "{}")
	const load = "[[load]]\narrival = \"constant\"\nrates = [200]\nrequests = 10\nwarmup = 2\nprompt_tokens = 16\noutput_tokens = 4\ntext = \"text.txt\"\n"
	text := "name = \"targets\"\n[model]\npath = \"embedded:gopherling-2m\"\n" + load + "name = \"plain\"\n" + load + "name = \"forced\"\nignore_eos = true\n[run]\nrepetitions = 2\nconfirm = false\n" + targets
	l, p := planned(t, filepath.Join(dir, "targets.toml"), text)
	return l, p, filepath.Join(dir, "run")
}

// planned writes a scenario and plans it.
func planned(t *testing.T, path, text string) (*Lab, *Plan) {
	t.Helper()
	s, err := scenario.Load(testkit.WriteFile(t, path, text))
	if err != nil {
		t.Fatal(err)
	}
	l := newLab(t)
	l.Progress = &silent{}
	p, err := l.Plan(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return l, p
}

// standIn is a command that serves as vLLM does.
func standIn() string { return fmt.Sprintf("command = [%q, \"vllm\", \"serve\"]\n", os.Args[0]) }

// TestMain is also the stand-in, and the guard of systems that tests start.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "vllm" {
		if err := vllmtest.Main(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	target.BecomeGuard()
	os.Exit(m.Run())
}

// carry is Lab.Run without a calibration, which takes a second.
func carry(ctx context.Context, l *Lab, p *Plan, dir string) (study *analysis.Study, err error) {
	r, err := l.open(ctx, p, dir, store.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	r.calibrated = true
	if err := r.sweep(ctx); err != nil {
		return nil, err
	}
	return r.conclude(ctx)
}

func table(name, url, lines string) string {
	return fmt.Sprintf("[[target]]\nname = %q\nurl = %q\nmodel = \"m\"\ndialect = \"completions\"\n%s\n", name, url, lines)
}

// trialsOf are a run's trials by the targets of their arms.
func trialsOf(t *testing.T, dir string) (*record.Set, map[string][]record.Trial) {
	t.Helper()
	set, err := record.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	names, all := map[string]string{}, map[string][]record.Trial{}
	for _, a := range set.Run.Arms {
		names[a.ID] = a.Deployment.Target
	}
	for _, r := range set.Trials {
		all[names[r.Key.Arm]] = append(all[names[r.Key.Arm]], r)
	}
	return set, all
}

// In one run are a server that works, one whose key has expired, one at whose port nothing listens, a system that is started in two
// settings of which it dies of one, a system that is not installed, and an API that one of the loads cannot be asked of. Each fails
// for its own reason, and the rest goes on. Interrupted and resumed, no finished trial is run again.
func TestTargetsInOneRun(t *testing.T) {
	ctx, stop := context.WithCancelCause(t.Context())
	interrupted := errors.New("interrupted")
	good := answering(t, func(n int) {
		if n == 20 {
			stop(interrupted)
		}
	}, nil)
	expired := scripted.Refuse(401, 0, "the key has expired")
	refusing, api := answering(t, nil, &expired), answering(t, nil, &expired)
	l, p, dir := targetPlan(t, table("good", good.URL(), "labels = { quantization = \"awq\" }\nhardware = \"theirs\"")+
		table("expired", refusing.URL(), "")+table("gone", closedPort(t), "")+
		"[[target]]\nsystem = \"vllm\"\npath = \"model\"\n"+standIn()+"[target.sweep]\nmode = \"product\"\n[target.sweep.axes]\nblock_size = [16, 32]\n"+
		"[[target]]\nsystem = \"vllm\"\nname = \"absent\"\npath = \"model\"\ncommand = [\"no-such-program-at-all\"]\n"+
		"[[target]]\nname = \"api\"\nurl = \""+api.URL()+"\"\ndialect = \"anthropic\"\nmodel = \"m\"\nunpriced = true\nbudget_tokens = 100000\n")
	if _, err := carry(ctx, l, p, dir); !errors.Is(err, interrupted) {
		t.Fatalf("not interrupted: %v", err)
	}
	_, before := trialsOf(t, dir)
	time.Sleep(100 * time.Millisecond) // until what was cancelled has arrived, too
	sent := asked(good)
	study, err := carry(t.Context(), l, p, dir)
	if err != nil {
		t.Fatal(err)
	}
	set, after := trialsOf(t, dir)
	if n := len(before["good"]); n == 0 || n > 3 || asked(good)-sent != (4-n)*12 {
		t.Errorf("%d trials of 12 requests were finished, and %d requests were sent after that", n, asked(good)-sent)
	}
	for name, trials := range before {
		for i, r := range trials {
			if !reflect.DeepEqual(r, after[name][i]) {
				t.Errorf("a finished trial of %s changed: %+v became %+v", name, r, after[name][i])
			}
		}
	}
	if study.Finished != 6*4+2 || study.Planned != study.Finished || len(set.Run.Order) != study.Planned {
		t.Errorf("%d of %d trials", study.Finished, study.Planned)
	}
	expectReasons(t, after, map[string]string{"good": "", "expired": "refuses the API key", "gone": "connection refused", "absent": "no-such-program-at-all", "api": "refuses the API key"})
	expectStarted(t, set, after["vllm"])
	for _, r := range after["good"] {
		if s := r.Server; s == nil || len(s.Known) > 0 || !slices.Equal(s.Models, []string{"scripted"}) || r.Knows("generated_tokens") {
			t.Errorf("%+v", r.Server)
		}
	}
	want := record.Skipped{Name: `api at load "forced"`, Reason: "ignore_eos cannot be sent to anthropic messages: "}
	if len(set.Run.Skipped) != 1 || set.Run.Skipped[0].Name != want.Name || !strings.HasPrefix(set.Run.Skipped[0].Reason, want.Reason) {
		t.Errorf("%+v", set.Run.Skipped)
	}
	if notes := strings.Join(set.Run.Notes, "\n"); !strings.Contains(notes, "need not be its") || set.Run.Arms[0].Deployment.Labels[0].Value != "awq" {
		t.Errorf("notes %s", notes)
	}
	sent = asked(good)
	if again, err := carry(t.Context(), l, p, dir); err != nil || asked(good) != sent || again.Choice.Arm != study.Choice.Arm {
		t.Errorf("a finished run sends %d requests: %v", asked(good)-sent, err)
	}
}

// expectStarted holds that a system was started for each trial, told what it was, and had its settings: one of them it died of.
func expectStarted(t *testing.T, set *record.Set, trials []record.Trial) {
	t.Helper()
	size := map[string]string{}
	for _, a := range set.Run.Arms {
		if a.Deployment.Target == "vllm" {
			size[a.ID] = a.Swept[0].Value
			if !strings.Contains(a.Command, "--block-size "+a.Swept[0].Value) || !strings.Contains(a.Command, "--port PORT") || !a.Deployment.Started {
				t.Errorf("%+v", a)
			}
		}
	}
	if len(trials) != 8 || len(size) != 2 {
		t.Fatalf("%d trials of %d arms", len(trials), len(size))
	}
	for _, r := range trials {
		switch died := size[r.Key.Arm] == "16"; {
		case died && (r.Status != record.StatusFailed || !strings.Contains(r.Reason, "block size")):
			t.Errorf("%s: %q", r.Status, r.Reason)
		case !died && (r.Status != record.StatusOK || r.Server == nil || r.Server.Version != vllmtest.Version || !r.Knows("generated_tokens") || r.ReadyNS == 0 || len(r.Server.Differs) > 0):
			t.Errorf("%s: %q, %+v", r.Status, r.Reason, r.Server)
		}
	}
}

// expectReasons holds that all trials of a target have failed for a reason with one of some words, or with "" that none has.
func expectReasons(t *testing.T, trials map[string][]record.Trial, want map[string]string) {
	t.Helper()
	for name, words := range want {
		if len(trials[name]) == 0 {
			t.Errorf("no trial of %s", name)
		}
		for _, r := range trials[name] {
			named := slices.ContainsFunc(strings.Split(words, "|"), func(w string) bool { return strings.Contains(r.Reason, w) })
			if (r.Status == record.StatusOK) != (words == "") || words != "" && !named {
				t.Errorf("%s: %s: %q, want %q", name, r.Status, r.Reason, words)
			}
		}
	}
}

// A recommended server that is there is not run again, which is noted; anything else is.
func TestUnconfirmed(t *testing.T) {
	s := answering(t, nil, nil)
	l, p, dir := targetPlan(t, "[engine]\nthreads = 1\n"+table("a", s.URL(), ""))
	r := &run{Lab: l, plan: p, drawn: newDrawn()}
	var err error
	if r.aims, err = l.aims(p); err != nil {
		t.Fatal(err)
	}
	facts, err := l.describe(p, time.Now())
	if err == nil {
		r.store, err = store.Create(dir, p.Scenario.Text, facts)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	for i, want := range []bool{false, true} {
		study := &analysis.Study{Choice: analysis.Recommendation{Arm: p.Matrix.Arms[i].Record.ID}}
		left, err := r.leaveUnconfirmed(study)
		if err != nil || left != want || slices.ContainsFunc(study.Run.Notes, func(n string) bool { return strings.Contains(n, "The recommendation, a, is a server") }) != want {
			t.Errorf("arm %d: %v, %q, %v", i, left, study.Run.Notes, err)
		}
	}
}

// A recommended system that is started runs once more, and again with the lab at twice its work.
func TestStartedIsConfirmed(t *testing.T) {
	l, p, dir := targetPlan(t, "[[target]]\nsystem = \"vllm\"\npath = \"model\"\n"+standIn())
	r, err := l.open(t.Context(), p, dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	r.calibrated = true
	arm := p.Matrix.Arms[0].Record
	study := &analysis.Study{Choice: analysis.Recommendation{Arm: arm.ID}, Arms: []analysis.Arm{{Arm: arm}}}
	key, ok := r.confirming(study)
	left, err := r.leaveUnconfirmed(study)
	if !ok || left || err != nil || key.Load != p.Matrix.Loads[0].Record.ID {
		t.Fatalf("%+v, %v, %v, %v", key, ok, left, err)
	}
	if err := errors.Join(r.trial(t.Context(), key, 1, 2), r.redouble(t.Context(), key)); err != nil {
		t.Fatal(err)
	}
	for _, k := range []record.TrialKey{key, r.double(key)} {
		if rec, ok := r.store.Record(k.ID); !ok || rec.Status != record.StatusOK || rec.Server == nil {
			t.Errorf("%+v: %v, %+v", k, ok, rec)
		}
	}
}

// A target's arm is asked what the engine's are, at the same times, in its own dialect and with its own model, and its tokens are
// counted here; the engine is asked as ever.
func TestTargetsAreAskedTheSame(t *testing.T) {
	s := answering(t, nil, nil)
	l, p, _ := newPlan(t, func(sc *testkit.Scenario) {
		sc.Run = "[[target]]\nname = \"api\"\nurl = \"" + s.URL() + "\"\nmodel = \"own\"\nstop = [\"x\"]\n"
	})
	r := &run{Lab: l, plan: p, drawn: newDrawn(), weights: map[string]string{"BF16": "a.gguf", "Q8_0": "b.gguf"}}
	var err error
	if r.aims, err = l.aims(p); err != nil {
		t.Fatal(err)
	}
	load := p.Matrix.Loads[0]
	engine, api := r.mustConfig(t, sweep.Key(p.Matrix.Arms[0], load, 0)), r.mustConfig(t, sweep.Key(p.Matrix.Arms[2], load, 0))
	if !reflect.DeepEqual(engine.Attack.Prompts, api.Attack.Prompts) || !reflect.DeepEqual(engine.Attack.Schedule, api.Attack.Schedule) ||
		!reflect.DeepEqual(engine.Warmup.Prompts, api.Warmup.Prompts) || len(api.Attack.Prompts) == 0 {
		t.Error("the arms are asked different things")
	}
	if o := api.Attack.Options; o.Model != "own" || !o.IgnoreEOS || !slices.Equal(o.Stop, []string{"x"}) || api.Attack.Counter == nil || api.Command != "" || api.Shared {
		t.Errorf("%+v", api)
	}
	if o := engine.Attack.Options; o.Model != servedName || o.Stop != nil || engine.Attack.Counter != nil || engine.Attack.Dialect == api.Attack.Dialect {
		t.Errorf("%+v", engine.Attack.Options)
	}
	if _, ok := api.Target.(*target.Remote); !ok {
		t.Errorf("%T", api.Target)
	}
}

// Where no server answers and nothing else is to be measured, that is said, and no directory is left.
func TestNothingAnswers(t *testing.T) {
	l, p, dir := targetPlan(t, table("a", closedPort(t), "")+table("b", closedPort(t), ""))
	var unavailable *UnavailableError
	if _, err := carry(t.Context(), l, p, dir); !errors.As(err, &unavailable) || strings.Count(err.Error(), "refused") != 2 {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a directory is left: %v", err)
	}
}

// Each target has a budget of its own, held against its own worst case before anything is sent. A key that
// cannot be had ends the run before that.
func TestBudgetsOfTargets(t *testing.T) {
	const each = 10 + 2
	s := answering(t, nil, nil)
	most := func(n, tokens int) string { return fmt.Sprintf("budget_requests = %d\nbudget_tokens = %d", n, tokens) }
	for _, tc := range []struct{ name, targets, want string }{
		{"kept", table("a", s.URL(), most(4*each, 4*each*20)) + table("b", s.URL(), ""), ""},
		{"a request too few", table("a", s.URL(), most(4*each-1, 4*each*20)) + table("b", s.URL(), ""), "the budget of a is 47 requests"},
		{"a token too few", table("a", s.URL(), "") + table("b", s.URL(), most(4*each, 4*each*20-1)), "the budget of b is 959 tokens"},
		{"half of the loads", table("a", s.URL(), "") + "[[target]]\nname = \"api\"\nurl = \"" + s.URL() + "\"\ndialect = \"anthropic\"\nunpriced = true\n" + most(2*each, 2*each*20), ""},
	} {
		_, p, _ := targetPlan(t, tc.targets)
		if err := p.Affordable(); (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	l, p, dir := targetPlan(t, table("a", s.URL(), ""))
	l.Key = func(*scenario.Target) (dialect.Key, error) { return dialect.Key{}, errors.New("no key") }
	if _, err := carry(t.Context(), l, p, dir); err == nil || err.Error() != "no key" || len(s.Served()) != 0 {
		t.Errorf("%v, %d requests", err, len(s.Served()))
	}
}

// What a system that is started may be asked for has its confirming run and the repetition of that in it.
func TestWorstOfStarted(t *testing.T) {
	_, p, _ := targetPlan(t, "[[target]]\nsystem = \"vllm\"\npath = \"model\"\n[target.sweep]\nmode = \"product\"\n[target.sweep.axes]\nmax_num_seqs = [1, 2, 3]\n")
	p.Scenario.Run.Confirm = true
	if got, want := p.Worst(p.Scenario.Targets[0]), (Budget{Requests: 12 * (3*2*2 + 2), Tokens: 12 * 20 * (3*2*2 + 2)}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	p.Scenario.Run.Confirm = false
	if got := p.Worst(p.Scenario.Targets[0]).Requests; got != 12*12 {
		t.Errorf("%d requests", got)
	}
}

// What was spent is kept: a run that is resumed counts on, and what was under way when it was killed counts in full.
func TestSpendingIsResumed(t *testing.T) {
	s := answering(t, nil, nil)
	l, p, dir := targetPlan(t, table("a", s.URL(), "budget_requests = 1000\nbudget_tokens = 100000")+table("b", s.URL(), ""))
	if _, err := carry(t.Context(), l, p, dir); err != nil {
		t.Fatal(err)
	}
	var file spentRun
	read(t, filepath.Join(dir, spentFile), &file)
	on, others := file.Targets["a"], len(file.Targets)-1
	if on.Spent.Requests != 4*12 || on.Spent.Tokens == 0 || on.UnderWay != nil || others != 0 {
		t.Errorf("%+v", file)
	}
	on.UnderWay = &Budget{Requests: 12, Tokens: 240}
	file.Targets["a"] = on
	if err := record.WriteJSON(filepath.Join(dir, spentFile), file); err != nil {
		t.Fatal(err)
	}
	r, err := l.open(t.Context(), p, dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.aims["a"].spent; got.ended.Requests != 5*12 || got.ended.Tokens != on.Spent.Tokens+240 {
		t.Errorf("%+v", got.ended)
	}
	if err := r.close(); err != nil {
		t.Error(err)
	}
	testkit.WriteFile(t, filepath.Join(dir, spentFile), "{")
	if _, err := carry(t.Context(), l, p, dir); err == nil || !strings.Contains(err.Error(), spentFile) {
		t.Errorf("a file that cannot be read: %v", err)
	}
}

func read(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A folder is identified by all that is in it, whatever the order in which a disk lists it.
func TestSumOfFolders(t *testing.T) {
	sum := func(files map[string]string) string {
		dir := t.TempDir()
		for name, text := range files {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
				t.Fatal(err)
			}
			testkit.WriteFile(t, filepath.Join(dir, name), text)
		}
		s, err := sumOf(dir)
		if err != nil || len(s) != 64 {
			t.Fatal(s, err)
		}
		return s
	}
	base := map[string]string{"a": "1", "sub/b": "2"}
	seen := map[string]bool{sum(base): true}
	if !seen[sum(map[string]string{"sub/b": "2", "a": "1"})] {
		t.Error("the same folder has two sums")
	}
	for _, other := range []map[string]string{{"a": "2", "sub/b": "2"}, {"a": "1", "b": "2"}, {"a": "1"}, {"a": "1", "sub/b": "2", "c": ""}} {
		if s := sum(other); seen[s] {
			t.Errorf("%v has the sum of another folder", other)
		} else {
			seen[s] = true
		}
	}
}
