package main

import (
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/experiments/testkit"
)

func TestGateCommand(t *testing.T) {
	baseline := madeRun(t, nil)
	slower := madeRun(t, func(p *recordtest.Plan) { p.Arms[1].TPOT += 400 * time.Microsecond })
	dir := t.TempDir()
	budgets := func(text string) string { return testkit.WriteFile(t, filepath.Join(dir, "budgets.toml"), text) }
	for _, row := range []struct {
		name, text string
		args       []string
		code       int
		says       string
	}{
		{"kept", "[[budget]]\nmetric = \"p95 ttft\"\nlimit = \"10s\"", nil, exitOK, "gate: pass. 4 checks"},
		{"broken", "[[budget]]\nmetric = \"p50 tpot\"\nmax_increase = 0.05\narm = \"fast\"", []string{"--baseline", baseline}, exitBad, "+20 %"},
		{"undecided", "[[budget]]\nmetric = \"p99 ttft\"\nlimit = \"10s\"", nil, exitUndecided, "more requests like these would decide"},
		{"no baseline", "[[budget]]\nmetric = \"p50 tpot\"\nmax_increase = 0.05", nil, exitUsage, "budget[0]: a bound on what may change needs a baseline"},
		{"bad file", "[[budget]]\nmetric = \"p50 tpto\"\nlimit = \"1s\"", nil, exitUsage, "budgets.toml:2: budget[0].metric"},
	} {
		r := testkit.Run(t, dir, append([]string{"gate", slower, "--budget", budgets(row.text)}, row.args...)...)
		if r.Code != row.code || !strings.Contains(r.Stdout+r.Stderr, row.says) {
			t.Errorf("%s: %+v", row.name, r)
		}
	}
}

func TestGateFiles(t *testing.T) {
	run, dir := madeRun(t, nil), t.TempDir()
	budgets := testkit.WriteFile(t, filepath.Join(dir, "budgets.toml"), "[[budget]]\nmetric = \"p95 ttft\"\nlimit = \"1us\"")
	r := testkit.Run(t, dir, "gate", run, "--budget", budgets, "--junit", "gate.xml", "--markdown", "gate.md", "--json")
	var out jsonGate
	if err := json.Unmarshal([]byte(r.Stdout), &out); err != nil || out.Verdict != "fail" || len(out.Checks) != 4 || r.Code != exitBad {
		t.Fatalf("%v: %+v", err, r)
	}
	var suites struct {
		Suite struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
			Cases    []struct {
				Name    string `xml:"name,attr"`
				Failure *struct {
					Text string `xml:",chardata"`
				} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	text, err := os.ReadFile(filepath.Join(dir, "gate.xml"))
	if err == nil {
		err = xml.Unmarshal(text, &suites)
	}
	if s := suites.Suite; err != nil || s.Tests != 4 || s.Failures != 4 || s.Cases[0].Failure == nil || !strings.Contains(s.Cases[0].Name, "p95 ttft at poisson 20/s") {
		t.Errorf("%v: %s", err, text)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "gate.md")); err != nil || !strings.Contains(string(text), "| fail") {
		t.Errorf("%v: %s", err, text)
	}
}

// Two builds are measured in turn and judged; the same command again judges without measuring.
func TestGateOfTwoBuilds(t *testing.T) {
	dir := t.TempDir()
	tiny := testkit.Tiny()
	tiny.Run = "repetitions = 2"
	file := tiny.Write(t, dir)
	budgets := testkit.WriteFile(t, filepath.Join(dir, "budgets.toml"), "[[budget]]\nmetric = \"p50 tpot\"\nlimit = \"10s\"")
	args := []string{"gate", "--scenario", file, "--engine-a", testkit.Assay(t), "--budget", budgets, "--out", "duet"}
	r := testkit.Run(t, dir, args...)
	if r.Code != exitOK && r.Code != exitUndecided { // a busy machine can make a measurement invalid, which is undecided
		t.Fatalf("%+v", r)
	}
	a, b := setOf(t, filepath.Join(dir, "duet", "a")), setOf(t, filepath.Join(dir, "duet", "b"))
	if len(a.Trials) < 2 || len(a.Trials) != len(a.Run.Order) || len(b.Trials) != len(a.Trials) {
		t.Fatalf("%d and %d trials of %d", len(a.Trials), len(b.Trials), len(a.Run.Order))
	}
	for i := range a.Trials { // the one first, then the other
		if want := [2]int{2*i + i%2, 2*i + 1 - i%2}; a.Trials[i].Order != want[0] || b.Trials[i].Order != want[1] {
			t.Errorf("pair %d ran as %d and %d, want %v", i, a.Trials[i].Order, b.Trials[i].Order, want)
		}
	}
	if again := testkit.Run(t, dir, args...); again.Code != r.Code || strings.Contains(again.Stderr, "[ 1/") || strings.Contains(again.Stderr, "[1/") {
		t.Errorf("again: %+v", again)
	}
}

func setOf(t *testing.T, dir string) *record.Set {
	t.Helper()
	set, err := record.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// The gate must not fail a build for being itself, nor pass one whose steps take six times as long.
func TestGateSelfTest(t *testing.T) {
	dir := t.TempDir()
	tiny := testkit.Tiny()
	tiny.Run = "repetitions = 3"
	r := testkit.Run(t, dir, "gate", "--self-test", "--scenario", tiny.Write(t, dir), "--handicap", "5", "--out", "self")
	if r.Code != exitOK && r.Code != exitUndecided {
		t.Errorf("%+v", r)
	}
	if set := setOf(t, filepath.Join(dir, "self", "slower", "b")); !strings.Contains(strings.Join(set.Run.Notes, " "), "every step of the engine 500 % longer") {
		t.Errorf("%q", set.Run.Notes)
	}
}

func TestGateFlags(t *testing.T) {
	dir := t.TempDir()
	for want, args := range map[string][]string{
		"expected a run directory":         {"--budget", "b.toml"},
		"judged as it is":                  {"runs/x", "--budget", "b.toml", "--engine-a", "y"},
		"measures its own baseline":        {"--scenario", "s.toml", "--baseline", "runs/x", "--budget", "b.toml"},
		"--budget FILE is missing":         {"runs/x"},
		"--engine-a PATH is missing":       {"--scenario", "s.toml", "--budget", "b.toml"},
		"judges this build against itself": {"--scenario", "s.toml", "--self-test", "--junit", "x.xml"},
		"--handicap is 0":                  {"--scenario", "s.toml", "--self-test", "--handicap", "0"},
		"s.toml: no such file":             {"--scenario", "s.toml", "--self-test"},
		"self-test needs --scenario":       {"--self-test"},
		"no such file, expected budg":      {"--scenario", "s.toml", "--engine-a", "x", "--budget", "b.toml"},
	} {
		if r := testkit.Run(t, dir, append([]string{"gate"}, args...)...); r.Code != exitUsage || !strings.Contains(r.Stderr, want) {
			t.Errorf("%v: %+v", args, r)
		}
	}
}
