package baseline

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"strings"

	"github.com/assaylab/assay/analysis/compare"
	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
)

// FormatVersion is that of a stored summary. A reader refuses others.
const FormatVersion = 1

// Summary is what is kept of a run.
type Summary struct {
	Format       int           `json:"format"`
	ID           string        `json:"id"`             // short hash of what the run was of, and when
	Name         string        `json:"name,omitempty"` // as given when it was saved
	Run          string        `json:"run"`            // the scenario's name
	Created      string        `json:"created"`        // of the run, RFC 3339, UTC
	Build        record.Build  `json:"build"`
	Host         record.Host   `json:"host"`
	ScenarioHash string        `json:"scenario_sha256"`
	Files        []record.File `json:"files,omitempty"` // models and texts
	Seed         uint64        `json:"seed"`
	Repetitions  int           `json:"repetitions"`
	Arms         []Arm         `json:"arms"`
	Cells        []Cell        `json:"cells"`
}

// Arm is what is kept of an arm.
type Arm struct {
	ID         string          `json:"id"`
	Name       string          `json:"name"`
	Perplexity float64         `json:"perplexity,omitempty"` // 0 where it was not measured
	Outputs    []record.Output `json:"outputs,omitempty"`    // answers to fixed prompts
	Capacity   *Capacity       `json:"capacity,omitempty"`   // where it was searched for
}

// Cell is an arm at a load.
type Cell struct {
	Arm      string   `json:"arm"`  // id
	Load     string   `json:"load"` // id
	LoadName string   `json:"load_name"`
	Invalid  []string `json:"invalid,omitempty"` // why it was not measured validly
	Trials   []Trial  `json:"trials"`
}

// Trial is one repetition.
type Trial struct {
	Repetition int                `json:"repetition"`
	Requests   int                `json:"requests"`
	Failed     int                `json:"failed"`
	Values     map[string]float64 `json:"values"` // by metric, as "p95 ttft" in nanoseconds; without those that have no finite value
}

// Metrics are those that are stored: percentiles of every latency, and the throughput.
func Metrics() []compare.Metric {
	var all []compare.Metric
	for _, name := range compare.Latencies {
		for _, p := range []float64{.5, .9, .95, .99} {
			all = append(all, compare.Metric{Name: name, Percentile: p, Unit: "ns"})
		}
	}
	return append(all, compare.Metric{Name: compare.Throughput, Unit: "tokens/s", HigherBetter: true})
}

// Of summarises a run.
func Of(set *record.Set, name string) (s *Summary, err error) {
	r := set.Run
	s = &Summary{Format: FormatVersion, ID: id(&r), Name: name, Run: r.Name, Created: r.Created, Build: r.Build, Host: r.Host,
		ScenarioHash: r.ScenarioHash, Files: r.Files, Seed: r.Seed, Repetitions: r.Repetitions}
	for _, a := range r.Arms {
		arm := Arm{ID: a.ID, Name: a.Name}
		if q := set.Quality[a.QualityID]; q != nil && len(q.NLL) > 0 {
			mean, _, _ := stat.ClusterMean(q.NLL, q.Window)
			arm.Perplexity = math.Exp(mean)
		}
		if o := set.Outputs[a.ID]; o != nil {
			arm.Outputs = o.Items
		}
		if arm.Capacity, err = CapacityOf(set, a.ID); err != nil {
			return nil, err
		}
		s.Arms = append(s.Arms, arm)
	}
	for c, err := range group.Sweep(set) {
		if err != nil {
			return nil, err
		}
		cell, err := cellOf(&c)
		if err != nil {
			return nil, err
		}
		s.Cells = append(s.Cells, cell)
	}
	if len(s.Cells) == 0 {
		return nil, fmt.Errorf("%s: no trial has finished: there is nothing to keep", set.Dir)
	}
	return s, nil
}

func cellOf(c *group.Cell) (Cell, error) {
	out := Cell{Arm: c.Arm.ID, Load: c.Load.ID, LoadName: c.Load.Name, Invalid: c.Invalid, Trials: []Trial{}}
	for _, t := range c.Trials {
		kept := Trial{Repetition: t.Key.Repetition, Requests: t.Requests.Len(), Values: map[string]float64{}}
		for r := range t.Requests.Summaries() {
			if metric.Failed(r) {
				kept.Failed++
			}
		}
		values, err := compare.Statistics(Metrics(), t)
		if err != nil {
			return out, err
		}
		for i, v := range values {
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				kept.Values[Metrics()[i].String()] = v
			}
		}
		out.Trials = append(out.Trials, kept)
	}
	return out, nil
}

// id tells runs apart: the same run gives the same one.
func id(r *record.Run) string {
	parts := []string{r.Created, r.Build.SHA256, r.ScenarioHash, r.Host.Fingerprint, fmt.Sprint(r.Seed)}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:5])
}

// Record is the part of run.json that a summary has.
func (s *Summary) Record() record.Run {
	return record.Run{Format: record.FormatVersion, Name: s.Run, Created: s.Created, Build: s.Build, Host: s.Host, ScenarioHash: s.ScenarioHash,
		Files: s.Files, Seed: s.Seed, Repetitions: s.Repetitions}
}

// Label names a summary for a reader.
func (s *Summary) Label() string {
	if s.Name != "" {
		return s.Name
	}
	return s.ID
}

// arm finds an arm of the same settings, or else of the same name: a build that has one more setting gives other ids.
func (s *Summary) arm(a record.Arm) (Arm, bool) {
	for _, o := range s.Arms {
		if o.ID == a.ID {
			return o, true
		}
	}
	for _, o := range s.Arms {
		if o.Name == a.Name {
			return o, true
		}
	}
	return Arm{}, false
}

// Perplexity of an arm, false where it was not measured.
func (s *Summary) Perplexity(a record.Arm) (float64, bool) {
	o, ok := s.arm(a)
	return o.Perplexity, ok && o.Perplexity > 0
}

// Outputs of an arm to fixed prompts, false where there are none.
func (s *Summary) Outputs(a record.Arm) ([]record.Output, bool) {
	o, ok := s.arm(a)
	return o.Outputs, ok && len(o.Outputs) > 0
}

// cell finds that of an arm at a load of the same id, or else of the same name.
func (s *Summary) cell(a record.Arm, l record.Load) (Cell, bool) {
	arm, ok := s.arm(a)
	if !ok {
		return Cell{}, false
	}
	for _, same := range []func(Cell) bool{
		func(c Cell) bool { return c.Load == l.ID }, func(c Cell) bool { return c.LoadName == l.Name }} {
		for _, c := range s.Cells {
			if c.Arm == arm.ID && same(c) {
				return c, true
			}
		}
	}
	return Cell{}, false
}
