package main

import (
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
