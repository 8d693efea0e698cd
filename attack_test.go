package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/testkit"
	"github.com/assaylab/assay/loadgen/scripted"
	"github.com/assaylab/assay/reports"
)

// standIn is a server of scripted answers, with no list of models; a request without its key is refused.
func standIn(t *testing.T, key string, a scripted.Answer) *scripted.Server {
	t.Helper()
	s, err := scripted.Start(func(r scripted.Received) scripted.Script {
		switch {
		case strings.HasSuffix(r.Path, "/models"):
			return scripted.Refuse(404, 0, "no such path")
		case key != "" && r.Header.Get("Authorization") != "Bearer "+key:
			return scripted.Refuse(401, 0, "no key")
		}
		return a.Script()
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// A server that is there is loaded, what it did is told, and its run directory is one that other verbs read.
func TestLoad(t *testing.T) {
	s := standIn(t, "secret", scripted.Steady(5*time.Millisecond, time.Millisecond, 8))
	t.Setenv("LOAD_TEST_KEY", "secret")
	dir := t.TempDir()
	args := []string{"load", s.URL() + "/v1", "--model", "m", "--api-key-env", "LOAD_TEST_KEY", "--rate", "100", "--requests", "20", "--prompt-tokens", "16", "--output-tokens", "8"}
	r := testkit.Run(t, dir, append(args, "--out", "run", "--json")...)
	var out reports.LoadJSON
	if err := json.Unmarshal([]byte(r.Stdout), &out); err != nil || r.Code != exitOK {
		t.Fatalf("%v: %+v", err, r)
	}
	if len(out.Instrument) == 0 || out.Instrument[0].N == 0 {
		t.Errorf("nothing is said of the instrument: %+v", out.Instrument)
	}
	if out.OK != 20 || out.Issued != 20 || !strings.HasPrefix(out.Server, "m at http://") || out.Metrics["ttft"]["p50"] < 5e6 || out.Metrics["tpot"]["p50"] < .5e6 {
		t.Errorf("%+v", out)
	}
	set := setOf(t, filepath.Join(dir, "run"))
	if a := set.Run.Arms[0]; len(a.Settings) != 0 || a.Command != "" || set.Trials[0].Status != record.StatusOK {
		t.Errorf("claims settings of a server that it does not know: %+v", a)
	}
	expectNoKey(t, dir, "secret")
	if r := testkit.Run(t, dir, "compare", "run", "run"); r.Code != exitOK {
		t.Errorf("%+v", r)
	}
}

// expectNoKey reads every file below dir.
func expectNoKey(t *testing.T, dir, key string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "run", "*"))
	if err != nil || len(files) < 3 {
		t.Fatal(err, files)
	}
	trials, _ := filepath.Glob(filepath.Join(dir, "run", "trials", "*", "*"))
	for _, f := range append(files, trials...) {
		if text, err := os.ReadFile(f); err == nil && strings.Contains(string(text), key) {
			t.Errorf("%s has the API key", f)
		}
	}
}

// Limits decide the exit code; a busy machine can make a measurement invalid, which decides nothing.
func TestLoadLimits(t *testing.T) {
	s := standIn(t, "", scripted.Steady(30*time.Millisecond, time.Millisecond, 4))
	for _, row := range []struct {
		limit string
		code  int
	}{{"p50 ttft=20s", exitOK}, {"p50 ttft=1ms", exitBad}} {
		r := testkit.Run(t, t.TempDir(), "load", s.URL(), "--model", "m", "--rate", "40", "--requests", "12", "--prompt-tokens", "16", "--output-tokens", "4", "--slo", row.limit)
		if r.Code != row.code && !(r.Code == exitUndecided && strings.Contains(r.Stdout, "not a valid measurement")) {
			t.Errorf("%s: %+v", row.limit, r)
		}
	}
}

func TestLoadBadInput(t *testing.T) {
	s := standIn(t, "secret", scripted.Steady(time.Millisecond, time.Millisecond, 4))
	for _, row := range []struct {
		code int
		says string
		args []string
	}{
		{exitUsage, "expected a URL", []string{"localhost:8000"}},
		{exitUsage, "--rate[0]: string \"x\"", []string{s.URL(), "--rate", "x"}},
		{exitUsage, "--prompt-tokens: integer 0", []string{s.URL(), "--prompt-tokens", "0"}},
		{exitUsage, "--cv: ", []string{s.URL(), "--cv", "2"}},
		{exitUsage, "--slo is", []string{s.URL(), "--slo", "ttft=3s"}},
		{exitUsage, "--endpoint is", []string{s.URL(), "--endpoint", "responses"}},
		{exitEnvironment, "name one with --model", []string{s.URL()}},
		{exitEnvironment, "connection refused", []string{"http://127.0.0.1:1"}},
		{exitEnvironment, "none of 2 requests succeeded", []string{s.URL(), "--model", "m", "--api-key-env", "NONE", "--requests", "4", "--rate", "50"}},
	} {
		if r := testkit.Run(t, t.TempDir(), append([]string{"load"}, row.args...)...); r.Code != row.code || !strings.Contains(r.Stderr, row.says) {
			t.Errorf("%v: %+v", row.args, r)
		}
	}
}
