package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var priceDay = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

func pricesOf(t *testing.T, o pricesOptions) string {
	t.Helper()
	var b strings.Builder
	if err := listPrices(&b, o, priceDay); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestPrices: the list has every kind, dates, and marks of what is stale on a day.
func TestPrices(t *testing.T) {
	text := pricesOf(t, pricesOptions{})
	for _, want := range []string{"gpt-5.6-luna", "(to 272000 tokens)", "nebius-8x-h100", "8x-h100-low", "$1.70", "assumed-2-vcpu", "rows are stale on 2026-11-29"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if text := pricesOf(t, pricesOptions{kinds: []string{"machine"}, stale: true}); strings.Contains(text, "assumed-2-vcpu") || strings.Contains(text, "gpt") || !strings.Contains(text, "332 days old") {
		t.Errorf("stale machines alone:\n%s", text)
	}
	if text := pricesOf(t, pricesOptions{today: "2026-01-01", kinds: []string{"purchase"}}); !strings.Contains(text, "which is to come") {
		t.Errorf("dates after the day:\n%s", text)
	}
}

func TestPricesJSON(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ours.toml")
	if err := os.WriteFile(file, []byte("currency = \"USD\"\n[[machine]]\nname = \"ours\"\nsource = \"us\"\ndate = 2026-11-28\ntrust = \"primary\"\ncpus = 4\non_demand = \"0.0123\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var list struct {
		Today string
		Rows  []struct {
			Kind       string
			Stale      bool
			PerGPUHour string `json:"per_gpu_hour"`
			Row        map[string]any
		}
	}
	if err := json.Unmarshal([]byte(pricesOf(t, pricesOptions{json: true, files: []string{file}})), &list); err != nil {
		t.Fatal(err)
	}
	ours := 0
	for _, r := range list.Rows {
		if (r.PerGPUHour != "") != (r.Kind == "purchase") || r.Row["source"] == "" || r.Row["date"] == "" {
			t.Errorf("%+v", r)
		}
		if r.Row["name"] == "ours" && r.Row["on_demand"] == "0.0123 USD" && !r.Stale {
			ours++
		}
	}
	if list.Today != "2026-11-29" || ours != 1 || len(list.Rows) < 40 {
		t.Errorf("%s, %d rows, ours %d times", list.Today, len(list.Rows), ours)
	}
}

func TestPricesRefuses(t *testing.T) {
	for want, o := range map[string]pricesOptions{
		`--kind "apis", expected one of api, rental, purchase, machine; did you mean "api"?`: {kinds: []string{"apis"}},
		`--today: date "tomorrow": expected a day such as "2026-08-21"`:                      {today: "tomorrow"},
		"none.toml: no such file, expected prices in TOML":                                   {files: []string{"none.toml"}},
	} {
		var b strings.Builder
		if err := listPrices(&b, o, priceDay); err == nil || err.Error() != want || b.Len() > 0 {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
