package sweep

import (
	"slices"
	"time"

	"github.com/assaylab/assay/analysis/price"
	"github.com/assaylab/assay/analysis/record"
)

// Circumstances are the facts of run.json that do not follow from the scenario.
type Circumstances struct {
	Created    time.Time
	Build      record.Build
	Files      []record.File
	Host       record.Host
	TextSHA256 string // hex, of the quality text's bytes; "" where quality is not measured
	Notes      []string
}

// Run makes run.json: everything that is the same for all trials.
func (m *Matrix) Run(c Circumstances) record.Run {
	s := m.Scenario
	run := record.Run{
		Format: record.FormatVersion, Name: s.Name, Created: c.Created.UTC().Format(time.RFC3339),
		Build: c.Build, Host: c.Host, ScenarioHash: s.SHA256, Files: c.Files, Seed: s.Run.Seed, Repetitions: s.Run.Repetitions,
		Axes: m.Axes, Skipped: m.Skipped, Quality: m.plan(c.TextSHA256), Tasks: m.tasks(),
		Order: m.Order(s.Run.Seed), Unmeasured: m.Unmeasured, Notes: c.Notes,
	}
	for _, a := range m.Arms {
		run.Arms = append(run.Arms, a.Record)
	}
	for _, l := range m.Loads {
		run.Loads = append(run.Loads, l.Record)
	}
	run.SLOs = slos(s.SLO)
	for _, s := range m.Searches() {
		run.Searches = append(run.Searches, s.Record)
	}
	if k := s.Cost; k != nil {
		run.Cost = record.CostPlan{Currency: k.Currency, PricePerHour: k.PricePerHour, Utilisation: k.Utilisation, Source: k.Source,
			APIs: k.APIs, Spares: k.Spares, UserMonth: k.UserMonth, Watts: k.Watts, PerKWh: k.PerKWh}
		if k.Row != nil {
			run.Cost.Row = record.NewPriceRow(k.Row, k.Term)
		}
	}
	m.priceTargets(&run.Cost)
	return run
}

// priceTargets keeps the rows that targets are priced by, each once.
func (m *Matrix) priceTargets(c *record.CostPlan) {
	for _, x := range m.Scenario.Targets {
		if x.Row == nil {
			continue
		}
		if c.Currency == "" {
			c.Currency = x.Row.About().Currency
		}
		api, paid := x.Row.(price.API)
		switch name := x.Row.About().Name; {
		case paid && !slices.ContainsFunc(c.TargetAPIs, func(a price.API) bool { return a.Name == name }):
			c.TargetAPIs = append(c.TargetAPIs, api)
		case !paid && !slices.ContainsFunc(c.Machines, func(p record.MachinePrice) bool { return p.Name == name }):
			c.Machines = append(c.Machines, record.MachinePrice{PriceRow: *record.NewPriceRow(x.Row, x.Term), PerHour: x.PerHour})
		}
	}
}
