package main

import (
	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/cost"
)

// systemsSummary is what --json prints of a run of several systems.
type systemsSummary struct {
	Recommended  *deployed      `json:"recommended,omitempty"` // nil where nothing is, or the included engine
	Arms         []pricedArm    `json:"arms"`
	Machines     string         `json:"machines,omitempty"` // name of the arm whose machines the APIs are compared with
	Volumes      []breakEven    `json:"break_evens,omitempty"`
	Incomparable []incomparable `json:"not_compared"`
}

// deployed says how to have what is recommended.
type deployed struct {
	System  string `json:"system"`
	Version string `json:"version,omitempty"`
	URL     string `json:"url,omitempty"`
	Dialect string `json:"dialect"`
	Model   string `json:"model,omitempty"`
}

// pricedArm is what a thousand requests cost that meet every limit.
type pricedArm struct {
	Arm         string   `json:"arm"`
	System      string   `json:"system"` // the target's name, "" for the included engine
	Requests    *float64 `json:"cost_per_thousand_requests"`
	Low         *float64 `json:"low"` // of its 95 % interval
	High        *float64 `json:"high"`
	Listed      bool     `json:"by_price_list"`
	QualityLoss *float64 `json:"quality_loss_nats"` // null where it was not measured

	Tasks []taskScore `json:"tasks,omitempty"` // that arms are judged by
}

// taskScore is the share of a task's items that an arm got right, of which the scenario may ask for a least.
type taskScore struct {
	Task  string   `json:"task"`
	Right *float64 `json:"right"` // null where it is not known
	Low   *float64 `json:"low"`   // of its 95 % interval
	High  *float64 `json:"high"`
	Items int      `json:"items"`
	Least *float64 `json:"least"` // null for none
	Met   bool     `json:"met"`
}

func taskScoreOf(s analysis.TaskScore) taskScore {
	out := taskScore{Task: s.Source, Items: s.Right.N, Met: s.Within()}
	if s.Right.Known() {
		out.Right, out.Low, out.High = finite(s.Right.Estimate), finite(s.Right.Low), finite(s.Right.High)
	}
	if s.Least > 0 {
		out.Least = &s.Least
	}
	return out
}

// breakEven is the volume from which on machines stay cheaper than an API.
type breakEven struct {
	API     string   `json:"api"`
	Always  *float64 `json:"requests_per_month"` // null where there is none
	Low     *float64 `json:"low"`
	High    *float64 `json:"high"`
	Verdict string   `json:"verdict"`
}

type incomparable struct {
	What string   `json:"what"`
	Arms []string `json:"arms,omitempty"`
	Why  string   `json:"why"`
}

// systemsOf is nil for a run of the included engine alone.
func systemsOf(s *analysis.Study) *systemsSummary {
	if s.Systems == nil {
		return nil
	}
	out, names := &systemsSummary{}, map[string]string{}
	for _, a := range s.Arms {
		names[a.Arm.ID] = a.Arm.Name
		out.add(s, a)
	}
	if v := s.Systems.Volume; v != nil {
		out.Machines = names[v.Arm]
		for _, c := range v.Calls {
			out.Volumes = append(out.Volumes, breakEvenOf(names[c.Arm], c.Break))
		}
	}
	for _, x := range s.Systems.Incomparable {
		y := incomparable{What: x.What, Why: x.Why}
		for _, id := range x.Arms {
			y.Arms = append(y.Arms, names[id])
		}
		out.Incomparable = append(out.Incomparable, y)
	}
	return out
}

func (o *systemsSummary) add(s *analysis.Study, a analysis.Arm) {
	p := pricedArm{Arm: a.Arm.Name, Listed: a.Cost.Listed != nil}
	if x := s.Systems.Of(a.Arm.ID); x != nil {
		p.System = x.Name
		if d := a.Arm.Deployment; d != nil && a.Arm.ID == s.Choice.Arm {
			o.Recommended = &deployed{System: d.Title, Version: x.Version, URL: d.URL, Dialect: d.Dialect, Model: d.Model}
		}
	}
	if v := a.Cost.PerThousandRequests; v.Known() {
		p.Requests, p.Low, p.High = finite(v.Estimate), finite(v.Low), finite(v.High)
	}
	if v := a.QualityLoss; v.Known() {
		p.QualityLoss = finite(v.Estimate)
	}
	for _, x := range a.Scores {
		p.Tasks = append(p.Tasks, taskScoreOf(x))
	}
	o.Arms = append(o.Arms, p)
}

func breakEvenOf(api string, b cost.BreakEven) breakEven {
	return breakEven{API: api, Always: finite(b.Always.Value), Low: finite(b.Always.Low), High: finite(b.Always.High), Verdict: string(b.Verdict)}
}
