package reports

import (
	"bytes"
	"strings"
	"testing"
	"time"

	exact "github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/showback"
)

// shared is a made-up bill shared out, until a time.
func sharedOut(t *testing.T, at time.Time) (*showback.Statement, []showback.Spending) {
	t.Helper()
	p, err := showback.Month("2026-11", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	usd := func(cents int64) exact.Amount { return exact.New(cents, -2, "USD") }
	b := &showback.Bill{Name: "Inference <b>", Period: p, Currency: "USD",
		Weights: showback.Weights{Basis: showback.ByTokens, Prefill: 1, Cached: .02, Decode: 6, Source: "declared in bill.toml"},
		Shared:  []showback.Shared{{Name: "GPU node", Amount: usd(1843200), Models: []string{"own"}, Idle: showback.Idle{Rule: showback.IdleProportional, Share: "0.62"}}},
		APIs:    []showback.API{{Name: "OpenAI", Models: []string{"gpt-*"}, Prices: true, Input: usd(250), Cached: usd(125), Output: usd(1000)}},
		Budgets: []showback.Budget{{Team: "search", Amount: usd(900000), Alerts: []int{50, 80}}, {Team: "shop", Amount: usd(2000000), Alerts: []int{50}}}}
	var uses []showback.Use
	for d := range 12 {
		day := p.Start.AddDate(0, 0, d).Add(9 * time.Hour)
		uses = append(uses, showback.Use{Time: day, Team: "search", Model: "own", Key: "prod", Source: "assay", Requests: 900, Prompt: 900_000 + int64(d%3)*40_000, Cached: 300_000, Output: 120_000},
			showback.Use{Time: day, Team: "shop|drop", Model: "own", Key: "prod", Source: "assay", Requests: 500, Prompt: 400_000, Output: 90_000},
			showback.Use{Time: day, Team: "search", Model: "gpt-4o", Source: "litellm", Requests: 20, Prompt: 60_000_000, Cached: 10_000_000, Output: 4_000_000},
			showback.Use{Time: day, Model: "own", Key: "key-9", Source: "assay", Requests: 3, Prompt: 3000, Output: 700},
			showback.Use{Time: day, Team: "shop", Model: "other", Source: "openai", Requests: 1, Prompt: 3000, Output: 700})
	}
	s, err := showback.Attribute(b, uses, at)
	if err != nil {
		t.Fatal(err)
	}
	return s, s.Spendings(b.Budgets)
}

func TestShowbackPages(t *testing.T) {
	s, spent := sharedOut(t, time.Date(2026, 11, 13, 0, 0, 0, 0, time.UTC))
	page, err := Showback(s, ShowbackOptions{By: showback.PerTeam, Spendings: spent})
	if err != nil {
		t.Fatal(err)
	}
	html, summary := printBoth(t, page)
	checkMarkup(t, html)
	checkMarkdown(t, summary)
	golden(t, "showback.md", []byte(summary))
	for _, want := range []string{"Inference &lt;b&gt;", "unattributed", "search", "month", "Use that no cost covers", "declared in bill.toml", "about $", "an estimate", "fig-shares", "62.0 %"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if _, err := Showback(s, ShowbackOptions{By: "colour"}); err == nil {
		t.Error("by colour")
	}
}

func TestTeamStatements(t *testing.T) {
	s, spent := sharedOut(t, time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))
	html, summary := printBoth(t, TeamStatement(s, "search", spent))
	checkMarkup(t, html)
	checkMarkdown(t, summary)
	golden(t, "showback-team.md", []byte(summary))
	for _, want := range []string{"search: November 2026", "final", "GPU node", "what nobody used", "OpenAI", "Budget"} {
		if !strings.Contains(html, want) {
			t.Errorf("the statement does not say %q", want)
		}
	}
	if html, _ := printBoth(t, TeamStatement(s, showback.Unattributed, spent)); !strings.Contains(html, "key-9") || strings.Contains(html, "Budget") {
		t.Error("the statement of nobody")
	}
}

// TestPagesWithoutABill show what was used.
func TestPagesWithoutABill(t *testing.T) {
	p, err := showback.Month("2026-11", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	for _, uses := range [][]showback.Use{nil, {{Team: "a", Model: "m", Requests: 1, Prompt: 5}}} {
		s, err := showback.Attribute(&showback.Bill{Name: "Use", Period: p}, uses, p.End)
		if err != nil {
			t.Fatal(err)
		}
		page, err := Showback(s, ShowbackOptions{By: showback.PerModel})
		if err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		if err := Markdown(&text, page); err != nil || !strings.Contains(text.String(), "There is no bill") {
			t.Errorf("%s, %v", text.String(), err)
		}
	}
}
