package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/experiments/testkit"
)

func madeRun(t *testing.T, edit func(*recordtest.Plan)) string {
	t.Helper()
	p := recordtest.Small()
	p.Repetitions = 3
	if edit != nil {
		edit(&p)
	}
	return recordtest.Make(t, p).Dir
}

func TestCompareCommand(t *testing.T) {
	before := madeRun(t, nil)
	after := madeRun(t, func(p *recordtest.Plan) { p.Arms[1].TPOT += 400 * time.Microsecond })
	r := testkit.Run(t, t.TempDir(), "compare", before, after, "--metric", "p50 tpot")
	if r.Code != exitOK || !strings.Contains(r.Stdout, "worse") || !strings.Contains(r.Stdout, "+20 %") {
		t.Errorf("%+v", r)
	}
	r = testkit.Run(t, t.TempDir(), "compare", before, after, "--metric", "p50 tpot", "--json")
	var c jsonComparison
	if err := json.Unmarshal([]byte(r.Stdout), &c); err != nil || len(c.Rows) != 4 {
		t.Fatalf("%v: %+v", err, r)
	}
	for _, row := range c.Rows {
		if want := map[bool]string{true: "worse", false: "~"}[row.Arm == "fast"]; row.Outcome != want || row.Ratio == nil || row.Runs != 3 {
			t.Errorf("%+v, want %s", row, want)
		}
	}
	for _, bad := range [][]string{{"compare", before}, {"compare", before, "none"}, {"compare", before, after, "--metric", "p95 speed"}, {"compare", before, after, "--arm-first", "x"}} {
		if r := testkit.Run(t, t.TempDir(), bad...); r.Code != exitUsage {
			t.Errorf("%v: %+v", bad, r)
		}
	}
}
