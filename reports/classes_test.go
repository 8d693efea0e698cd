package reports

import (
	"bytes"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/reports/chart"
)

// mixedRun has one load of two classes and one of a single kind.
func mixedRun() recordtest.Plan {
	p := recordtest.Small()
	p.EditRun = func(r *record.Run) {
		r.Loads[0].Forced, r.Loads[0].Cache = true, "cold"
		r.Loads[0].PromptTokens, r.Loads[0].OutputTokens = "", ""
		r.Loads[0].Classes = []record.Class{
			{Name: "chat", Weight: 3, Team: "web", PromptTokens: "32", OutputTokens: "8", Priority: -1},
			{Name: "batch", Weight: 1, PromptTokens: "64", OutputTokens: "8", Corpus: "rows.jsonl", SLOs: []record.SLO{{Metric: "e2e", Percentile: 0.5, LimitNS: 20e9, Origin: "explicit"}}},
		}
		r.Loads[1].Team, r.Loads[1].Cache, r.Loads[1].CachedShare = "lab", "declared", []float64{.1, .2}
	}
	p.Edit = func(t *record.Trial, q []result.Request) bool {
		t.Engine.PrefixHitTokens, t.Shareable = t.Engine.PromptTokens/8, t.Engine.PromptTokens/4
		for i := range q {
			if t.Key.Load != "r20" {
				q[i].Team = "lab"
				continue
			}
			q[i].Class, q[i].Team = "chat", "web"
			if i%4 == 0 {
				q[i].Class, q[i].Team = "batch", ""
			}
		}
		q[0].Outcome = result.Timeout
		return true
	}
	return p
}

func TestClasses(t *testing.T) {
	s := analysed(t, mixedRun())
	page := Build(s, Options{})
	var md, html bytes.Buffer
	if err := HTML(&html, page); err != nil {
		t.Fatal(err)
	}
	checkMarkup(t, html.String())
	for _, want := range []string{"Classes and teams", "75 % of requests; team web; priority -1; prompt tokens 32; output tokens 8.",
		"25 % of requests; prompt tokens 64; output tokens 8; rows of rows.jsonl; limits of its own: p50 E2E at most 20 s (explicit).",
		"Limits of every class at poisson 20/s", "p95 TTFT 100 ms: 0 of 45, needs 14 more; p95 TPOT 10 ms: 0 of 45, needs 14 more", "p50 E2E 20 s: 1 of 15",
		"Latency of every class at poisson 20/s", "Teams at poisson 20/s", "Teams at poisson 40/s", "no team", "1 timeout",
		"answers are forced to the length that is asked for (ignore_eos); classes chat, batch", "Prefix caches begin cold: what prompts have in common is at most 25 % of their tokens, and servers read 12 % from a cache.",
		"Prefix caches are declared to serve 10 % to 20 % of prompt tokens", "answers may end before the length that is asked for; team lab"} {
		if !strings.Contains(html.String(), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(html.String(), "Limits at poisson 20/s") || !strings.Contains(html.String(), "Limits at poisson 40/s") {
		t.Error("a load of classes has the limits of the others too, or others have none")
	}
	if err := Load(&md, s, "run"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"class chat of team web: 45 of 45 requests answered; within all its limits 100 % (", "class batch: 14 of 15 requests answered, 1 timeout; within", "limit p95 ttft 100 ms of chat: undecided (0 of 45 requests beyond it)", "prefix cache: 12 % of prompt tokens read from it, at most 25 % are shared", "team web: 45 requests, ", "team none: 15 requests, ", ", 1 timeout"} {
		if !strings.Contains(md.String(), want) {
			t.Errorf("the summary does not say %q:\n%s", want, md.String())
		}
	}
	if out := LoadSummary(s); len(out.Teams) != 2 || out.Teams[1].Team != "web" || out.Limits[0].Class != "chat" {
		t.Errorf("%+v", out)
	} else if k := out.Classes; len(k) != 2 || k[0].Class != "chat" || k[0].Issued != 45 || k[0].Verdict != "undecided" || k[1].OK != 14 || k[1].Attainment["estimate"] != 14.0/15 {
		t.Errorf("%+v", k)
	} else {
		checkFloors(t, md.String(), out)
	}
	checkClassFigures(t, page)
	for _, section := range Build(analysed(t, recordtest.Small()), Options{}).Sections {
		if section.ID == "classes" {
			t.Error("classes in a run that has none")
		}
	}
}

// checkFloors: a percentile of a class that has too few requests for it is none, though all requests together have it. 60 are
// enough for a p95, which takes 59; 45 are not, but are for a median.
func checkFloors(t *testing.T, text string, out LoadJSON) {
	t.Helper()
	if _, all := out.Metrics["ttft"]["p95"]; !all {
		t.Error("no p95 of 60 requests")
	}
	for _, k := range out.Classes {
		_, p50 := k.Metrics["ttft"]["p50"]
		if _, p95 := k.Metrics["ttft"]["p95"]; p95 || !p50 {
			t.Errorf("class %s of %d requests: %v", k.Class, k.Issued, k.Metrics["ttft"])
		}
	}
	table, _, _ := strings.Cut(text, "throughput:")
	_, chat, _ := strings.Cut(table, "\nchat ")
	if first, _, _ := strings.Cut(chat, "\n"); strings.Count(first, "insufficient") != 2 { // p95 and p99
		t.Errorf("the row of TTFT of chat is %q in\n%s", first, table)
	}
}

// checkClassFigures: every class has its own limits beside its own requests: the run's where it has none, and no others.
func checkClassFigures(t *testing.T, page Page) {
	t.Helper()
	found := map[string]chart.CDF{}
	for _, section := range page.Sections {
		for _, b := range section.Blocks {
			if f, ok := b.(Figure); ok && section.ID == "classes" {
				found[f.Figure.Key()] = f.Figure.(chart.CDF)
			}
		}
	}
	for key, want := range map[string][2]chart.Limit{"cdf-ttft-r20": {{NS: 100e6, Share: .95}, {}}, "cdf-e2e-r20": {{}, {NS: 20e9, Share: .5}}} {
		f := found[key]
		if len(f.Panels) != 2 {
			t.Errorf("%s has %d panels, not one for each class", key, len(f.Panels))
			continue
		}
		for i, class := range []string{"chat", "batch"} {
			if p := f.Panels[i]; p.Title != class || p.Limit != want[i] {
				t.Errorf("%s, class %s: %s with limit %+v, want %+v", key, class, p.Title, p.Limit, want[i])
			}
		}
		if !strings.Contains(f.Alt(), "each of 2 classes") {
			t.Error(f.Alt())
		}
	}
	// One of 15 requests of each repetition of the class timed out, the first one: its curve ends below those of the other class.
	top := func(p chart.CDFPanel) float64 { c := p.Curves[0]; return c[len(c)-1].Share }
	if p := found["cdf-e2e-r20"].Panels; len(p) == 2 && !(top(p[1]) < 1 && top(p[0]) == 1) {
		t.Errorf("curves end at %v and %v", top(p[0]), top(p[1]))
	}
	if len(found) != 2 {
		t.Errorf("%d figures", len(found))
	}
}
