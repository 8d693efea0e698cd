package reports

import (
	"fmt"
	"strings"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/reports/table"
)

// exactNames are the quantities of a calibration that are shown without opening a fold, in words.
var exactNames = []struct{ quantity, name, sub string }{
	{"send", "sending a request", "sent − intended"},
	{"stamp", "stamping a message", "stamped − written"},
	{"ttft", "TTFT", ""},
	{"itl", "ITL", "every token"},
	{"tpot", "TPOT", ""},
	{"e2e", "E2E", ""},
	{"max_gap", "largest gap", ""},
	{"timeout", "a timeout", "noticed − due"},
}

// instrument says how exact the measurements are, and what may have disturbed them.
func (v *view) instrument() Section {
	i := &v.Instrument
	s := Section{ID: "instrument", Title: "How exact the instrument was"}
	if i.Calibrations > 0 && len(i.Errors) > 0 {
		s.Blocks = append(s.Blocks, Paragraph(v.calibrationText()), Table{Table: exactTable(i.Errors)},
			Note("Measured less known, sizes but for the median error, which has a sign. The known times are the server's own, taken just before it wrote; the way over loopback and the wait for a processor are in the error. "+
				"Differences between arms and between runs that are smaller than the error at the same percentile are not claimed."))
	}
	if len(i.Extremes) > 0 {
		s.Blocks = append(s.Blocks, Fold{Summary: "What the lab saw of itself and of the machine during the trials", Blocks: []Block{Table{Table: disturbanceTable(i.Extremes)}}})
	}
	if text := v.sharingText(); text != "" {
		s.Blocks = append(s.Blocks, Heading("What the lab costs the engine"), Paragraph(text))
	}
	if e := i.Effect; e != nil && len(e.Latencies) > 0 {
		s.Blocks = append(s.Blocks, Table{Table: effectTable(e), Trials: e.Trials})
	}
	return s
}

func (v *view) calibrationText() string {
	i := &v.Instrument
	s := "Before its first trial the lab measured answers that it knew, over a real socket from a server in its own process"
	if i.Calibrations > 1 {
		s += fmt.Sprintf(", and did so %d times in this run, of which the worst figures are given", i.Calibrations)
	}
	return s + fmt.Sprintf(". All %d kinds of them were told right: %s.", len(i.Answers), strings.Join(i.Answers, "; "))
}

func exactTable(errors []record.Exactness) table.Table {
	t := table.Table{Caption: "Error of the instrument", Columns: []table.Column{{Title: "quantity"}, right("known", "median"), right("median error", ""),
		right("p50", ""), right("p95", ""), right("p99", ""), right("max", ""), right("n", "")}}
	for _, n := range exactNames {
		for _, e := range errors {
			if e.Quantity != n.quantity {
				continue
			}
			known := table.Cell{Text: "–", Tone: table.Quiet}
			if e.KnownNS != 0 {
				known = table.Text(short(float64(e.KnownNS)))
			}
			row := table.Row{Cells: []table.Cell{{Text: n.name, Sub: n.sub}, known}}
			for _, ns := range []int64{e.BiasNS, e.P50NS, e.P95NS, e.P99NS, e.MaxNS} {
				row.Cells = append(row.Cells, table.Text(minus(float64(ns))))
			}
			t.Rows = append(t.Rows, table.Row{Cells: append(row.Cells, table.Text(fmt.Sprint(e.N)))})
		}
	}
	return t
}

// minus is short with a sign before what is below 0, and no unit behind 0.
func minus(ns float64) string {
	switch {
	case ns == 0:
		return "0"
	case ns < 0:
		return "−" + short(-ns)
	}
	return short(ns)
}

