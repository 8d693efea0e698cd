package gateway

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
)

var update = flag.Bool("update", false, "write the golden files anew")

// exported has every kind of rung.
const exported = `
name = "Assistant"
[slo]
ttft = "750ms"
[spend]
per_hour = "2.00"
per_day = "20.00"
[[rung]]
name = "full"
model = "embedded:gopherling-7m"
cpus = [1]
[rung.engine]
quantization = "BF16"
[[rung]]
name = "short"
like = "full"
max_tokens = 64
drafts = false
[[rung]]
name = "Small: 8 bits"
urls = ["http://10.0.0.7:8000", "http://small.internal/v1"]
served_model = "small"
[[rung]]
name = "api"
url = "https://api.example.com/v1"
served_model = "big"
api_key_env = "PROVIDER_KEY"
max_tokens = 512
price_input = "0.15"
price_output = "0.60"
`

func TestExports(t *testing.T) {
	for _, format := range Formats {
		var b bytes.Buffer
		if err := Export(&b, parsed(t, exported), format); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", format+".yaml")
		if *update {
			if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil || b.String() != string(want) {
			t.Errorf("%s is not what is written now: %v\n%s", file, err, b.String())
		}
		for n, line := range strings.Split(b.String(), "\n") {
			if indent := len(line) - len(strings.TrimLeft(line, " ")); indent%2 != 0 || strings.ContainsRune(line, '\t') {
				t.Errorf("%s:%d is not indented: %q", format, n+1, line)
			}
		}
	}
	if err := Export(&bytes.Buffer{}, parsed(t, exported), "nginx"); err == nil || !strings.Contains(err.Error(), "litellm, envoy, envoy-ai-gateway") {
		t.Error(err)
	}
}

// Servers that one cluster of Envoy cannot have are named, and so is what a base path stands for.
func TestEnvoyServers(t *testing.T) {
	const rung = "name = \"m\"\n[slo]\nttft = \"1s\"\n[[rung]]\nname = \"a\"\nserved_model = \"x\"\nurls = "
	var b bytes.Buffer
	if err := Export(&b, parsed(t, rung+`["http://a/openai/v1", "http://b:81/openai"]`), "envoy"); err != nil || !strings.Contains(b.String(), `prefix_rewrite: "/openai/v1/"`) {
		t.Errorf("%v: %s", err, b.String())
	}
	for _, urls := range []string{`["http://a", "https://a"]`, `["http://a", "http://a/x"]`} {
		if err := Export(&bytes.Buffer{}, parsed(t, rung+urls), "envoy"); err == nil || !strings.Contains(err.Error(), `rung "a": http://a and`) {
			t.Errorf("%s: %v", urls, err)
		}
	}
	if got := luaQuoted("a\"\\\n1é"); got != `"a\034\092\0101\195\169"` {
		t.Error(got)
	}
}

// What a run says of an arm is what its rung is known for; what no run says stays declared.
func TestMeasured(t *testing.T) {
	l := parsed(t, `
name = "m"
measured = "runs/x"
[slo]
ttft = "1s"
[[rung]]
name = "full"
model = "x"
arm = "Q8_0"
[[rung]]
name = "small"
url = "http://a"
[rung.declared]
quality_loss = 0.2
rate = 3
`)
	study := &analysis.Study{Arms: []analysis.Arm{{Arm: record.Arm{ID: "1", Name: "BF16"}}, {Arm: record.Arm{ID: "2", Name: "Q8_0"},
		QualityLoss: analysis.Value{Estimate: math.Log(1.05)}, Capacity: analysis.Capacity{Rate: 12}}}}
	set := &record.Set{Trials: []record.Trial{
		{Key: record.TrialKey{Arm: "2"}, Status: record.StatusOK, Engine: record.Counters{BusyNS: 3e9, PromptTokens: 2500, PrefixHitTokens: 500,
			Batches: []record.BatchSteps{{Steps: 100, Sequences: 100, BusyNS: 5e8}, {Steps: 100, Sequences: 200, BusyNS: 15e8}}}},
		{Key: record.TrialKey{Arm: "1"}, Status: record.StatusOK, Engine: record.Counters{BusyNS: 1e15, PromptTokens: 1}}}}
	facts, speeds, err := Measured(l, set, study)
	if err != nil {
		t.Fatal(err)
	}
	full, small := facts[0], facts[1]
	if math.Abs(*full.QualityLoss-.05) > 1e-9 || full.Rate != 12 || full.Declared || full.Source != "runs/x, arm Q8_0" {
		t.Errorf("%+v", full)
	}
	if *small.QualityLoss != .2 || small.Rate != 3 || !small.Declared {
		t.Errorf("%+v", small)
	}
	if want := (Speed{5 * time.Millisecond, 2000}); speeds[0] != want || speeds[1] != (Speed{}) {
		t.Errorf("speeds %+v", speeds)
	}
	l.Rungs[0].Arm = "Q4_0"
	if _, _, err := Measured(l, set, study); err == nil || !strings.Contains(err.Error(), `"BF16", "Q8_0"`) || !strings.Contains(err.Error(), "ladder.toml:") {
		t.Error(err)
	}
}
