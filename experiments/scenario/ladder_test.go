package scenario

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/strict"
)

const goodLadder = `name = "m"
[slo]
ttft = "1s"
[spend]
per_hour = "1.50"
[[rung]]
name = "full"
model = "embedded:gopherling-7m"
replicas = 2
[rung.engine]
quantization = "Q8_0"
max_batch = 4
[rung.declared]
quality_loss = 0.1
step = "5ms"
prefill = 100
[[rung]]
name = "short"
like = "full"
max_tokens = 64
drafts = false
[[rung]]
name = "api"
urls = ["https://a.example/v1", "https://b.example"]
served_model = "big"
api_key_env = "KEY"
max_tokens = 100
price_input = "0.10"
price_output = "0.40"
[[team]]
name = "law"
degrade = "never"
[[team]]
name = "batch"
degrade = "first"
floor = "short"
late = "wait"
`

func TestLadder(t *testing.T) {
	l, err := ParseLadder("dir/l.toml", []byte(goodLadder))
	if err != nil {
		t.Fatal(err)
	}
	if l.SLO.TTFT != time.Second || l.Control.StepDown != .9 || l.Control.Hedge != 0 || l.Breaker.Failures != 5 || l.Spend.PerHour != "1.50" || l.Currency != "USD" {
		t.Errorf("%+v", l)
	}
	full, short, api := l.Rungs[0], l.Rungs[1], l.Rungs[2]
	if full.Engine.MaxBatch != 4 || full.Concurrent != 4 || full.Replicas != 2 || full.Declared.Step != 5*time.Millisecond || full.Engine.Threads != 1 {
		t.Errorf("full %+v", full)
	}
	if short.Like != "full" || short.Concurrent != 4 || !short.NoDrafts || short.MaxTokens != 64 || short.Priced() {
		t.Errorf("short %+v", short)
	}
	if len(api.URLs) != 2 || api.Replicas != 2 || !api.Priced() || api.PriceInput != "0.10" || api.KeyVar != "KEY" {
		t.Errorf("api %+v", api)
	}
	if l.Teams[0].Floor != 0 || l.Teams[1].Floor != 1 || l.Teams[1].Late != LateWait {
		t.Errorf("teams %+v", l.Teams)
	}
	if got := l.Resolve("x.gguf"); got != filepath.Join("dir", "x.gguf") {
		t.Error(got)
	}
}

func TestKeep(t *testing.T) {
	l, err := ParseLadder("l.toml", []byte(goodLadder))
	if err != nil {
		t.Fatal(err)
	}
	k, err := l.Keep([]string{"api", "full"})
	if err != nil || len(k.Rungs) != 2 || k.Rungs[0].Name != "full" || k.Teams[1].Floor != 0 || len(l.Rungs) != 3 || l.Teams[1].Floor != 1 {
		t.Errorf("%+v, %v", k, err)
	}
	for _, names := range [][]string{{"ful"}, {"short"}} {
		if _, err := l.Keep(names); err == nil {
			t.Errorf("kept %q", names)
		}
	}
	if w := l.Waiting(); w.Teams[0].Late != LateWait || !w.Control.Wait || l.Teams[0].Late == LateWait {
		t.Error("waiting")
	}
}

