package sweep

import (
	"time"

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
		Axes: m.Axes, Skipped: m.Skipped, Quality: m.plan(c.TextSHA256),
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
	return run
}
