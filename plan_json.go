package main

import (
	"time"

	"github.com/assaylab/assay/analysis/capacity"
	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/plan"
)

// jsonPlan is plan.json and what --json prints. Money is an exact decimal and its currency, in one string. A number that is
// not there, or not finite, is null.
type jsonPlan struct {
	Name       string            `json:"name"`
	Day        string            `json:"day"`
	Currency   string            `json:"currency"`
	Feasible   bool              `json:"feasible"`
	Answer     string            `json:"answer"`
	Warnings   []string          `json:"warnings"`
	OverBudget []string          `json:"over_budget"`
	Arm        string            `json:"arm,omitempty"`
	PerReplica *jsonRate         `json:"requests_per_second_per_replica,omitempty"`
	Totals     *jsonTotals       `json:"totals,omitempty"`
	Months     []jsonMonth       `json:"months,omitempty"`
	Orders     []jsonOrder       `json:"orders,omitempty"`
	Arms       []jsonWay         `json:"arms"`
	Scenarios  []jsonWay         `json:"scenarios,omitempty"`
	Others     []jsonWay         `json:"alternatives,omitempty"`
	Effects    []jsonEffect      `json:"effects,omitempty"`
	Breaks     []jsonBreak       `json:"break_even,omitempty"`
	Checks     *jsonChecks       `json:"simulation,omitempty"`
	Assumed    []plan.Assumption `json:"assumptions"`
}

type jsonRate struct {
	Value  float64  `json:"value"`
	Low    *float64 `json:"low"`
	High   *float64 `json:"high"`
	Origin string   `json:"origin"`
}

type jsonTotals struct {
	Paid  money.Amount `json:"paid"`
	Capex money.Amount `json:"capex"`
	Opex  money.Amount `json:"opex"`
	Worth money.Amount `json:"worth"`
	Due   money.Amount `json:"due"`
	NPV   money.Amount `json:"npv"`
}

type jsonMonth struct {
	Month    string       `json:"month"`
	Peak     float64      `json:"peak_requests_per_second"`
	Requests float64      `json:"requests"`
	Serving  int          `json:"replicas_serving"`
	Spares   int          `json:"replicas_spare"`
	Paid     money.Amount `json:"paid"`
	Uses     []jsonUse    `json:"uses"`
}

type jsonUse struct {
	Option   string       `json:"option"`
	Kind     string       `json:"kind"`
	Units    int          `json:"units"`
	Hours    float64      `json:"unit_hours"`
	Requests float64      `json:"requests"`
	Capex    money.Amount `json:"capex"`
	Opex     money.Amount `json:"opex"`
}

type jsonOrder struct {
	By      string       `json:"by"`
	Service string       `json:"service"`
	Option  string       `json:"option"`
	Kind    string       `json:"kind"`
	Units   int          `json:"units"`
	Cost    money.Amount `json:"cost"`
}

// jsonWay is a plan of another arm, scenario or set of options.
type jsonWay struct {
	Name       string        `json:"name"`
	NPV        *money.Amount `json:"npv"`
	Paid       *money.Amount `json:"paid"`
	Main       string        `json:"main,omitempty"`
	Committed  []string      `json:"committed,omitempty"`
	Infeasible string        `json:"infeasible_because,omitempty"`
}

type jsonEffect struct {
	Input      string          `json:"input"`
	Low        jsonOutcome     `json:"low"`
	High       jsonOutcome     `json:"high"`
	Thresholds []jsonThreshold `json:"thresholds"`
}

type jsonOutcome struct {
	Factor     float64       `json:"factor"`
	Value      string        `json:"value"`
	NPV        *money.Amount `json:"npv"`
	Infeasible string        `json:"infeasible_because,omitempty"`
}

type jsonThreshold struct {
	Factor float64 `json:"factor"`
	Value  string  `json:"value"`
	From   string  `json:"from"`
	To     string  `json:"to"`
}

type jsonBreak struct {
	Option string   `json:"option"`
	API    string   `json:"api"`
	From   *float64 `json:"million_tokens_a_month"`
	Low    *float64 `json:"low"`
	High   *float64 `json:"high"`
}

type jsonChecks struct {
	Skipped  string            `json:"skipped,omitempty"`
	Agrees   int               `json:"months_agreeing"`
	Months   int               `json:"months"`
	Errors   []plan.CheckError `json:"errors,omitempty"`
	Disagree []string          `json:"disagree,omitempty"`
}

