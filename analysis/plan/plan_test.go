package plan_test

import (
	"encoding/csv"
	"math"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/capacity"
	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/forecast"
	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/plan"
	"github.com/assaylab/assay/analysis/plan/plantest"
	"github.com/assaylab/assay/analysis/price"
)

func usd(t *testing.T, text string) money.Amount {
	t.Helper()
	a, err := money.Parse(text, "USD")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// outlook is without a search for thresholds, which take most of the time.
func outlook(t *testing.T, in plan.Inputs) *plan.Outlook {
	t.Helper()
	o, err := plan.Make(in, plan.Effort{Reach: 1})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func only(in plan.Inputs, kinds ...capacity.Kind) plan.Inputs {
	var kept []plan.Option
	for _, o := range in.Options {
		for _, k := range kinds {
			if o.Offer.Kind == k {
				kept = append(kept, o)
			}
		}
	}
	in.Options = kept
	return in
}

// With an API alone a plan costs its requests times the price of one: 800 tokens at 0.50 and 200 at 2.00 a million are 0.0008.
func TestAPIAlone(t *testing.T) {
	o := outlook(t, only(plantest.Inputs(t, 6), capacity.API))
	best := o.Chosen()
	if best == nil {
		t.Fatal(o.Answer)
	}
	if got, want := best.Problem.Options[0].Price, usd(t, "0.0008"); got.Cmp(want) != 0 {
		t.Errorf("a request costs %s, want %s", got.Decimal(), want.Decimal())
	}
	for _, m := range best.Plan.Months {
		want := usd(t, "0.0008").Times(m.Requests)
		if d := m.Cash.Paid.Sub(want).Float(); math.Abs(d) > 0.005+1e-9 {
			t.Errorf("%s: paid %s for %v requests, want %s", m.First, m.Cash.Paid, m.Requests, want)
		}
	}
	if len(best.Plan.Orders) != 0 || o.Crossover != nil {
		t.Errorf("orders %v, crossovers %v where nothing can be ordered", best.Plan.Orders, o.Crossover)
	}
}

// The requests of a month are those of the forecast, whatever levels its hours are put in, and its peak is the busiest hour.
func TestMonthsKeepTheForecast(t *testing.T) {
	in := plantest.Inputs(t, 6)
	o := outlook(t, in)
	planned := in.Demand.Forecast.Scenario(in.Demand.PlanFor)
	for i, m := range o.Chosen().Plan.Months {
		f := planned.Months[i]
		if math.Abs(m.Requests/f.Requests-1) > 1e-9 {
			t.Errorf("month %d: %v requests, want %v", i, m.Requests, f.Requests)
		}
		if want := f.Hours[len(f.Hours)-1]; m.Peak != want {
			t.Errorf("month %d: peak %v, want %v", i, m.Peak, want)
		}
	}
}

// More demand never costs less, and neither does a stricter limit or more redundancy.
func TestMonotone(t *testing.T) {
	at := func(change func(*plan.Inputs)) money.Amount {
		in := plantest.Inputs(t, 4)
		change(&in)
		o := outlook(t, in)
		if o.Chosen() == nil {
			t.Fatal(o.Answer)
		}
		return o.Chosen().Plan.NPV
	}
	base := at(func(*plan.Inputs) {})
	for name, dearer := range map[string]func(*plan.Inputs){
		"demand": func(in *plan.Inputs) {
			in.Demand.Stated = plantest.Stated(45)
			in.Demand.Forecast = plantest.Forecast(t, in.Demand.Stated, 4)
		},
		"limit":    func(in *plan.Inputs) { in.Limits[0].LimitNS = 120e6 },
		"headroom": func(in *plan.Inputs) { in.Reserve.Headroom = 0.5 },
		"spares":   func(in *plan.Inputs) { in.Reserve.Spares = 4 },
	} {
		if got := at(dearer); got.Cmp(base) < 0 {
			t.Errorf("more %s costs %s, less than %s", name, got, base)
		}
	}
}

// The plan is no dearer than any way with fewer options, and every scenario's own plan no dearer than keeping the orders.
func TestNoOtherWayIsCheaper(t *testing.T) {
	o := outlook(t, plantest.Inputs(t, 6))
	best := o.Chosen().Plan
	cent := usd(t, "0.50") // rounding of payments
	seen := 0
	for _, a := range o.Alternatives {
		if a.Plan != nil {
			if seen++; a.Plan.Score.Add(cent).Cmp(best.Score) < 0 {
				t.Errorf("%s costs %s, less than the plan's %s", a.Name, a.Plan.Score, best.Score)
			}
		}
	}
	for _, s := range o.Scenarios {
		if s.Plan == nil || s.Kept.Plan == nil {
			t.Errorf("%s: no plan: %q, %q", s.Name, s.Infeasible, s.Kept.Infeasible)
			continue
		}
		if s.Kept.Plan.Score.Add(cent).Cmp(s.Plan.Score) < 0 {
			t.Errorf("%s: keeping the orders costs %s, less than its own plan's %s", s.Name, s.Kept.Plan.Score, s.Plan.Score)
		}
	}
	if seen < 3 || len(o.Scenarios) != 4 {
		t.Errorf("%d alternatives, %d scenarios", seen, len(o.Scenarios))
	}
}

// The rows of the CSV file sum to what the plan pays, to the cent.
func TestCSVSums(t *testing.T) {
	o := outlook(t, plantest.Inputs(t, 6))
	var b strings.Builder
	if err := o.CSV(&b); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	sum, months := money.Zero("USD"), map[string]bool{}
	for _, r := range rows[1:] {
		paid := usd(t, r[column["paid"]])
		if parts := usd(t, r[column["capex"]]).Add(usd(t, r[column["opex"]])); parts.Cmp(paid) != 0 {
			t.Errorf("%v: parts sum to %s", r, parts)
		}
		sum, months[r[column["month"]]] = sum.Add(paid), true
	}
	if sum.Cmp(o.Chosen().Plan.Paid) != 0 || len(months) != 6 {
		t.Errorf("rows of %d months sum to %s, the plan pays %s", len(months), sum, o.Chosen().Plan.Paid)
	}
}

// Break-even volumes are those of the staircase, recomputed from the rows by hand.
func TestBreakEven(t *testing.T) {
	in := plantest.Inputs(t, 6)
	o := outlook(t, in)
	var found *plan.Break
	for i := range o.Volume.Breaks {
		if b := &o.Volume.Breaks[i]; b.Option == "reserve machine" {
			found = b
		}
	}
	if found == nil {
		t.Fatal("no break-even of the reserved machine")
	}
	months := o.Chosen().Problem.Months
	requests, room := 0.0, 0.0
	for _, m := range months {
		hours := 0.0
		for _, b := range m.Bins {
			hours += b.Hours
		}
		requests, room = requests+m.Requests(), room+m.Peak()*hours*3600
	}
	const perReplica, perMillion = 6 / 1.2, 0.0008 / 1000 * 1e6 // requests with headroom; of an API's tokens
	s := cost.Staircase{PerMonth: usd(t, "2.20").Mul(price.HoursPerMonth), Spares: 1}
	for name, c := range map[string]struct{ got, rate float64 }{"estimate": {found.Volume, 6}, "low": {found.Low, o.Chosen().PerReplica.Rate.High}, "high": {found.High, o.Chosen().PerReplica.Rate.Low}} {
		s.Capacity = perReplica / 6 * c.rate * requests / room * price.HoursPerMonth * 3600 * 1000
		if want := s.Always(usd(t, "0.80")) / 1e6; math.Abs(c.got/want-1) > 1e-9 {
			t.Errorf("%s: break-even at %v million tokens, want %v", name, c.got, want)
		}
	}
	s.Capacity = perReplica * requests / room * price.HoursPerMonth * 3600 * 1000
	if !(found.Low <= found.Volume && found.Volume <= found.High) {
		t.Errorf("interval %v to %v around %v", found.Low, found.High, found.Volume)
	}
	if got := s.At(found.Volume*1e6).Float() / (found.Volume * perMillion); got > 1+1e-9 {
		t.Errorf("at the break-even machines cost %v times the API", got)
	}
}

func TestBudgets(t *testing.T) {
	in := only(plantest.Inputs(t, 4), capacity.Rent)
	in.Budget = plan.Budget{Total: usd(t, "1"), Month: usd(t, "1"), Capex: usd(t, "1")}
	o := outlook(t, in)
	if len(o.Over) != 5 { // the total, and each month; nothing is bought
		t.Errorf("exceeded: %q", o.Over)
	}
	in.Budget.Total, in.Budget.Month = usd(t, "1000000000"), money.Amount{}
	if o := outlook(t, in); len(o.Over) != 0 {
		t.Errorf("exceeded: %q", o.Over)
	}
}

func TestInfeasible(t *testing.T) {
	in := plantest.Inputs(t, 4)
	in.Limits[0].LimitNS = 50e6
	o := outlook(t, in)
	if o.Chosen() != nil || !strings.Contains(o.Answer, "infeasible because p95 of ttft") {
		t.Errorf("a limit that no load holds: %q", o.Answer)
	}
	late := only(plantest.Inputs(t, 4), capacity.Own)
	o = outlook(t, late)
	if o.Chosen() != nil || !strings.Contains(o.Answer, "own server") {
		t.Errorf("servers that come too late: %q", o.Answer)
	}
}

// An arm of which no curve has the percentile is an error, not a plan.
func TestUnknownPercentile(t *testing.T) {
	in := plantest.Inputs(t, 4)
	in.Limits = append(in.Limits, capacity.SLO{Metric: "e2e", Percentile: 0.99, LimitNS: 1e9})
	if _, err := plan.Make(in, plan.Effort{Reach: 1}); err == nil || !strings.Contains(err.Error(), "e2e") {
		t.Errorf("error %v", err)
	}
	in = plantest.Inputs(t, 4)
	in.Demand.PlanFor = "hopes"
	if _, err := plan.Make(in, plan.Effort{Reach: 1}); err == nil || !strings.Contains(err.Error(), "hopes") {
		t.Errorf("error %v", err)
	}
}

// The arm that holds twice as much per replica at the same price is chosen, and degrading needs an arm that holds more.
func TestArms(t *testing.T) {
	in := plantest.Inputs(t, 4)
	in.Arms = append(in.Arms, plan.Arm{Name: "small", Curve: plantest.Curve("small", 12)})
	o := outlook(t, in)
	if o.Chosen().Name != "small" || len(o.Arms) != 2 {
		t.Errorf("chosen %q of %d", o.Chosen().Name, len(o.Arms))
	}
	in = plantest.Inputs(t, 4)
	in.Degrade = &plan.Degrade{Arm: plan.Arm{Name: "small", Curve: plantest.Curve("small", 12)}, MaxShare: 0.3, Cost: usd(t, "0.00001")}
	o = outlook(t, in)
	options := o.Chosen().Problem.Options
	if last := options[len(options)-1]; last.Kind != capacity.Degrade || math.Abs(last.Gain-1) > 1e-9 {
		t.Errorf("degrading: %+v", last)
	}
	in.Degrade.Arm = plan.Arm{Name: "slower", Curve: plantest.Curve("slower", 3)}
	o = outlook(t, in)
	if len(o.Chosen().Notes) != 1 || !strings.Contains(strings.Join(o.Warnings, " "), "Degrading to slower is not planned with") {
		t.Errorf("warnings %q", o.Warnings)
	}
}

// Every price, every term and every curve is among the assumptions, and what is stale says so.
func TestAssumptions(t *testing.T) {
	o := outlook(t, plantest.Inputs(t, 4))
	byName := map[string]plan.Assumption{}
	for _, a := range o.Assumptions {
		if a.Value == "" || a.Origin == "" || a.Source == "" || a.Group == "" {
			t.Errorf("incomplete: %+v", a)
		}
		byName[a.Name] = a
	}
	for _, name := range []string{"currency", "discount rate", "limits", "redundancy", "headroom", "own server", "own server: terms", "rent machine", "api model", "demand", "growth", "planned for", "full", "launch: app"} {
		if _, ok := byName[name]; !ok {
			t.Errorf("no assumption %q", name)
		}
	}
	if got := byName["rent machine"].Doubt; got != "stale: 183 days old" {
		t.Errorf("doubt of a price of June: %q", got)
	}
	if got := byName["own server"].Doubt; got != "" {
		t.Errorf("doubt of a price of October: %q", got)
	}
	if got := byName["full"]; got.Origin != "measured" || !strings.HasPrefix(got.Value, "6 req/s, ") {
		t.Errorf("the arm: %+v", got)
	}
}

// The answer names the orders and their days, what is paid, and what weakens it.
func TestAnswer(t *testing.T) {
	in := plantest.Inputs(t, 18)
	o := outlook(t, in)
	best := o.Chosen()
	if len(best.Plan.Orders) == 0 {
		t.Fatal("nothing is ordered in 18 months of growth")
	}
	first := plan.ByDate(best.Plan.Orders)[0]
	for _, want := range []string{"Serve with full", first.By.Format("2006-01-02"), "high scenario", "(forecast)", "It depends most on", "measured", "with the same orders", "(low)"} {
		if !strings.Contains(strings.ToLower(o.Answer), strings.ToLower(want)) {
			t.Errorf("no %q in %q", want, o.Answer)
		}
	}
	if !strings.Contains(strings.Join(o.Warnings, " "), "stated, not measured") {
		t.Errorf("warnings %q", o.Warnings)
	}
	for _, s := range o.Scenarios {
		if s.Name == forecast.High != s.Planned {
			t.Errorf("%s planned: %v", s.Name, s.Planned)
		}
	}
}

// A simulation that disagrees is in the answer.
func TestChecksAreSaid(t *testing.T) {
	o := outlook(t, plantest.Inputs(t, 4))
	month := o.Chosen().Plan.Months[1].First
	o.Checks = &plan.Checks{Arm: "full", Months: []plan.Check{{Met: true}, {Month: month, Missed: "p95 ttft <= 250ms"}}, Errors: []plan.CheckError{{Metric: "ttft_p95", Worst: 0.12}}}
	o.Conclude()
	if !strings.Contains(o.Answer, "disagrees in 1 of 2 months, first in February 2027, where p95 ttft <= 250ms") || !strings.Contains(o.Answer, "at worst in ttft_p95 by 12 %") {
		t.Errorf("%q", o.Answer)
	}
	o.Checks = &plan.Checks{Skipped: "no steps"}
	o.Conclude()
	if !strings.Contains(o.Answer, "Not checked by simulation: no steps.") {
		t.Errorf("%q", o.Answer)
	}
}
