package reports

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/reports/table"
)

// outcomeOK is the class of a request that succeeded, in Cell.Outcomes.
const outcomeOK = "ok"

// measure is one column of the cell tables.
type measure struct {
	column table.Column
	of     func(*analysis.Cell) table.Cell
}

func (v *view) cellTables() Section {
	s := Section{ID: "cells", Title: "Cells: every arm at every load", Detail: true}
	for _, l := range v.Run.Loads {
		cells := v.cellsAt(l.ID)
		if len(cells) == 0 {
			continue
		}
		kept, dropped := v.measures(cells, mainMetrics, true)
		s.Blocks = append(s.Blocks, Heading(v.load(l.ID)), Paragraph(strings.TrimSpace(loadText(l)+" "+cacheText(l, cells)+" "+v.heldText(cells))),
			Table{Table: v.cellTable("Latency and throughput at "+v.load(l.ID), cells, kept), Trials: v.trialsAt(l.ID)})
		if len(dropped) > 0 {
			s.Blocks = append(s.Blocks, Note("Left out, because no arm has a number: "+strings.Join(dropped, "; ")+"."))
		}
		for _, f := range otherMetrics {
			if columns, _ := v.measures(cells, f.has, false); len(columns) > 0 {
				s.Blocks = append(s.Blocks, Fold{Summary: f.summary, Blocks: []Block{
					Table{Table: v.cellTable(f.caption+" at "+v.load(l.ID), cells, columns)}}})
			}
		}
		s.Blocks = append(s.Blocks, v.engineFold(cells)...)
	}
	if len(s.Blocks) == 0 {
		return s
	}
	s.Blocks = append([]Block{Note("Small type: interval, at 95 % unless another level is printed, and samples. Clocks start at the intended send. " +
		"Percentiles are over all issued requests, a failure counting as later than every success.")}, s.Blocks...)
	return s
}

func (v *view) cellsAt(load string) []*analysis.Cell {
	var out []*analysis.Cell
	for i := range v.Cells {
		if v.Cells[i].Load == load {
			out = append(out, &v.Cells[i])
		}
	}
	return out
}

// mainMetrics are those that limits are set on and that people compare.
func mainMetrics(m string) bool {
	return slices.Contains([]string{"ttft", "tpot", "itl", "e2e", "max_gap"}, m)
}

func isService(m string) bool { return strings.HasSuffix(m, "_service") }

// otherMetrics stand beside them under definitions of their own.
var otherMetrics = []struct {
	summary, caption string
	has              func(metric string) bool
}{
	{"Service times: from the actual send, so without the wait that a late send causes", "Service times", isService},
	{"Under other tools' definitions", "Other definitions", func(m string) bool { return !mainMetrics(m) && !isService(m) }},
}

// measures are the percentiles of the metrics wanted in which some cell has a
// number, and the names of the others with their note; with the rates where asked.
func (v *view) measures(cells []*analysis.Cell, want func(metric string) bool, rates bool) (kept []measure, dropped []string) {
	for _, m := range percentileMeasures(cells, want) {
		if slices.ContainsFunc(cells, func(c *analysis.Cell) bool { return percentileKnown(m.of(c)) }) {
			kept = append(kept, m)
		} else {
			dropped = append(dropped, m.column.Title+" ("+m.of(cells[0]).Text+")")
		}
	}
	if rates {
		kept = append(append([]measure{outcomeMeasure()}, kept...), rateMeasures()...)
	}
	return kept, dropped
}

// percentileKnown keeps columns that say something: a number, or that failures
// reach the percentile.
func percentileKnown(c table.Cell) bool { return c.Tone != table.Quiet || c.Text == beyond }

// percentileMeasures are metric by metric in the study's order, percentiles rising.
func percentileMeasures(cells []*analysis.Cell, want func(metric string) bool) []measure {
	var metrics []string
	quoted := map[string][]float64{}
	for _, c := range cells {
		for _, m := range c.Metrics {
			if !want(m.Metric) {
				continue
			}
			metrics = append(metrics, m.Metric)
			for _, q := range m.Quoted {
				quoted[m.Metric] = append(quoted[m.Metric], q.P)
			}
		}
	}
	var out []measure
	for _, m := range distinct(metrics) {
		slices.Sort(quoted[m])
		for _, p := range slices.Compact(quoted[m]) {
			out = append(out, measure{right(percentileName(p)+" "+metricName(m), ""),
				func(c *analysis.Cell) table.Cell { return cell(percentile(c, m, p)) }})
		}
	}
	return out
}

func outcomeMeasure() measure {
	return measure{right("issued", "requests"), func(c *analysis.Cell) table.Cell {
		out := table.Cell{Text: fmt.Sprint(c.Issued), Sub: fmt.Sprintf("%d ok", c.OK) + leftOut(&c.OverTime)}
		var bad []string
		for _, k := range slices.Sorted(maps.Keys(c.Outcomes)) {
			if k != outcomeOK && c.Outcomes[k] > 0 {
				bad = append(bad, fmt.Sprintf("%d %s", c.Outcomes[k], strings.ReplaceAll(k, "_", " ")))
			}
		}
		if len(bad) > 0 {
			out.Sub += ", " + strings.Join(bad, ", ")
			out.Tone = table.Bad
		}
		return out
	}}
}