// Every mistake has its line, its key, what was found and what to do.
func TestBadLadders(t *testing.T) {
	for _, row := range []struct{ old, new, want string }{
		{`name = "m"`, ``, `l.toml:1: name: missing, expected the model's name in the API; add name = "assistant"`},
		{`ttft = "1s"`, ``, `l.toml:2: slo.ttft: missing`},
		{`ttft = "1s"`, `ttft = 1`, `l.toml:3: slo.ttft: integer 1, expected a duration`},
		{`per_hour = "1.50"`, `per_hour = "-1"`, `l.toml:5: spend.per_hour: string "-1", expected a decimal amount above 0`},
		{"[spend]\nper_hour = \"1.50\"", ``, `rung[2].price_output: a price without a cap`},
		{`replicas = 2`, `replica = 2`, `l.toml:9: rung[0].replica: unknown key; did you mean "replicas"?`},
		{`max_batch = 4`, `max_batch = "4"`, `l.toml:12: rung[0].engine.max_batch: string "4", expected a whole number from 1 to 4096; write max_batch = 4`},
		{`prefill = 100`, ``, `rung[0].declared: one of step and prefill, expected both`},
		{`like = "full"`, `like = "ful"`, `l.toml:19: rung[1].like: string "ful", expected an earlier rung: one of full; did you mean "full"?`},
		{"max_tokens = 64\ndrafts = false", ``, `rung[1].like: the same requests to the same servers`},
		{`like = "full"`, "like = \"full\"\nurl = \"http://x\"", `expected one of model, url, urls and like`},
		{`name = "short"`, `name = "full"`, `a name of its own`},
		{`name = "short"`, `name = "refused"`, `none of refused, none`},
		{`https://b.example`, `b.example`, `rung[2].urls[1]: string "b.example", expected a URL such as`},
		{`https://b.example`, `https://a.example/v1`, `each server once`},
		{`price_input = "0.10"`, ``, `rung[2].price_input: missing`},
		{"max_tokens = 100", ``, `rung[2].max_tokens: missing, expected the longest answer`},
		{`api_key_env = "KEY"`, `api_key_env = "sk-123"`, `the name of an environment variable, not a key`},
		{`api_key_env = "KEY"`, `cpus = [1]`, `no cpus for a rung with urls`},
		{`floor = "short"`, `floor = "shrt"`, `team[1].floor: string "shrt", expected one of full, short, api; did you mean "short"?`},
		{`degrade = "never"`, "degrade = \"never\"\nfloor = \"api\"", `no floor with degrade = "never"`},
		{`degrade = "first"`, `degrade = "frist"`, `did you mean "first"?`},
		{`name = "batch"`, `name = "law"`, `an earlier [[team]] has it`},
		{`quality_loss = 0.1`, "quality_loss = 0.1\n[rung.engin]", `rung[0].engin`},
		{`name = "m"`, "name = \"m\"\ncurrency = \"usd\"", `expected an ISO 4217 code in capitals`},
		{`[slo]`, "[control]\nstep_up = 0.95\n[slo]", `control.step_up: 0.95, expected less than step_down (0.9)`},
		{`[slo]`, "[refuse]\nretry_after = \"5s\"\nretry_after_max = \"1s\"\n[slo]", `refuse.retry_after_max: 1s, expected at least`},
		{`replicas = 2`, "replicas = 2\narm = \"x\"", `measured = "runs/NAME"`},
		{`[slo]`, `[[slo]`, `l.toml:2: not TOML`},
	} {
		_, err := ParseLadder("l.toml", []byte(strings.Replace(goodLadder, row.old, row.new, 1)))
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s -> %s: got %v, want %s", row.old, row.new, err, row.want)
		}
	}
	if _, err := ParseLadder("l.toml", []byte("name = \"m\"\n[slo]\nttft = \"1s\"\n")); err == nil || !strings.Contains(err.Error(), "at least one [[rung]]") {
		t.Error(err)
	}
	if _, err := LoadLadder("none.toml"); err == nil || !strings.Contains(err.Error(), "none.toml: no such file") {
		t.Error(err)
	}
}

// A scenario whose arms are ladders has no engine, and its arms have rungs that are there.
func TestLadderArms(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "l.toml"), []byte(goodLadder), 0o600); err != nil {
		t.Fatal(err)
	}
	base := "name = \"s\"\n[model]\npath = \"embedded:gopherling-7m\"\n[ladder]\nfile = \"l.toml\"\n[[ladder.arm]]\nname = \"a\"\nrungs = [\"full\"]\nwait = true\n[[ladder.arm]]\nname = \"b\"\n" +
		"[[load]]\narrival = \"poisson\"\nrates = [1]\nrequests = 1\nprompt_tokens = 1\noutput_tokens = 1\ntext = \"l.toml\"\n"
	read := func(text string) (*Scenario, error) {
		file := filepath.Join(dir, "s.toml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return Load(file)
	}
	s, err := read(base)
	if err != nil || len(s.Ladders.Arms) != 2 || !s.Ladders.Arms[0].Wait || s.Ladders.Read.Name != "m" {
		t.Fatalf("%+v, %v", s, err)
	}
	for text, want := range map[string]string{
		base + "[engine]\nthreads = 1\n":                       "engine: a table beside [ladder]",
		strings.Replace(base, `["full"]`, `["fool"]`, 1):       "ladder.arm[0].rungs",
		strings.Replace(base, `name = "b"`, `name = "a"`, 1):   "an earlier arm has it",
		strings.Replace(base, `"l.toml"`, `"none.toml"`, 1):    "none.toml: no such file",
		strings.Replace(base, `wait = true`, `wait = "no"`, 1): "true or false",
	} {
		if _, err := read(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func FuzzLadder(f *testing.F) {
	f.Add(goodLadder)
	f.Add("name = 1\n[slo]\nttft=[]\n[[rung]]\nurl={}\n[[rung]]\nlike=\"\"\n[team]\n")
	f.Add("rung = [1]\nteam = [[]]\nspend = 3\n")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := ParseLadder("l.toml", []byte(text))
		if err != nil {
			for _, p := range strict.Problems(err) {
				if p.Found == "" || p.Line < 1 || p.Line > 1+strings.Count(text, "\n") {
					t.Fatalf("a problem without its place or without what was found: %+v", p)
				}
			}
			return
		}
		for i, r := range l.Rungs {
			if r.Name == "" || r.Replicas < 1 || (r.Model != "") == (len(r.URLs) > 0 || r.Like != "") || r.Priced() && r.MaxTokens == 0 {
				t.Fatalf("rung %d was read as %+v", i, r)
			}
		}
		for _, p := range l.Teams {
			if p.Floor < 0 || p.Floor >= len(l.Rungs) {
				t.Fatalf("team %+v", p)
			}
		}
	})
}
