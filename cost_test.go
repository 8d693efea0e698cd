package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/showback"
)

// TestCost walks from logs to statements, as docs/cost.md does.
func TestCost(t *testing.T) {
	dir := t.TempDir()
	db, pages, focus := filepath.Join(dir, "costs.db"), filepath.Join(dir, "pages"), filepath.Join(dir, "focus.csv")
	const bill = "scenarios/costs/bill.toml"
	logs := []string{"scenarios/costs/usage.jsonl", "scenarios/costs/litellm.json"}
	for _, want := range []string{"10 rows read, 10 new", "10 rows read, 0 new"} {
		out, stderr, code := assay(t, append([]string{"cost", "ingest", "--ledger", db}, logs...)...)
		if code != exitOK || !strings.Contains(out, "litellm, "+want) {
			t.Fatalf("code %d: %s%s", code, out, stderr)
		}
	}
	out, stderr, code := assay(t, "cost", "report", "--ledger", db, "--bill", bill, "--month", "2026-11", "--at", "2026-12-02T00:00:00Z", "--html", pages, "--focus", focus, "--json")
	var s struct {
		showback.Statement
		Groups []showback.Group `json:"groups"`
	}
	if code != exitOK || json.Unmarshal([]byte(out), &s) != nil {
		t.Fatalf("code %d: %s%s", code, out, stderr)
	}
	sum, teams := money.Zero("USD"), ""
	for _, g := range s.Groups {
		sum, teams = sum.Add(g.Cost), teams+g.Name+" "
	}
	if sum.Fixed(2) != "2834.57" || s.Total.Fixed(2) != "2834.57" { // 1843.20 + 950.00 + 41.37
		t.Errorf("groups sum to %s, the total is %s", sum, s.Total)
	}
	for _, team := range []string{"search", "shop", "platform", showback.Unattributed} {
		if !strings.Contains(teams, team+" ") {
			t.Errorf("%s is missing among %s", team, teams)
		}
		if text, err := os.ReadFile(filepath.Join(pages, "team-"+team+".html")); err != nil || !strings.Contains(string(text), "CPU node") && team != "platform" {
			t.Errorf("the statement of %s: %v", team, err)
		}
	}
	if text, err := os.ReadFile(focus); err != nil || !strings.HasPrefix(string(text), "BilledCost,") {
		t.Errorf("%s: %v", text, err)
	}
	for at, want := range map[string]int{"2026-12-02T00:00:00Z": exitOK, "2026-11-29T23:00:00Z": exitOK} {
		if out, stderr, code := assay(t, "cost", "budget", "--ledger", db, "--bill", bill, "--at", at); code != want || !strings.Contains(out, "search: ") {
			t.Errorf("code %d: %s%s", code, out, stderr)
		}
	}
	small := filepath.Join(dir, "bill.toml")
	text, err := os.ReadFile(bill)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(small, []byte(strings.Replace(string(text), `amount = "1500.00"`, `amount = "0.01"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := assay(t, "cost", "budget", "--ledger", db, "--bill", small, "--at", "2026-12-02T00:00:00Z"); code != exitBad || !strings.Contains(stderr, "1 team over budget") {
		t.Errorf("a budget of a cent: code %d: %s", code, stderr)
	}
}

func TestCostRefuses(t *testing.T) {
	dir := t.TempDir()
	db := filepath.Join(dir, "costs.db")
	bad := filepath.Join(dir, "bad.jsonl")
	if err := os.WriteFile(bad, []byte(`{"assay_usage":1,"id":"a"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"no ledger named", []string{"report", "--month", "2026-11"}, "--ledger is missing"},
		{"no ledger", []string{"report", "--ledger", db, "--month", "2026-11"}, "no such ledger"},
		{"no month", []string{"report", "--ledger", db}, "--month is missing"},
		{"bad month", []string{"report", "--ledger", db, "--month", "November"}, `month "November"`},
		{"bad time", []string{"report", "--ledger", db, "--month", "2026-11", "--at", "now"}, "--at"},
		{"bad zone", []string{"report", "--ledger", db, "--month", "2026-11", "--time-zone", "Berlin"}, "--time-zone"},
		{"no bill", []string{"budget", "--ledger", db}, "--bill is missing"},
		{"another month", []string{"budget", "--ledger", db, "--bill", "scenarios/costs/bill.toml", "--month", "2026-10"}, "2026-10"},
		{"bad row", []string{"ingest", bad, "--ledger", db}, bad + ":1: time"},
		{"bad source", []string{"ingest", bad, "--ledger", db, "--source", "csv"}, `found "csv"`},
		{"no file", []string{"ingest", "--ledger", db}, "FILE is missing"},
	} {
		if _, stderr, code := assay(t, append([]string{"cost"}, c.args...)...); code != exitUsage || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: code %d: %s", c.name, code, stderr)
		}
	}
}

func TestPageNames(t *testing.T) {
	var taken []string
	for team, want := range map[string]string{"search": "team-search.html", "../a b": "team-___a_b.html"} {
		if got := pageName(team, nil); got != want {
			t.Errorf("%q: %s, want %s", team, got, want)
		}
	}
	for _, want := range []string{"team-a_b.html", "team-a_b-2.html", "team-A_b-3.html"} {
		taken = append(taken, pageName(map[string]string{"team-a_b.html": "a b", "team-a_b-2.html": "a/b", "team-A_b-3.html": "A.b"}[want], taken))
		if taken[len(taken)-1] != want {
			t.Errorf("%v, want %s", taken, want)
		}
	}
}
