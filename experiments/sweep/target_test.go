package sweep

import (
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/system"
)

// systems are targets of every kind of sweep, and servers that are there.
const systems = `
[[target]]
system = "vllm"
path = "m"
settings = { dtype = "float32" }
[target.sweep]
mode = "product"
exclude = [{ max_num_seqs = 4, enable_prefix_caching = false }]
[target.sweep.axes]
max_num_seqs = [4, 16]
enable_prefix_caching = [true, false]
max_num_batched_tokens = [8, 256]
[[target]]
name = "around"
system = "vllm"
path = "m"
settings = { max_num_seqs = 4 }
[target.sweep]
mode = "one-at-a-time"
[target.sweep.axes]
max_num_seqs = [4, 16]
kv_cache_dtype = ["fp8"]
[[target]]
name = "listed"
system = "vllm"
path = "m"
[target.sweep]
mode = "list"
[[target.sweep.arm]]
name = "small"
max_num_seqs = 1
[[target.sweep.arm]]
enforce_eager = true
[[target.sweep.arm]]
name = "small again"
max_num_seqs = 1
[[target]]
url = "http://127.0.0.1:8000/v1/"
model = "m"
[[target]]
name = "api"
url = "https://api.anthropic.com"
dialect = "anthropic"
budget = "USD 1"
hardware = "theirs"
region = "eu"
price = "row"
labels = { tier = "standard" }
budget_tokens = 100000
`

// beside is the engine, a load that an API cannot be asked for, and one that it can be.
var beside = head + "ignore_eos = true\n" + strings.Replace(head[strings.Index(head, "[[load]]"):], "[20, 40]", "[2]", 1) + "[sweep]\nmode = \"product\"\n[sweep.axes]\nmax_batch = [1, 8]\n"

// TestTargetMatrix compares a whole expansion with its golden, and holds what holds for every arm of a target.
func TestTargetMatrix(t *testing.T) {
	m := expand(t, small, beside+systems)
	ids, names := map[string]bool{}, map[string]bool{}
	for _, a := range m.Arms {
		if ids[a.Record.ID] || names[a.Record.Name] {
			t.Errorf("id or name is not unique: %s %s", a.Record.ID, a.Record.Name)
		}
		ids[a.Record.ID], names[a.Record.Name] = true, true
		if (a.Target == nil) != (a.Record.Deployment == nil) || a.Record.OnThisMachine() != (a.Target == nil || a.Target.System.Started) {
			t.Errorf("%s: %+v", a.Record.Name, a.Record.Deployment)
		}
		if a.Target != nil {
			checkDeployed(t, a)
		}
	}
	golden(t, filepath.Join("testdata", "targets.txt"), dumpTargets(m))
}

// checkDeployed holds that an arm's record says what it is: its settings, and of a started one a table that starts it again.
func checkDeployed(t *testing.T, a Arm) {
	t.Helper()
	values := map[string]string{}
	for _, s := range a.Record.Settings {
		values[s.Name] = s.Value
	}
	if !maps.Equal(values, a.Target.Values) || a.Record.QualityID != "" {
		t.Errorf("%s: %v, want %v", a.Record.Name, values, a.Target.Values)
	}
	for _, s := range a.Record.Swept {
		if !slices.Contains(a.Record.Settings, s) {
			t.Errorf("%s: %v is swept and not set", a.Record.Name, s)
		}
	}
	if !a.Target.System.Started {
		if a.Record.TOML != "" || len(values) > 0 {
			t.Errorf("claims to deploy a server that is there: %+v", a.Record)
		}
		return
	}
	s, err := scenario.Parse("dir/x.toml", []byte(head+a.Record.TOML))
	if err != nil {
		t.Fatalf("%s: its TOML is refused: %v", a.Record.Name, err)
	}
	if x := s.Targets[0]; !maps.Equal(x.Settings, a.Target.Values) || x.Path != a.Target.Path || x.Name != a.Target.Name || x.Dialect.Name != a.Target.Dialect.Name {
		t.Errorf("%s: its TOML gives %+v", a.Record.Name, x)
	}
}

func dumpTargets(m *Matrix) string {
	var b strings.Builder
	for _, a := range m.Arms {
		fmt.Fprintf(&b, "arm %s\n    swept %v of %v\n", a.Record.Name, a.Record.Swept, a.Record.Settings)
		if d := a.Record.Deployment; d != nil {
			fmt.Fprintf(&b, "    %s, %s, %q at %q, %s, started %v, managed %v, on %q in %q for %q, declared %v\n",
				d.Target, d.Title, d.Model, d.URL, d.Dialect, d.Started, d.Managed, d.Hardware, d.Region, d.Price, d.Labels)
		}
	}
	for _, s := range m.Skipped {
		fmt.Fprintf(&b, "skipped %s: %s\n", s.Name, s.Reason)
	}
	trials := map[string]int{}
	for _, k := range m.Order(1) {
		trials[k.Arm]++
	}
	for _, a := range m.Arms {
		fmt.Fprintf(&b, "%d trials of %s\n", trials[a.Record.ID], a.Record.Name)
	}
	return b.String()
}