func disturbanceTable(extremes []analysis.Extreme) table.Table {
	t := table.Table{Caption: "The lab and the machine during the trials", Columns: []table.Column{{Title: "what"}, right("median trial", ""), right("worst trial", ""),
		right("acceptable", ""), {Title: "worst trial's id"}}}
	for _, e := range extremes {
		print := extremeUnit(e.Unit)
		limit, worst := table.Cell{Text: "–", Tone: table.Quiet}, table.Text(print(e.Worst))
		if e.Unit == "times" || e.Limit > 0 {
			limit = table.Text("at most " + print(e.Limit))
			if e.Worst > e.Limit {
				worst.Tone, worst.Sub = table.Bad, "not valid"
			}
		}
		id := table.Cell{Text: "–", Tone: table.Quiet}
		if e.Worst > 0 {
			id = table.Text(e.Trial)
		}
		t.Rows = append(t.Rows, table.Row{Cells: []table.Cell{table.Text(e.What), table.Text(print(e.Median)), worst, limit, id}})
	}
	return t
}

func extremeUnit(unit string) func(float64) string {
	switch unit {
	case "ns":
		return minus
	case "ratio":
		return func(x float64) string { return trim(float64(int(x*1000+0.5))/10) + " %" }
	}
	return trim
}

// sharingText says which processors are shared, and what that costs.
func (v *view) sharingText() string {
	i := &v.Instrument
	var s []string
	switch {
	case i.Trials == 0 || i.Shared+i.Handlers == 0 && i.Effect == nil:
		return ""
	case i.Shared > 0:
		s = append(s, fmt.Sprintf("In %d of %s the lab shared processors with the engine's steps.", i.Shared, plural(i.Trials, "trial")))
	}
	if i.Handlers > 0 {
		s = append(s, fmt.Sprintf("In %d of %s the engine's steps had a processor to themselves, and its HTTP handlers shared one with the lab.", i.Handlers, plural(i.Trials, "trial")))
	}
	return strings.Join(append(s, v.effectText()...), " ")
}

func (v *view) effectText() []string {
	e := v.Instrument.Effect
	switch {
	case e == nil:
		return []string{"What that costs is not bounded: it takes a confirming run, and its duplicate."}
	case e.Note != "":
		return []string{fmt.Sprintf("What that costs is not bounded: %s.", e.Note)}
	}
	return []string{fmt.Sprintf("The confirming run of %s at %s was repeated, request by request, while the lab received every message twice: the engine did the same work, the lab used %s more processor time.",
		v.arm(e.Arm), v.load(e.Load), extremeUnit("ratio")(e.Added)),
		fmt.Sprintf("The table compares %s of both. If the time that work costs others grows at least in proportion to it, as in queues, then the lab's work costs the confirming run at most the upper end of the change, divided by that share; drift of the machine between the two runs is in it.", plural(e.Pairs, "request"))}
}

func effectTable(e *analysis.LabEffect) table.Table {
	t := table.Table{Caption: "The lab's own part in mean latencies", Columns: []table.Column{{Title: "metric"}, right("mean", "confirming run"),
		right("more with twice the work", ""), right("due to the lab", "at most")}}
	for _, l := range e.Latencies {
		bound := table.Cell{Text: analysis.Insufficient, Tone: table.Quiet}
		mean := bound
		if l.Change.Known() {
			mean = table.Text(short(l.Mean))
			bound = table.Cell{Text: minus(l.Bound), Sub: share(l.Bound/l.Mean) + " of the mean"}
			if l.Bound == 0 {
				bound.Sub = "more work made nothing slower"
			}
		}
		t.Rows = append(t.Rows, table.Row{Cells: []table.Cell{table.Text(metricName(l.Metric)), mean, cell(l.Change), bound}})
	}
	return t
}

// exactLines are the instrument's error in plain text, for a terminal.
func exactLines(i *analysis.Instrument) (lines []string) {
	for _, e := range i.Errors {
		switch e.Quantity {
		case "ttft", "itl", "tpot", "e2e", "stamp", "send":
			lines = append(lines, fmt.Sprintf("%-5s off by %s at p50, %s at p99, %s at most (n %d)", e.Quantity, short(float64(e.P50NS)), short(float64(e.P99NS)), short(float64(e.MaxNS)), e.N))
		}
	}
	return lines
}
