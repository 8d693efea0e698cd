package experiments

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/testkit"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/scripted"
)

// managed is a provider with its ways, as a target.
type managed struct {
	name, dialect, model string
	lines                string // of the table
	answer               func(n int, p scripted.Provider) scripted.Script

	server *scripted.Server
}

const (
	warmups, perTrial = 2, 20 // requests of a trial
	budgeted          = "budget = \"USD 0.01\"\n"
)

// every is a way to answer each k-th request otherwise than the rest.
func every(k int, other func(scripted.Provider) scripted.Script) func(int, scripted.Provider) scripted.Script {
	return func(n int, p scripted.Provider) scripted.Script {
		if n%k == k-1 {
			return other(p)
		}
		return p.Script()
	}
}

// fromThe is a way to answer all requests from the n-th on otherwise.
func fromThe(n int, other func(scripted.Provider) scripted.Script) func(int, scripted.Provider) scripted.Script {
	return func(i int, p scripted.Provider) scripted.Script {
		if i >= n {
			return other(p)
		}
		return p.Script()
	}
}

func refuses(status, retry int, message string) func(scripted.Provider) scripted.Script {
	return func(p scripted.Provider) scripted.Script { return p.Refuse(status, retry, message) }
}

// serve starts the provider. It has no list of models, and counts what it is asked for.
func (m *managed) serve(t *testing.T) string {
	t.Helper()
	n := make(chan int, 1)
	n <- 0
	s, err := scripted.Start(func(r scripted.Received) scripted.Script {
		p := scripted.Provider{Dialect: m.dialect, Model: m.model, ID: fmt.Sprint("req_", r.Seq), Words: []string{"One", " two", " three"}, Gap: time.Millisecond, Prompt: 20, Cached: 8, Output: 3}
		if !strings.Contains(string(r.Body), "{") {
			return p.Refuse(404, 0, "no list")
		}
		i := <-n
		n <- i + 1
		if m.answer == nil {
			return p.Script()
		}
		return m.answer(i, p)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	m.server = s
	url := s.URL()
	if strings.HasPrefix(m.dialect, "vertex") {
		url += "/v1/projects/p/locations/l"
	}
	return fmt.Sprintf("[[target]]\nname = %q\nurl = %q\ndialect = %q\nmodel = %q\n%s\n", m.name, url, m.dialect, m.model, m.lines)
}

// asked is how many requests for answers came.
func (m *managed) asked() (n int) {
	for _, r := range m.server.Served() {
		if len(r.Body) > 0 {
			n++
		}
	}
	return n
}

func managedPlan(t *testing.T, targets string) (*Lab, *Plan, string) {
	t.Helper()
	dir := t.TempDir()
	testkit.WriteFile(t, filepath.Join(dir, "text.txt"), testkit.Corpus(t))
	text := fmt.Sprintf("name = \"managed\"\n[model]\npath = \"embedded:gopherling-2m\"\n[[load]]\narrival = \"constant\"\nrates = [200]\nrequests = %d\nwarmup = %d\nprompt_tokens = 16\noutput_tokens = 4\ntext = \"text.txt\"\ntimeout = \"1s\"\n%s", perTrial, warmups, targets)
	l, p := planned(t, filepath.Join(dir, "managed.toml"), text)
	return l, p, filepath.Join(dir, "run")
}

// outcomesOf counts what became of a trial's requests.
func outcomesOf(t *testing.T, dir string, r record.Trial) map[string]int {
	t.Helper()
	requests, err := result.ReadFile(filepath.Join(dir, record.TrialsDir, r.Key.ID, record.RequestsFile), filepath.Join(dir, record.TrialsDir, r.Key.ID, record.EventsFile))
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, q := range requests {
		counts[q.Outcome]++
	}
	return counts
}

// Whatever a provider does to a run has a name of its own and is its own, and the rest of the run goes on: in one run are providers of
// every dialect, one that works and others that do not.
func TestManagedOutcomes(t *testing.T) {
	const claude, gemini, luna = "claude-haiku-4-5", "gemini-3.5-flash-lite", "gpt-5.6-luna"
	slow := func(p scripted.Provider) scripted.Script {
		p.Words, p.Gap = strings.Fields(strings.Repeat("drip ", 60)), 100*time.Millisecond
		return p.Script()
	}
	all := []*managed{
		{name: "good", dialect: "openai-responses", model: luna, lines: budgeted + "region = \"there\"\ntimezone = \"Asia/Tokyo\""},
		{name: "expired", dialect: "openai-chat", model: luna, lines: budgeted, answer: fromThe(0, refuses(401, 0, "Incorrect API key provided"))},
		{name: "expires", dialect: "anthropic", model: claude, lines: budgeted, answer: fromThe(8, refuses(401, 0, "invalid x-api-key"))},
		{name: "wrong model", dialect: "gemini", model: "gemini-9", lines: budgeted + "price = \"" + gemini + "\"", answer: fromThe(0, refuses(404, 0, "models/gemini-9 is not found for API version v1beta"))},
		{name: "storm", dialect: "gemini", model: gemini, lines: budgeted, answer: every(4, refuses(429, 11, "Resource has been exhausted"))},
		{name: "overloaded", dialect: "anthropic", model: claude, lines: budgeted, answer: every(4, refuses(529, 0, "Overloaded"))},
		{name: "drips", dialect: "openai-chat", model: luna, lines: budgeted, answer: every(11, slow)},
		{name: "closes", dialect: "vertex", model: gemini, lines: budgeted, answer: every(4, func(p scripted.Provider) scripted.Script { p.End = scripted.Cut; return p.Script() })},
		{name: "breaks", dialect: "vertex-whole", model: gemini, lines: budgeted, answer: every(4, func(p scripted.Provider) scripted.Script { p.Broken = "out of capacity"; return p.Script() })},
		{name: "moved", dialect: "gemini-whole", model: gemini, lines: budgeted, answer: fromThe(3, func(scripted.Provider) scripted.Script {
			return scripted.Script{Status: 307, Header: map[string]string{"Location": "http://127.0.0.1:1/"}}
		})},
		{name: "two versions", dialect: "openai-responses", model: luna, lines: budgeted, answer: every(2, func(p scripted.Provider) scripted.Script { p.Model = "gpt-5.6-luna-2026-12-01"; return p.Script() })},
	}
	var tables strings.Builder
	for _, m := range all {
		tables.WriteString(m.serve(t))
	}
	l, p, dir := managedPlan(t, tables.String())
	study, err := carry(t.Context(), l, p, dir)
	if err != nil {
		t.Fatal(err)
	}
	set, trials := trialsOf(t, dir)
	expectReasons(t, trials, map[string]string{
		"good": "", "storm": "", "overloaded": "", "drips": "", "closes": "", "breaks": "", "two versions": "",
		"expired": "warm-up: the API key is refused: 401 Unauthorized: Incorrect API key provided", "expires": "the API key is refused: 401 Unauthorized: invalid x-api-key",
		"wrong model": `has no model "gemini-9": 404 Not Found: models/gemini-9 is not found`, "moved": "says that it is elsewhere, where no request is sent",
	})
	expectOutcomes(t, dir, trials)
	expectSent(t, all)
	expectServers(t, set, trials)
	for _, a := range study.Arms {
		if storm := a.Arm.Deployment.Target == "storm"; storm && a.Arm.ID == study.Choice.Arm {
			t.Error("a storm of refusals wins")
		}
	}
	expectWarning(t, study, "Several versions of the model of two versions answered")
}

func expectOutcomes(t *testing.T, dir string, trials map[string][]record.Trial) {
	t.Helper()
	for name, want := range map[string]map[string]int{
		"good": {result.OK: perTrial}, "storm": {result.OK: 15, result.Overloaded: 5}, "overloaded": {result.OK: 15, result.Overloaded: 5},
		"drips": {result.OK: 18, result.Timeout: 2}, "breaks": {result.OK: 15, result.StreamErr: 5},
	} {
		got := outcomesOf(t, dir, trials[name][0])
		for outcome, n := range want { // which of the first are of the warm-up decides about one
			if d := got[outcome] - n; d < -1 || d > 1 {
				t.Errorf("%s: %v, want %v", name, got, want)
			}
		}
	}
	closed := outcomesOf(t, dir, trials["closes"][0])
	if broken := closed[result.Reset] + closed[result.Truncated]; broken < 4 || broken+closed[result.OK] != perTrial {
		t.Errorf("closes: %v", closed)
	}
}

// expectSent holds that a trial that is hopeless is over at the first answer that says so.
func expectSent(t *testing.T, all []*managed) {
	t.Helper()
	for _, m := range all {
		n := m.asked()
		switch m.name {
		case "expired", "wrong model":
			if n > warmups {
				t.Errorf("%s: %d requests were sent", m.name, n)
			}
		case "expires", "moved":
			if n < 4 || n > warmups+perTrial-5 {
				t.Errorf("%s: %d requests were sent", m.name, n)
			}
		default:
			if n != warmups+perTrial {
				t.Errorf("%s: %d requests were sent", m.name, n)
			}
		}
	}
}

// expectServers reads what is recorded of each provider, and which trials may not win.
func expectServers(t *testing.T, set *record.Set, trials map[string][]record.Trial) {
	t.Helper()
	good := trials["good"][0].Server
	// 12 fresh and 8 cached tokens and 3 of the answer, 22 times, at 0.20, 0.02 and 1.20 a million.
	if want := "USD 0.00013552"; good.Spent != want || good.RequestIDs != perTrial || len(good.Models) != 0 || !strings.Contains(good.When, "UTC, from") || !strings.HasSuffix(good.When, "in Asia/Tokyo") {
		t.Errorf("%+v, want %s spent", good, want)
	}
	invalid := map[string]string{"storm": "rate-limited: ", "two versions": "several versions of the model answered: gpt-5.6-luna (1"}
	for name, all := range trials {
		r := all[0]
		if r.Server == nil || r.Server.Spent == "" || len(r.Server.Known) > 0 {
			t.Errorf("%s: %+v", name, r.Server)
			continue
		}
		want := invalid[name]
		if got := strings.Join(r.Invalid, "; "); (got == "") != (want == "") || !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	limits := trials["storm"][0].Server.Limits
	if !slices.ContainsFunc(limits, func(s record.Setting) bool {
		return s.Name == "longest Retry-After" && strings.HasPrefix(s.Value, "11s")
	}) {
		t.Errorf("%+v", limits)
	}
	for _, a := range set.Run.Arms {
		d := a.Deployment
		if !d.Managed || d.Price == "" || len(d.Untold) == 0 || len(a.Settings) != 0 || d.Target == "good" && d.Region != "there" {
			t.Errorf("%s: %+v, %+v", d.Target, d, a.Settings)
		}
	}
}

func expectWarning(t *testing.T, s *analysis.Study, part string) {
	t.Helper()
	if !slices.ContainsFunc(s.Warnings, func(w string) bool { return strings.Contains(w, part) }) {
		t.Errorf("%q is no warning among %q", part, s.Warnings)
	}
}

// A server that counts six times the tokens that we do is never paid more than the cap, and what the others may spend is theirs.
func TestManagedCap(t *testing.T) {
	greedy := &managed{name: "greedy", dialect: "openai-chat", model: "gpt-5.6-luna", lines: "budget = \"0.0002 USD\"",
		answer: func(_ int, p scripted.Provider) scripted.Script {
			p.Prompt, p.Cached, p.Output = 100, 0, 4
			return p.Script()
		}}
	fair := &managed{name: "fair", dialect: "openai-chat", model: "gpt-5.6-luna", lines: "budget = \"0.0004 USD\""}
	l, p, dir := managedPlan(t, greedy.serve(t)+fair.serve(t))
	if _, err := carry(t.Context(), l, p, dir); err != nil {
		t.Fatal(err)
	}
	_, trials := trialsOf(t, dir)
	expectReasons(t, trials, map[string]string{"greedy": "stopped at the budget of $0.0002", "fair": ""})
	bill := money.New(100*20+4*120, -8, "USD").Mul(int64(greedy.asked())) // cents a million are 10^-8 of a dollar
	limit := money.New(2, -4, "USD")
	if bill.Cmp(limit) > 0 || bill.Mul(2).Cmp(limit) < 0 {
		t.Errorf("%d requests cost %s, of %s", greedy.asked(), bill.Named(), limit.Named())
	}
	if spent, err := money.ParseNamed(trials["greedy"][0].Server.Spent); err != nil || spent.Cmp(bill) != 0 {
		t.Errorf("recorded are %s of %s: %v", trials["greedy"][0].Server.Spent, bill.Named(), err)
	}
	if fair.asked() != warmups+perTrial {
		t.Errorf("%d requests to the other", fair.asked())
	}
	notes := strings.Join(l.Progress.(*silent).notes, "\n")
	if want := "greedy: " + bill.Exact() + " spent by the price of gpt-5.6-luna of 2026-08-02, of a budget of $0.0002"; !strings.Contains(notes, want) {
		t.Errorf("%q is not said: %s", want, notes)
	}
}

// The most that a run may cost is computed before anything is sent, and refused where it is more than the budget.
func TestManagedIsRefusedBefore(t *testing.T) {
	m := &managed{name: "api", dialect: "openai-chat", model: "gpt-5.6-luna", lines: "budget = \"USD 0.000193599999\""}
	l, p, dir := managedPlan(t, m.serve(t)) // 22 times 16 tokens at 0.25 and 4 at 1.20 a million: 0.0001936
	_, err := carry(t.Context(), l, p, dir)
	want := "the budget is $0.000193599999, and the run may not keep to it: it may send 22 requests and up to 440 tokens of prompts and answers, which cost up to $0.0001936 by the price of gpt-5.6-luna of 2026-08-02"
	if err == nil || !strings.Contains(err.Error(), want) || len(m.server.Served()) > 0 {
		t.Errorf("%d requests, %v\nwant %s", len(m.server.Served()), err, want)
	}
}

// Bills say what may be spent, by which price, and what is wrong with that price.
func TestBills(t *testing.T) {
	api := func(name, lines string) string {
		return fmt.Sprintf("[[target]]\nname = %q\nurl = \"http://127.0.0.1:1\"\ndialect = \"openai-chat\"\nmodel = \"gpt-5.6-luna\"\n%s\n", name, lines)
	}
	_, p, _ := managedPlan(t, api("priced", "budget = \"USD 5\"\nbody = { service_tier = \"priority\" }")+api("unpriced", "unpriced = true\nbudget_tokens = 1000")+
		"[[target]]\nname = \"own\"\nurl = \"http://127.0.0.1:2\"\nmodel = \"m\"\n")
	day := time.Date(2026, 8, 3, 12, 0, 0, 0, time.UTC)
	fresh, stale := p.Bills(day), p.Bills(day.AddDate(0, 4, 0))
	if len(fresh) != 2 || fresh[0].Doubt != "" || stale[0].Doubt != "123 days old" || fresh[0].Most() != "$0.0001936" {
		t.Fatalf("%+v, %+v", fresh, stale)
	}
	want := []string{"at the worst $0.0001936, of a budget of $5.00",
		"by the price of gpt-5.6-luna: up to $0.25 a million tokens of prompts, $1.20 of answers (genai-prices, checked against OpenAI's list; 2026-08-02, primary); more for prompts above 272000",
		"that price is stale: 123 days old", "what body asks for beside text, such as tools or another tier of service, is not in that price"}
	if got := stale[0].Lines(); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if got := strings.Join(fresh[1].Lines(), "; "); got != "at the worst 440 tokens of an unknown price; no price is known, as declared: what it costs is bounded by the budget of 1000 tokens alone" {
		t.Error(got)
	}
	if got := Total(fresh); got != "$0.0001936 and what 440 tokens of an unknown price cost" {
		t.Error(got)
	}
	if got := Total(nil); got != "" {
		t.Error(got)
	}
}