// Targets change nothing of the engine's arms but their names, and one seeded order has all arms.
func TestTargetsLeaveTheEngineAlone(t *testing.T) {
	alone, both := expand(t, small, beside), expand(t, small, beside+systems)
	for i, a := range alone.Arms {
		b := both.Arms[i]
		if a.Record.ID != b.Record.ID || b.Record.Name != "assay · "+a.Record.Name || Key(a, alone.Loads[0], 1) != Key(b, both.Loads[0], 1) {
			t.Errorf("%+v became %+v", a.Record, b.Record)
		}
	}
	if !reflect.DeepEqual(alone.Axes, both.Axes) {
		t.Errorf("axes %v became %v", alone.Axes, both.Axes)
	}
	order := both.Order(1)
	var kinds []bool
	for _, k := range order {
		i := slices.IndexFunc(both.Arms, func(a Arm) bool { return a.Record.ID == k.Arm })
		if kind := both.Arms[i].Target != nil; len(kinds) == 0 || kinds[len(kinds)-1] != kind {
			kinds = append(kinds, kind)
		}
	}
	if len(kinds) < 3 {
		t.Errorf("arms of the engine and of targets are not interleaved: %v", kinds)
	}
	if !slices.Equal(order, expand(t, small, beside+systems).Order(1)) {
		t.Error("the order is not a function of the scenario and the seed")
	}
}

// An id is of the target and its settings: what is paid, and where a key is, changes no trial.
func TestTargetIDs(t *testing.T) {
	const table = "[[target]]\nname = \"t\"\nsystem = \"vllm\"\npath = \"m\"\n"
	id := func(lines string) string { return expand(t, small, head+lines).Arms[0].Record.ID }
	plain := id(table)
	for _, same := range []string{table + "settings = {}\n", table + "budget_requests = 900\n", table + "ready_timeout = \"1m\"\n"} {
		if id(same) != plain {
			t.Errorf("%q is another arm than %q", same, table)
		}
	}
	seen := map[string]string{plain: table}
	for _, other := range []string{strings.Replace(table, `"t"`, `"u"`, 1), strings.Replace(table, `"m"`, `"n"`, 1), table + "settings = { max_num_seqs = 4 }\n",
		table + "dialect = \"chat\"\n", table + "model = \"served\"\n", table + "stop = [\"x\"]\n", table + "server_sampling = true\n", table + "body = { metadata = \"x\" }\n",
		table + "command = [\"other\"]\n"} {
		if first, dup := seen[id(other)]; dup {
			t.Errorf("%q is the same arm as %q", other, first)
		}
		seen[id(other)] = other
	}
}

// What the version found cannot run is skipped with the reason; a target of which nothing is left is an error at its place.
func TestRefusedByVersion(t *testing.T) {
	const swept = "[[target]]\nsystem = \"vllm\"\npath = \"m\"\n[target.sweep]\nmode = \"product\"\n[target.sweep.axes]\ntensor_parallel_size = [1, 2]\n"
	caps := small
	caps.Versions = map[string]string{"vllm": "0.5.0"}
	_, err := Expand(parse(t, head+swept), caps)
	if err == nil || !strings.HasPrefix(err.Error(), "dir/x.toml:11: target[0]: no arm that can run (vllm · tensor parallel size 1: vLLM 0.5.0 is older than") {
		t.Errorf("%v", err)
	}
	m := expand(t, small, head+"[[target]]\nsystem = \"vllm\"\npath = \"m\"\n[target.sweep]\nmode = \"product\"\n[target.sweep.axes]\nmax_num_seqs = [4, 16]\nmax_num_batched_tokens = [8]\n")
	if len(m.Arms) != 1 || len(m.Skipped) != 1 || m.Skipped[0].Name != "vllm · seqs 16" || !strings.Contains(m.Skipped[0].Reason, "max_num_batched_tokens 8 is less than max_num_seqs 16") {
		t.Errorf("%s", dumpTargets(m))
	}
}

// A server without a name is called by the model that it turns out to have, one with a name by that.
func TestCalled(t *testing.T) {
	m := expand(t, small, head+"[[target]]\nurl = \"http://h:1/\"\n[[target]]\nname = \"b\"\nurl = \"http://h:2\"\n[[target]]\nname = \"c\"\nurl = \"http://h:3\"\nmodel = \"own\"\n")
	for _, x := range []string{"server", "b", "c"} {
		m.Called(x, "found")
	}
	var models []string
	for _, a := range m.Arms {
		models = append(models, a.Record.Deployment.Model)
	}
	if !slices.Equal(m.names(), []string{"found at http://h:1", "b", "c"}) || !slices.Equal(models, []string{"found", "found", "own"}) {
		t.Errorf("%q, %q", m.names(), models)
	}
}

