package scenario

import (
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis/capacity"
	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/predict"
	"github.com/assaylab/assay/analysis/strict"
)

func (r *reader) planArms(p *CapacityPlan, t *table) {
	tables := t.children("arm")
	if len(tables) == 0 && !t.has("arm") {
		r.report("arm", "missing", "at least one [[arm]], measured or published", `add [[arm]] with name = "q8", run = "runs/mine" and arm = "1"`)
	}
	for _, c := range tables {
		a := c.planArm()
		if slices.ContainsFunc(p.Arms, func(o PlanArm) bool { return o.Name == a.Name && a.Name != "" }) {
			c.bad("name", a.Name, "a name of its own", "an earlier [[arm]] has it")
		}
		p.Arms = append(p.Arms, a)
	}
}

func (t *table) planArm() PlanArm {
	a := PlanArm{Name: t.requiredText("name", "a name for the arm in this plan", `"q8"`), Run: t.text("run", "")}
	published := []string{"published", "date", "arrivals", "prompt_tokens", "output_tokens", "point"}
	measured := []string{"arm", "load"}
	switch {
	case a.Run != "":
		a.Arm, a.Load = t.requiredText("arm", "the arm's name or number in the run", `"1"`), t.text("load", "")
		t.without(published, "of an arm that a run has measured")
	case t.has("published"):
		t.without(measured, "of a published curve")
		a.Curve = t.published(a.Name)
	default:
		t.missing("run", "a run directory, or published = the publication that a curve is from", `"runs/mine"`)
		t.known = append(t.known, append(published, measured...)...)
	}
	a.Scaled = t.planScaling()
	t.finish()
	return a
}

// without refuses keys that belong to another kind of table.
func (t *table) without(names []string, why string) {
	for _, name := range names {
		if v, ok := t.take(name); ok {
			t.bad(name, v, "no "+name+" "+why, "remove it")
		}
	}
}

// published reads a curve that is written down in the plan.
func (t *table) published(name string) *capacity.Curve {
	tokens := interval{lo: 0, hi: 1e9, open: true}
	source := t.requiredText("published", "the publication", `"vendor's benchmark page, table 3"`)
	date := t.date("date", "of the publication")
	c := &capacity.Curve{Name: name, Origin: predict.Published, Source: source + ", " + date.Format(time.DateOnly),
		Arrivals:    t.arrivals(),
		InputTokens: t.needed("prompt_tokens", tokens, "of a request in it, mean", "400"), OutputTokens: t.needed("output_tokens", tokens, "of a request in it, mean", "200")}
	points := t.children("point")
	if len(points) == 0 && !t.has("point") {
		t.report(t.key("point"), "missing", "a curve of [[arm.point]] tables", `add [[arm.point]] with rate = 1.0 and p95_ttft = "300ms"`)
	}
	for i, q := range points {
		pt := q.point()
		if i > 0 && pt.Rate <= c.Points[i-1].Rate {
			q.bad("rate", q.values["rate"], "more than the rate of the point before ("+strict.Decimal(c.Points[i-1].Rate)+")", "sort the points by rate")
		}
		c.Points = append(c.Points, pt)
	}
	return c
}

func (t *table) arrivals() string {
	kinds := []string{Poisson, Gamma, Constant, Closed}
	if !t.has("arrivals") {
		t.missing("arrivals", oneOf(kinds)+": how requests came", `"poisson"`)
	}
	return t.choice("arrivals", Poisson, kinds)
}

// percentileKey is p95_ttft.
var percentileKey = regexp.MustCompile(`^p([0-9]{1,2}(?:_[0-9]+)?)_(ttft|tpot|itl|e2e)$`)

func (t *table) point() capacity.Point {
	p := capacity.Point{Rate: t.needed("rate", interval{lo: 0, hi: highestRate, open: true}, "requests per second of one replica", "1.5")}
	p.Collapsed = t.text("collapsed", "")
	for _, name := range slices.Sorted(maps.Keys(t.values)) {
		m := percentileKey.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		l := capacity.Latency{Metric: m[2], Percentile: percentOf(m[1])}
		if !(l.Percentile > 0) {
			t.bad(name, t.values[name], "a percentile above 0", "")
		}
		ns := float64(t.duration(name, 0, "300ms"))
		l.NS = cost.Estimate{Value: ns, Low: ns, High: ns}
		p.Latencies = append(p.Latencies, l)
	}
	if len(p.Latencies) == 0 && p.Collapsed == "" {
		t.missing("p95_ttft", "at least one latency percentile: p50, p95, p99 of ttft, tpot, itl or e2e", `"300ms"`)
	}
	t.finish()
	return p
}

// percentOf is 0.999 for "99_9", read as a decimal: it is compared with what limits say.
func percentOf(digits string) float64 {
	whole, fraction, _ := strings.Cut(digits, "_")
	x, err := strconv.ParseFloat("0."+strings.Repeat("0", 2-len(whole))+whole+fraction, 64)
	if err != nil {
		return math.NaN()
	}
	return x
}