func planSummary(o *plan.Outlook) jsonPlan {
	j := jsonPlan{Name: o.Name, Day: o.Today.Format(time.DateOnly), Currency: o.Currency, Answer: o.Answer, Warnings: append([]string{}, o.Warnings...),
		OverBudget: append([]string{}, o.Over...), Assumed: o.Assumptions}
	for _, a := range o.Arms {
		j.Arms = append(j.Arms, wayJSON(a.Name, plan.Decision{Plan: a.Plan, Infeasible: a.Infeasible}))
	}
	best := o.Chosen()
	if best == nil {
		return j
	}
	p, r := best.Plan, best.PerReplica
	j.Feasible, j.Arm = true, best.Name
	low, high, _ := r.Interval()
	j.PerReplica = &jsonRate{r.Rate.Value, finite(low), finite(high), string(r.Origin)}
	j.Totals = &jsonTotals{p.Paid, p.Capex, p.Opex, p.Worth, p.Due, p.NPV}
	for _, m := range p.Months {
		j.Months = append(j.Months, monthJSON(m))
	}
	for _, r := range plan.ByDate(p.Orders) {
		j.Orders = append(j.Orders, jsonOrder{r.By.Format(time.DateOnly), r.Service.Format(time.DateOnly), r.Option, string(r.Kind), r.Units, r.Cost})
	}
	for _, s := range o.Scenarios {
		j.Scenarios = append(j.Scenarios, wayJSON(s.Name, s.Decision))
	}
	for _, a := range o.Alternatives {
		j.Others = append(j.Others, wayJSON(a.Name, a.Decision))
	}
	for _, e := range o.Effects {
		j.Effects = append(j.Effects, effectJSON(e))
	}
	for _, b := range o.Volume.Breaks {
		j.Breaks = append(j.Breaks, jsonBreak{b.Option, b.API, finite(b.Volume), finite(b.Low), finite(b.High)})
	}
	j.Checks = checksJSON(o.Checks)
	return j
}

func monthJSON(m capacity.MonthPlan) jsonMonth {
	j := jsonMonth{Month: m.First.Format("2006-01"), Peak: m.Peak, Requests: m.Requests, Serving: m.Replicas.Serving, Spares: m.Replicas.Spares, Paid: m.Cash.Paid, Uses: []jsonUse{}}
	for _, u := range m.Uses {
		j.Uses = append(j.Uses, jsonUse{u.Option, string(u.Kind), u.Units, u.Hours, u.Requests, u.Capex, u.Opex})
	}
	return j
}

func wayJSON(name string, d plan.Decision) jsonWay {
	j := jsonWay{Name: name, Infeasible: d.Infeasible}
	if d.Plan != nil {
		j.NPV, j.Paid, j.Main, j.Committed = &d.Plan.NPV, &d.Plan.Paid, d.Plan.Mix.Main, d.Plan.Mix.Committed
	}
	return j
}

func effectJSON(e capacity.Effect) jsonEffect {
	j := jsonEffect{Input: e.Input, Low: outcomeJSON(e.Low), High: outcomeJSON(e.High), Thresholds: []jsonThreshold{}}
	for _, t := range e.Thresholds {
		to := t.To.Mix.String()
		if t.To.Infeasible != "" {
			to = "infeasible because " + t.To.Infeasible
		}
		j.Thresholds = append(j.Thresholds, jsonThreshold{t.Factor, t.Value, t.From.String(), to})
	}
	return j
}

func outcomeJSON(o capacity.Outcome) jsonOutcome {
	j := jsonOutcome{Factor: o.Factor, Value: o.Value, Infeasible: o.Infeasible}
	if o.Infeasible == "" {
		j.NPV = &o.NPV
	}
	return j
}

func checksJSON(k *plan.Checks) *jsonChecks {
	if k == nil {
		return nil
	}
	j := &jsonChecks{Skipped: k.Skipped, Months: len(k.Months), Errors: k.Errors}
	for _, m := range k.Disagree() {
		j.Disagree = append(j.Disagree, m.Month.Format("2006-01")+": "+m.Missed)
	}
	j.Agrees = j.Months - len(j.Disagree)
	return j
}