// Only what is started is confirmed and takes time to start, and trials are those of the order.
func TestEstimateOfTargets(t *testing.T) {
	servers := expand(t, small, head+"[[target]]\nurl = \"http://h:1\"\n[run]\nrepetitions = 3\n")
	a := DefaultAllowances()
	if e := servers.EstimateTime(a); e.Trials != len(servers.Order(1)) || e.Trials != 6 {
		t.Errorf("%d trials", e.Trials)
	}
	started := expand(t, small, head+"[[target]]\nsystem = \"vllm\"\npath = \"m\"\n[run]\nconfirm = false\nrepetitions = 3\n")
	with, without := started.EstimateTime(a), servers.EstimateTime(a)
	if with.Trials != 6 || with.Overhead-without.Overhead != 6*a.External || with.Schedules != without.Schedules {
		t.Errorf("%+v and %+v", with, without)
	}
	asked, vllm := small, head+"[[target]]\nsystem = \"vllm\"\npath = \"m\"\n[run]\nconfirm = false\nrepetitions = 3\n"
	asked.Tasks = "the tasks' hash" // which take a start of their own
	if e := expand(t, asked, vllm).EstimateTime(a); e.Trials != 6 || e.Overhead-with.Overhead != a.External {
		t.Errorf("%+v with tasks, %+v without", e, with)
	}
	triton := expand(t, small, strings.ReplaceAll(vllm, "vllm", "triton")).EstimateTime(a)
	if kind, _ := system.Named("triton"); kind.Starts == 0 || triton.Overhead-without.Overhead != 6*kind.Starts {
		t.Errorf("%+v and %+v", triton, without)
	}
	both := expand(t, small, beside+systems+"[run]\nconfirm = false\n[profile]\ncpu = false\n")
	if e := both.EstimateTime(a); e.Trials != len(both.Order(1)) {
		t.Errorf("%d trials are estimated, %d planned", e.Trials, len(both.Order(1)))
	}
}

// The rows that price targets are in the record once each, with their currency where nothing else has one.
func TestPricesOfTargets(t *testing.T) {
	s := parse(t, head+"[[target]]\nname = \"a\"\nurl = \"http://h:1\"\nprice = \"gpt-5.6-luna\"\n[[target]]\nname = \"b\"\nurl = \"http://h:2\"\nprice = \"gpt-5.6-luna\"\n"+
		"[[target]]\nname = \"c\"\nurl = \"http://h:3\"\nprice = \"assumed-2-vcpu\"\n")
	if err := s.ReadFiles(); err != nil {
		t.Fatal(err)
	}
	m, err := Expand(s, small)
	if err != nil {
		t.Fatal(err)
	}
	c := m.Run(Circumstances{}).Cost
	if c.Currency != "USD" || len(c.TargetAPIs) != 1 || c.TargetAPIs[0].Name != "gpt-5.6-luna" || len(c.Machines) != 1 || c.Machines[0].PerHour != "0.085" ||
		c.Machines[0].Name != "assumed-2-vcpu" || c.PricePerHour != "" {
		t.Errorf("%+v", c)
	}
}

// A system that is started is asked with the searches of a load, a server that is there is not.
func TestSearchesOfTargets(t *testing.T) {
	text := strings.Replace(head, "rates = [20, 40]", "search = { min_rate = 1, max_rate = 40 }", 1) + "[slo]\npreset = \"conversational\"\n[[target]]\nsystem = \"vllm\"\npath = \"m\"\n[[target]]\nurl = \"http://h:1\"\n"
	if _, err := scenario.Parse("dir/x.toml", []byte(text)); err == nil || !strings.Contains(err.Error(), "target[1]: no load can be asked of it (a server that is there is measured at rates that are given)") {
		t.Errorf("%v", err)
	}
	text = strings.Replace(text, "[slo]", head[strings.Index(head, "[[load]]"):]+"[slo]", 1)
	m := expand(t, small, text)
	s := m.Searches()[0]
	if !s.AskedOf(m, m.Arms[0]) || s.AskedOf(m, m.Arms[1]) {
		t.Error("the wrong arm searches")
	}
	want := record.Skipped{Name: `server at load "load 1"`, Reason: "a server that is there is measured at rates that are given"}
	if !slices.Contains(m.Skipped, want) || len(m.Order(1)) != 4 {
		t.Errorf("%+v, %d trials", m.Skipped, len(m.Order(1)))
	}
}
