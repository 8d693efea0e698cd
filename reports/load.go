package reports

import (
	"fmt"
	"io"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/reports/table"
)

// Load prints how a server fared under one load.
func Load(w io.Writer, s *analysis.Study, dir string) error {
	p := &printer{}
	c := s.Cells[0]
	p.f("%s, %s\n%d of %d requests answered%s\n\n", s.Run.Arms[0].Name, loadText(s.Run.Loads[0]), c.OK, c.Issued, outcomes(c.Outcomes))
	p.fail(loadTable(c).Text(p))
	t := say(c.Throughput, natural(c.Throughput))
	p.f("\nthroughput: %s %s, offered %.3g requests/s\n", t.Number, t.Interval, c.OfferedRate)
	if len(c.Classes) == 0 {
		p.limits(c.SLOs)
	}
	for _, k := range c.Classes {
		p.f("class %s\n", classLine(&k))
		p.limits(k.SLOs)
	}
	for _, line := range takenLines(c) {
		p.f("%s\n", line)
	}
	for _, reason := range c.Invalid {
		p.f("not a valid measurement: %s\n", reason)
	}
	if lines := exactLines(&s.Instrument); len(lines) > 0 {
		p.f("\nthe instrument, calibrated on %s, all told right:\n  %s\n", plural(len(s.Instrument.Answers), "kind")+" of known answers", strings.Join(lines, "\n  "))
	}
	for _, words := range overTimeWords(&c.OverTime) {
		p.f("over time: %s\n", words)
	}
	p.f("\nreport: %s\n", filepath.Join(dir, "report.html"))
	return p.to(w)
}

// limits says what became of each limit.
func (p *printer) limits(results []analysis.SLOResult) {
	for _, r := range results {
		p.f("limit p%g %s %s%s: %s (%d of %d requests beyond it)\n", 100*r.SLO.Percentile, r.SLO.Metric, measuredNumber(float64(r.SLO.LimitNS), "ns"), ofClass(r.Class), r.Verdict, r.Misses, r.N)
		if r.NeedMore > 0 {
			p.f("  %d more requests within it would meet it\n", r.NeedMore)
		}
	}
}

// outcomes lists what became of the others.
func outcomes(counts map[string]int) (s string) {
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if n := counts[name]; n > 0 && name != outcomeOK {
			s += fmt.Sprintf(", %d %s", n, name)
		}
	}
	return s
}

// loadMetrics are those of the summary, as users know them.
var loadMetrics = []string{"ttft", "tpot", "itl", "e2e"}

// loadTable has the metrics of all requests, and under them those of each class.
func loadTable(c analysis.Cell) table.Table {
	t := table.Table{Columns: []table.Column{{Title: "metric"}, right("mean", ""), right("p50", ""), right("p95", ""), right("p99", "")}}
	t.Rows = metricRows(c.Metrics)
	if len(c.Classes) == 0 {
		return t
	}
	t.Columns = append([]table.Column{{Title: "class"}}, t.Columns...)
	t.Rows = underName("all", t.Rows)
	for _, k := range c.Classes {
		t.Rows = append(t.Rows, underName(k.Name, metricRows(k.Metrics))...)
	}
	return t
}

func metricRows(metrics []analysis.Percentiles) (rows []table.Row) {
	of := analysis.Cell{Metrics: metrics}
	for _, m := range metrics {
		if !slices.Contains(loadMetrics, m.Metric) {
			continue
		}
		cells := []table.Cell{table.Text(m.Metric), measuredCell(m.Mean)}
		for _, p := range []float64{.5, .95, .99} {
			q, _ := of.Percentile(m.Metric, p)
			cells = append(cells, measuredCell(q.Value))
		}
		rows = append(rows, table.Row{Cells: cells})
	}
	return rows
}

// underName puts a name before the first of the rows, and none before the others.
func underName(name string, rows []table.Row) []table.Row {
	for i, r := range rows {
		rows[i].Cells = append([]table.Cell{table.Text(name)}, r.Cells...)
		name = ""
	}
	return rows
}

func measuredCell(v analysis.Value) table.Cell {
	w := say(v, natural(v))
	return table.Cell{Text: w.Number, Sub: w.Interval}
}

// LoadJSON is a server under one load, for scripts. Times are nanoseconds; a number that is not there is left out.
type LoadJSON struct {
	Server     string                        `json:"server"`
	Issued     int                           `json:"issued"`
	OK         int                           `json:"ok"`
	Outcomes   map[string]int                `json:"outcomes"`
	Offered    float64                       `json:"offered_rate"`
	Throughput float64                       `json:"output_tokens_per_second"`
	Metrics    map[string]map[string]float64 `json:"metrics_ns"`        // by metric, then "mean", "p50", "p95", "p99"
	Classes    []ClassJSON                   `json:"classes,omitempty"` // none where requests are of one kind
	Limits     []LimitJSON                   `json:"limits"`
	Invalid    []string                      `json:"invalid"`
	Teams      []TeamJSON                    `json:"teams,omitempty"`   // none where no request is a team's
	Instrument []record.Exactness            `json:"instrument_errors"` // of the load generator itself, on known answers
}

// LimitJSON is a limit and what became of it.
type LimitJSON struct {
	Metric     string  `json:"metric"`
	Percentile float64 `json:"percentile"`
	LimitNS    int64   `json:"limit_ns"`
	Verdict    string  `json:"verdict"`
	Misses     int     `json:"misses"`
	N          int     `json:"requests"`
	NeedMore   int     `json:"need_more"`
	Class      string  `json:"class,omitempty"` // whose requests are judged, "" for all
}

// LoadSummary is what Load prints.
func LoadSummary(s *analysis.Study) LoadJSON {
	c := s.Cells[0]
	out := LoadJSON{Server: s.Run.Arms[0].Name, Issued: c.Issued, OK: c.OK, Outcomes: c.Outcomes, Offered: c.OfferedRate, Throughput: c.Throughput.Estimate,
		Metrics: metricsJSON(c.Metrics), Classes: classesJSON(c.Classes), Limits: []LimitJSON{}, Invalid: append([]string{}, c.Invalid...),
		Instrument: append([]record.Exactness{}, s.Instrument.Errors...)}
	out.Teams = teamsJSON(c)
	for _, r := range c.SLOs {
		out.Limits = append(out.Limits, LimitJSON{r.SLO.Metric, r.SLO.Percentile, r.SLO.LimitNS, string(r.Verdict), r.Misses, r.N, r.NeedMore, r.Class})
	}
	return out
}

func metricsJSON(metrics []analysis.Percentiles) map[string]map[string]float64 {
	of, out := analysis.Cell{Metrics: metrics}, map[string]map[string]float64{}
	for _, m := range metrics {
		if !slices.Contains(loadMetrics, m.Metric) {
			continue
		}
		numbers := map[string]float64{}
		note(numbers, "mean", m.Mean)
		for name, p := range map[string]float64{"p50": .5, "p95": .95, "p99": .99} {
			q, _ := of.Percentile(m.Metric, p)
			note(numbers, name, q.Value)
		}
		out[m.Metric] = numbers
	}
	return out
}

func note(numbers map[string]float64, name string, v analysis.Value) {
	if v.Note == "" && !math.IsNaN(v.Estimate) && !math.IsInf(v.Estimate, 0) {
		numbers[name] = v.Estimate
	}
}
