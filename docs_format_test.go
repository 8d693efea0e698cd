package main

import (
	"encoding"
	"fmt"
	"maps"
	"math"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/price"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/strict"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/loadgen/result"
)

const scenarioDoc, metricsDoc, runDoc = "docs/scenario.md", "docs/metrics.md", "docs/run-directory.md"

// row is a line of a table whose first cell is one word in code font.
type row struct{ key, kind, def string }

var codeCell = regexp.MustCompile("^`([^`]*)`$")

// keyTables are the rows of a document's tables, by the heading above them. Rows whose
// first cell is not code are none of these.
func keyTables(text string) map[string][]row {
	tables := map[string][]row{}
	under := ""
	for line := range strings.Lines(fencedText.ReplaceAllString(text, "")) {
		if m := heading.FindStringSubmatch(line); m != nil {
			under = strings.TrimSpace(m[1])
			tables[under] = nil
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if m := codeCell.FindStringSubmatch(strings.TrimSpace(cells[0])); m != nil && len(cells) >= 3 {
			tables[under] = append(tables[under], row{m[1], strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2])})
		}
	}
	return tables
}

func keys(rows []row) []string {
	var all []string
	for _, r := range rows {
		all = append(all, r.key)
	}
	slices.Sort(all)
	return all
}

// generated holds the part of a document between its two marks to want.
func generated(t *testing.T, file, name, want string) {
	t.Helper()
	text := readDoc(t, file)
	from := strings.Index(text, "<!-- "+name+": ")
	to := strings.Index(text, "<!-- end of "+name+" -->")
	if from < 0 || to < from {
		t.Fatalf("%s has no marks around %s", file, name)
	}
	from += strings.Index(text[from:], "\n") + 1
	if text[from:to] == want {
		return
	}
	if !*update {
		t.Fatalf("%s: the %s are not those of the code; make golden rewrites them:\n%s", file, name, want)
	}
	if err := os.WriteFile(file, []byte(text[:from]+want+text[to:]), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestScenarioSettings(t *testing.T) {
	var b strings.Builder
	b.WriteString("| key | type | default | values | meaning |\n|---|---|---|---|---|\n")
	defaults := scenario.BaseSettings()
	for _, d := range scenario.EngineSettings() {
		values := "any"
		switch {
		case d.Kind == scenario.Boolean:
			values = "true, false"
		case d.Kind == scenario.Integer && d.Max == math.MaxInt32:
			values = fmt.Sprintf("%d or more", d.Min)
		case d.Kind == scenario.Integer:
			values = fmt.Sprintf("%d to %d", d.Min, d.Max)
		case d.Choices != nil:
			values = strings.Join(d.Choices, ", ")
		case d.Form != "":
			values = d.Form
		case d.Kind == scenario.Time:
			values = "0 or more, with its unit"
		}
		kind := map[scenario.Kind]string{scenario.Text: "string", scenario.Integer: "integer", scenario.Boolean: "boolean", scenario.Number: "number", scenario.Time: "duration"}[d.Kind]
		fmt.Fprintf(&b, "| `%s` | %s | `%s` | %s | %s |\n", d.Name, kind, d.TOML(&defaults), values, d.Usage)
	}
	generated(t, scenarioDoc, "settings", b.String())
}

func TestScenarioPresets(t *testing.T) {
	var b strings.Builder
	for _, p := range scenario.Presets() {
		var limits []string
		for _, l := range p.Limits {
			limits = append(limits, fmt.Sprintf("p%s of %s at most %v", strconv.FormatFloat(100*l.Percentile, 'f', -1, 64), strings.ToUpper(l.Metric), l.Limit))
		}
		fmt.Fprintf(&b, "`preset = %q`, %s: %s.\n\n", p.Name, p.Usage, strings.Join(limits, ", "))
		for _, s := range p.Sources {
			fmt.Fprintf(&b, "- %s\n", s)
		}
		b.WriteString("\n")
	}
	generated(t, scenarioDoc, "presets", b.String())
}

// everyTable has every table that a scenario can have, each begun by a line of its own.
const everyTable = `
name = "every"
[model]
path = "embedded:gopherling-7m"
[engine]
[sweep]
mode = "product"
[sweep.axes]
max_batch = [1, 8]
[[sweep.arm]]
[[sweep.include]]
max_batch = 1
[[sweep.exclude]]
max_batch = 8
[[load]]
arrival = "poisson"
rates = [1]
requests = 1
output_tokens = 1
[load.prompt_tokens]
distribution = "normal"
mean = 5
stddev = 1
max = 9
[load.shared_prefix]
groups = 1
tokens = 1
[load.conversation]
turns = 2
user_tokens = 1
[[load]]
name = "classes"
arrival = "poisson"
rates = [1]
requests = 1
[[load.class]]
name = "rows"
[load.class.corpus]
file = "x"
max_prompt_tokens = 1
max_output_tokens = 1
[quality]
text = "x"
[cost]
[slo]
preset = "conversational"
[[slo.limit]]
[run]
[profile]
[ladder]
[[ladder.arm]]
[target]
system = "vllm"
[target.sweep]
mode = "product"
`

// TestScenarioKeys asks the reader which keys each table has, by giving it one that
// none has, and compares with the document: nothing is missing, nothing is made up.
func TestScenarioKeys(t *testing.T) {
	documented := keyTables(readDoc(t, scenarioDoc))
	var settings []string
	for _, d := range scenario.EngineSettings() {
		settings = append(settings, d.Name)
	}
	for _, c := range []struct {
		table, under string
		settings     bool // takes every engine setting, which the text says once
	}{
		{"", "Top level", false},
		{"[model]", "`[model]`", false},
		{"[engine]", "`[engine]`", false}, // has the table of settings itself
		{"[sweep]", "`[sweep]`", false},
		{"[sweep.axes]", "`[sweep.axes]`", true},
		{"[[sweep.arm]]", "`[[sweep.arm]]`", true},
		{"[[sweep.include]]", "`[[sweep.include]]`", true},
		{"[[sweep.exclude]]", "`[[sweep.exclude]]`", true},
		{"[[load]]", "`[[load]]`", false},
		{"[load.prompt_tokens]", "`load.prompt_tokens`", false},
		{"[load.shared_prefix]", "`load.shared_prefix`", false},
		{"[load.conversation]", "`load.conversation`", false},
		{"[[load.class]]", "`[[load.class]]`", false},
		{"[load.class.corpus]", "`load.corpus`", false},
		{"[quality]", "`[quality]`", false},
		{"[cost]", "`[cost]`", false},
		{"[slo]", "`[slo]`", false},
		{"[[slo.limit]]", "`[[slo.limit]]`", false},
		{"[run]", "`[run]`", false},
		{"[profile]", "`[profile]`", false},
		{"[ladder]", "`[ladder]`", false},
		{"[[ladder.arm]]", "`[[ladder.arm]]`", false},
		{"[target]", "`[[target]]`", false},
		{"[target.sweep]", "`[target.sweep]`", false},
	} {
		t.Run(c.under, func(t *testing.T) {
			rows, ok := documented[c.under]
			if !ok {
				t.Fatalf("%s has no heading %s", scenarioDoc, c.under)
			}
			want := keys(rows)
			if c.settings {
				want = append(want, settings...)
				slices.Sort(want)
			}
			if got := accepted(t, c.table); !slices.Equal(got, want) {
				t.Errorf("%s accepts\n  %s\nand is documented with\n  %s", c.under, strings.Join(got, " "), strings.Join(want, " "))
			}
		})
	}
}

// accepted lists the keys that the reader names when it finds an unknown one.
func accepted(t *testing.T, table string) []string {
	t.Helper()
	const stranger = "zzzzzzzzzzzzzzzz"
	text := strings.Replace(everyTable, table+"\n", table+"\n"+stranger+" = 1\n", 1)
	_, err := scenario.Parse("every.toml", []byte(text))
	for _, p := range strict.Problems(err) {
		if strings.HasSuffix(p.Key, stranger) {
			list, ok := strings.CutPrefix(p.Expected, "one of ")
			if !ok {
				t.Fatalf("no list of keys in %v", p)
			}
			all := strings.Split(list, ", ")
			slices.Sort(all)
			return slices.Compact(all)
		}
	}
	t.Fatalf("nothing was said about an unknown key of %q: %v", table, err)
	return nil
}

// TestScenarioDefaults holds the column of defaults to what a file that says nothing gets.
func TestScenarioDefaults(t *testing.T) {
	s, err := scenario.Parse("x.toml", []byte(`
name = "x"
model = {path = "x"}
load = [{arrival = "constant", rates = [1], requests = 1, prompt_tokens = 1, output_tokens = {distribution = "uniform", max = 9}}]
quality = {text = "x"}
cost = {price_per_hour = "1", utilisation = 1}
slo = {limit = [{metric = "ttft", limit = "1s"}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	l := s.Loads[0]
	documented := keyTables(readDoc(t, scenarioDoc))
	for _, c := range []struct {
		under, key string
		value      any
	}{
		{"Top level", "description", s.Description},
		{"`[[load]]`", "name", "load N"},
		{"`[[load]]`", "warmup", l.Warmup},
		{"`[[load]]`", "ignore_eos", l.IgnoreEOS},
		{"`[[load]]`", "temperature", l.Temperature},
		{"`[[load]]`", "timeout", l.Timeout.String()},
		{"`[[load]]`", "cache", l.Cache},
		{"`[[load]]`", "priority", l.Priority},
		{"`load.prompt_tokens`", "min", l.OutputTokens.Min},
		{"`[quality]`", "windows", s.Quality.Windows},
		{"`[quality]`", "length", s.Quality.Length},
		{"`[quality]`", "bound", s.Quality.Bound},
		{"`[cost]`", "currency", s.Cost.Currency},
		{"`[cost]`", "source", s.Cost.Source},
		{"`[slo]`", "scale", s.SLO.Scale},
		{"`[slo]`", "percentile", s.SLO.Limits[0].Percentile},
		{"`[run]`", "seed", s.Run.Seed},
		{"`[run]`", "repetitions", s.Run.Repetitions},
		{"`[run]`", "confirm", s.Run.Confirm},
		{"`[run]`", "ready_timeout", s.Run.ReadyTimeout.String()},
		{"`[profile]`", "cpu", s.Profile.CPU},
		{"`[profile]`", "heap", s.Profile.Heap},
		{"`[profile]`", "rate_hz", s.Profile.RateHz},
	} {
		want := fmt.Sprintf("`%v`", c.value)
		if text, ok := c.value.(string); ok {
			want = fmt.Sprintf("`%q`", text)
		}
		i := slices.IndexFunc(documented[c.under], func(r row) bool { return r.key == c.key })
		if i < 0 {
			t.Errorf("%s: %s is not documented", c.under, c.key)
		} else if got := documented[c.under][i].def; got != want {
			t.Errorf("%s: %s: the default is %s, documented as %s", c.under, c.key, want, got)
		}
	}
	if l.Name != "load 1" || l.Text != s.Quality.Text {
		t.Errorf("load is called %q and cut from %q", l.Name, l.Text)
	}
}

// TestRunDirectoryFields compares the documented fields with the json tags.
func TestRunDirectoryFields(t *testing.T) {
	documented := keyTables(readDoc(t, runDoc))
	for _, c := range []struct {
		under string
		of    any
	}{
		{"`run.json`", record.Run{}},
		{"`build`", record.Build{}},
		{"`files`", record.File{}},
		{"`host`", record.Host{}},
		{"`axes`", record.Axis{}},
		{"`arms`", record.Arm{}},
		{"`settings` and `swept`", record.Setting{}},
		{"`deployment`", record.Deployment{}},
		{"`skipped`", record.Skipped{}},
		{"`loads`", record.Load{}},
		{"`classes`", record.Class{}},
		{"`searches`", record.Search{}},
		{"`slos`", record.SLO{}},
		{"`quality`", record.QualityPlan{}},
		{"`tasks`", record.TaskPlan{}},
		{"`cost`", record.CostPlan{}},
		{"`row`", record.PriceRow{}},
		{"`machines`", record.MachinePrice{}},
		{"`apis`", price.API{}},
		{"`order`", record.TrialKey{}},
		{"`trials/ID/record.json`", record.Trial{}},
		{"`engine`", record.Counters{}},
		{"`batches`", record.BatchSteps{}},
		{"`server`", record.Server{}},
		{"`lab`", record.Lab{}},
		{"`watch`", record.Watch{}},
		{"`energy`", record.Energy{}},
		{"`calibrations`", record.Calibration{}},
		{"`errors`", record.Exactness{}},
		{"`profile`", record.Profile{}},
		{"`trials/ID/requests.jsonl`", result.Request{}},
		{"`trials/ID/ladder.jsonl`", record.LadderRequest{}},
		{"`rungs`", record.LadderRung{}},
		{"`quality/ID.json`", record.Quality{}},
		{"`outputs/ARM.json`", record.Outputs{}},
		{"`items`", record.Output{}},
	} {
		t.Run(c.under, func(t *testing.T) {
			rows, ok := documented[c.under]
			if !ok {
				t.Fatalf("%s has no heading %s", runDoc, c.under)
			}
			want := map[string]string{}
			for _, field := range reflect.VisibleFields(reflect.TypeOf(c.of)) {
				if tag, _, _ := strings.Cut(field.Tag.Get("json"), ","); tag != "-" && !field.Anonymous {
					want[tag] = jsonType(field.Type)
				}
			}
			if got, all := keys(rows), slices.Sorted(maps.Keys(want)); !slices.Equal(got, all) {
				t.Fatalf("documented\n  %s\nand written\n  %s", strings.Join(got, " "), strings.Join(all, " "))
			}
			for _, r := range rows {
				if r.kind != want[r.key] {
					t.Errorf("%s: documented as %s, written as %s", r.key, r.kind, want[r.key])
				}
			}
		})
	}
	if got := fmt.Sprint(record.FormatVersion); !strings.Contains(readDoc(t, runDoc), "Format version: "+got+".") {
		t.Errorf("%s does not say that the format version is %s", runDoc, got)
	}
}

// jsonType words a Go type as JSON has it.
func jsonType(t reflect.Type) string {
	if t.Implements(reflect.TypeFor[encoding.TextMarshaler]()) {
		return "string"
	}
	switch t.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Float64:
		return "number"
	case reflect.Pointer:
		return jsonType(t.Elem())
	case reflect.Slice:
		return "array of " + jsonType(t.Elem()) + "s"
	case reflect.Struct:
		return "object"
	}
	return "integer"
}

// TestRunDirectoryFiles runs over the names that the code gives to files.
func TestRunDirectoryFiles(t *testing.T) {
	text := readDoc(t, runDoc)
	for _, name := range []string{record.RunFile, record.TrialsDir, record.QualityDir, record.OutputsDir, record.RecordFile, record.RequestsFile, record.EventsFile, record.ColumnsFile, record.LadderFile, record.CPUProfileFile, record.HeapProfileFile, htmlFile, markdownFile} {
		if !strings.Contains(text, name) {
			t.Errorf("%s does not name %s", runDoc, name)
		}
	}
	for _, o := range result.Outcomes() {
		if !strings.Contains(text, "`"+o+"`") {
			t.Errorf("%s does not name the outcome %s", runDoc, o)
		}
	}
}

// TestMetricsNamed compares the table of metric names with those that are computed.
func TestMetricsNamed(t *testing.T) {
	var want []string
	for _, l := range metric.Latencies() {
		want = append(want, l.Name)
	}
	for _, p := range metric.PooledGaps() {
		want = append(want, p.Name)
	}
	slices.Sort(want)
	if got := keys(keyTables(readDoc(t, metricsDoc))["Names"]); !slices.Equal(got, want) {
		t.Errorf("documented\n  %s\nand computed\n  %s", strings.Join(got, " "), strings.Join(want, " "))
	}
}
