package reports

import (
	"flag"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/capacity"
	"github.com/assaylab/assay/analysis/plan"
	"github.com/assaylab/assay/analysis/plan/plantest"
	"github.com/assaylab/assay/analysis/predict"
)

var htmlOut = flag.String("plan-html", "", "write the page of the made-up plan to this file, to be looked at")

func madeUpPlan(t *testing.T, change func(*plan.Inputs)) *plan.Outlook {
	t.Helper()
	in := plantest.Inputs(t, 9)
	change(&in)
	o, err := plan.Make(in, plan.Effort{Reach: 1})
	if err != nil {
		t.Fatal(err)
	}
	if o.Chosen() == nil {
		return o
	}
	k := &plan.Checks{Arm: o.Chosen().Name, Router: "random", Errors: []plan.CheckError{{Metric: "ttft_p95", Cells: 5, Median: 0.04, Worst: 0.13}, {Metric: "tpot_p95", Cells: 5, Median: 0.02, Worst: 0.05, Beyond: true}}}
	for i, m := range o.Chosen().Plan.Months {
		c := plan.Check{Month: m.First, Rate: m.Peak * 1.2, Replicas: m.Replicas.Serving, Met: i != 7}
		for k, l := range o.Limits {
			c.Figures = append(c.Figures, plan.CheckFigure{Limit: l, NS: float64(l.LimitNS) * (0.8 + 0.03*float64(i)), Error: []float64{0.13, math.NaN()}[k]})
		}
		if !c.Met {
			c.Missed = "p95 ttft <= 250ms"
		}
		k.Months = append(k.Months, c)
	}
	o.Checks = k
	o.Conclude()
	return o
}

func unchanged(*plan.Inputs) {}

func pageText(t *testing.T, p Page, print func(w *strings.Builder, p Page) error) string {
	t.Helper()
	var b strings.Builder
	if err := print(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func asMarkdown(w *strings.Builder, p Page) error { return Markdown(w, p) }
func asHTML(w *strings.Builder, p Page) error     { return HTML(w, p) }

func TestPlanGolden(t *testing.T) {
	p := Plan(madeUpPlan(t, unchanged), PlanOptions{HTMLFile: "report.html", CSVFile: "plan.csv"})
	got := pageText(t, p, asMarkdown)
	checkGolden(t, "plan.md", got)
	if *htmlOut != "" {
		if err := os.WriteFile(*htmlOut, []byte(pageText(t, p, asHTML)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// What is assumed stands before any figure, and every table of numbers says how they are known.
func TestPlanSaysWhereFiguresAreFrom(t *testing.T) {
	o := madeUpPlan(t, unchanged)
	p := Plan(o, PlanOptions{})
	if p.Sections[0].ID != "answer" || p.Sections[1].ID != "assumptions" {
		t.Errorf("begins with %q and %q", p.Sections[0].ID, p.Sections[1].ID)
	}
	html := pageText(t, p, asHTML)
	for _, want := range []string{"measured", "forecast", "stale: 183 days old", "± 13 %", "error not known", "disagrees", "full-trial", "fig-supply", "fig-spending", "fig-volume", "fig-tornado"} {
		if !strings.Contains(html, want) {
			t.Errorf("no %q on the page", want)
		}
	}
	for _, origin := range []predict.Origin{predict.Published, predict.Scaled} {
		o := madeUpPlan(t, func(in *plan.Inputs) { in.Arms[0].Curve.Origin = origin })
		text := pageText(t, Plan(o, PlanOptions{}), asMarkdown)
		if !strings.Contains(text, string(origin)) || strings.Contains(text, "(measured") {
			t.Errorf("a curve that is %s: says it %v, says measured %v", origin, strings.Contains(text, string(origin)), strings.Contains(text, "(measured"))
		}
		if !strings.Contains(text, "measure") || len(o.Warnings) == 0 {
			t.Errorf("no warning about a curve that is %s: %q", origin, o.Warnings)
		}
	}
}

// A demand that cannot be served is a page that says why, and shows no table of a plan.
func TestPlanInfeasiblePage(t *testing.T) {
	o := madeUpPlan(t, func(in *plan.Inputs) { in.Limits[0].LimitNS = 1e6 })
	text := pageText(t, Plan(o, PlanOptions{}), asMarkdown)
	if !strings.Contains(text, "infeasible because p95 of ttft") || strings.Contains(text, "Month by month") {
		t.Error(text)
	}
	if html := pageText(t, Plan(o, PlanOptions{}), asHTML); strings.Contains(html, "<svg") {
		t.Error("figures of no plan")
	}
}

// Names come from files: they are text, wherever they stand.
func TestPlanOfHostileNames(t *testing.T) {
	const evil = `</td><script>alert(1)</script>`
	o := madeUpPlan(t, func(in *plan.Inputs) {
		in.Name, in.Description = evil, evil
		in.Arms[0].Name = evil
		for i := range in.Options {
			in.Options[i].Offer.Name = evil + in.Options[i].Offer.Name
			in.Options[i].Replicas = map[string]int{evil: max(1, in.Options[i].Replicas["full"])}
		}
	})
	if o.Chosen() == nil {
		t.Fatal(o.Answer)
	}
	html := pageText(t, Plan(o, PlanOptions{}), asHTML)
	if strings.Contains(html, "<script") {
		t.Error("markup of a name is on the page")
	}
}

func TestWholeMoney(t *testing.T) {
	o := madeUpPlan(t, unchanged)
	m := o.Chosen().Plan.Months[0]
	table := PlanTable(o, false)
	if got := len(table.Rows); got != 10 {
		t.Errorf("%d rows for 9 months and their sum", got)
	}
	if got := table.Rows[0].Cells[7].Text; got != wholeMoney(m.Cash.Paid) || strings.HasSuffix(got, ".00") {
		t.Errorf("paid %q", got)
	}
	if got := replicaRange(capacity.Replicas{Serving: 5, Low: 4, High: capacity.Unbounded}); got != "N 4 or more" {
		t.Error(got)
	}
}