func rateMeasures() []measure {
	return []measure{
		{right("throughput", "output tokens"), func(c *analysis.Cell) table.Cell { return cell(c.Throughput) }},
		{right("goodput", "requests within all limits"), func(c *analysis.Cell) table.Cell { return cell(c.Goodput) }},
		{right("attainment", "share within all limits"), func(c *analysis.Cell) table.Cell { return cell(c.Attainment) }},
	}
}

func (v *view) cellTable(caption string, cells []*analysis.Cell, columns []measure) table.Table {
	t := table.Table{Caption: caption, Columns: []table.Column{{Title: "arm"}}}
	for _, m := range columns {
		t.Columns = append(t.Columns, m.column)
	}
	for _, c := range cells {
		name := table.Text(v.arm(c.Arm))
		if !c.Valid {
			name.Sub, name.Tone = "invalid", table.Bad
		}
		row := table.Row{Marked: c.Arm == v.Choice.Arm, Cells: []table.Cell{name}}
		for _, m := range columns {
			row.Cells = append(row.Cells, m.of(c))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// engineFold shows the engine's own counters where it gave any.
func (v *view) engineFold(cells []*analysis.Cell) []Block {
	columns := []measure{
		{right("engine busy", "per request"), func(c *analysis.Cell) table.Cell { return cell(c.BusyPerRequest) }},
		{right("accepted length", "tokens per verify step"), func(c *analysis.Cell) table.Cell { return say(c.Acceptance, scaled(1, "")).cell() }},
		{right("draft tokens accepted", ""), func(c *analysis.Cell) table.Cell { return cell(c.AcceptanceRate) }},
		{right("prompt from prefix cache", ""), func(c *analysis.Cell) table.Cell { return cell(c.PrefixHits) }},
		{right("preemptions", "sequences put back"), func(c *analysis.Cell) table.Cell { return counterCell(c, "preemptions", c.Preempted) }},
		{right("evictions", "cached blocks"), func(c *analysis.Cell) table.Cell { return counterCell(c, "evictions", c.Evicted) }},
	}
	columns = slices.DeleteFunc(columns, func(m measure) bool {
		return !slices.ContainsFunc(cells, func(c *analysis.Cell) bool { return m.of(c).Tone != table.Quiet })
	})
	if len(columns) == 0 {
		return nil
	}
	return []Block{Fold{Summary: "What the engine counted", Blocks: []Block{
		Table{Table: v.cellTable("Engine counters at "+v.load(cells[0].Load), cells, columns)}}}}
}

// count is quiet where nothing was counted.
func count(n int64) table.Cell {
	if n == 0 {
		return table.Cell{Text: "0", Tone: table.Quiet}
	}
	return table.Text(fmt.Sprint(n))
}

func (v *view) sloTables() Section {
	s := Section{ID: "limits", Title: "Limits met and missed"}
	if len(v.Run.SLOs) == 0 || len(v.Cells) == 0 {
		return s
	}
	for _, l := range v.Run.Loads {
		if t := v.sloTable(l.ID); len(t.Rows) > 0 && len(l.Classes) == 0 {
			s.Blocks = append(s.Blocks, Table{Table: t, Trials: v.trialsAt(l.ID)})
		}
	}
	if len(s.Blocks) == 0 {
		return s
	}
	s.Blocks = append(s.Blocks, Note("Misses of n issued requests, failures included, with the one-sided "+v.verdictLevel()+" Clopper-Pearson bounds of the miss share. "+
		"Met: the upper bound is within what the limit allows. Missed: the lower bound is beyond it. Else undecided."), v.earlyFold())
	return s
}

func (v *view) sloTable(load string) table.Table {
	t := table.Table{Caption: "Limits at " + v.load(load), Columns: []table.Column{{Title: "arm"}, {Title: "all limits"}}}
	for _, s := range v.Run.SLOs {
		t.Columns = append(t.Columns, table.Column{Title: limitText(s)})
	}
	for _, c := range v.cellsAt(load) {
		row := table.Row{Marked: c.Arm == v.Choice.Arm, Cells: []table.Cell{
			table.Text(v.arm(c.Arm)), {Text: verdictName(c.Verdict), Tone: verdictTone(c.Verdict)}}}
		if !c.Valid {
			row.Cells[1].Sub = "but the cell is invalid"
		}
		if len(c.OverTime.OverSaturated) > 0 {
			row.Cells[1].Sub = "the queue only grows"
		}
		for _, s := range v.Run.SLOs {
			row.Cells = append(row.Cells, sloCell(c, s.Metric, s.Percentile, s.LimitNS))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func sloCell(c *analysis.Cell, metric string, p float64, limit int64) table.Cell {
	for _, r := range c.SLOs {
		if r.SLO.Metric == metric && r.SLO.Percentile == p && r.SLO.LimitNS == limit {
			out := table.Cell{
				Text: fmt.Sprintf("%s, %d of %d", verdictName(r.Verdict), r.Misses, r.N),
				Sub:  share(r.Low) + " to " + share(r.High) + " miss",
				Tone: verdictTone(r.Verdict),
			}
			if r.NeedMore > 0 {
				out.Sub += fmt.Sprintf(", needs %d more", r.NeedMore)
			}
			return out
		}
	}
	return table.Cell{Text: "not judged", Tone: table.Quiet}
}
