package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/profile"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/reports/chart"
	"github.com/assaylab/assay/reports/table"
)

// mostFunctions are as many as a table can show without hiding what matters.
const mostFunctions = 15

// timeSpent shows where processor time went, in the recommended arm and the one beside it.
func (v *view) timeSpent() Section {
	s := Section{ID: "time", Title: "Where the time went", Detail: true}
	t := v.TimeSpent
	if t == nil {
		return s
	}
	if len(t.Arms) > 0 {
		s.Blocks = append(s.Blocks, Paragraph(v.timeWords(t)), v.stageTable(t), v.flames(t))
		if len(t.Arms) > 1 {
			s.Blocks = append(s.Blocks, v.difference(t))
		}
		s.Blocks = append(s.Blocks, Fold{Summary: "Functions", Blocks: []Block{v.functionTable(t)}})
	}
	if len(t.Missing) > 0 {
		s.Blocks = append(s.Blocks, List(t.Missing))
	}
	s.Blocks = append(s.Blocks, Note(v.profileCost(t)))
	return s
}

func (v *view) timeWords(t *analysis.TimeSpent) string {
	var parts []string
	for _, a := range t.Arms {
		s := fmt.Sprintf("%s (%s) took %s of processor time per generated token, with %.2g processors busy on average (%s in %s", v.arm(a.Arm), a.Why, nanoseconds(a.CPU), a.Cores,
			plural(int(a.Samples), "sample"), plural(len(a.Trials), "trial"))
		if a.Seen > 0 {
			s += fmt.Sprintf(", which stand for %.0f %% of what the system counted", 100*a.Seen)
		}
		parts = append(parts, s+")")
	}
	s := "At " + v.load(t.Load) + ", " + strings.Join(parts, "; ") + fmt.Sprintf(". There are %d samples per second of processor time. ", t.RateHz) +
		"A profile covers what the engine's counters do: from the first request of the measured part until the last is answered. "
	if heap := v.heapWords(t); heap != "" {
		s += heap
	}
	return s + "Processor time leaves out what the engine waited for, other processes included, so it is steadier than latency on a busy machine."
}

func (v *view) heapWords(t *analysis.TimeSpent) string {
	var parts []string
	for _, a := range t.Arms {
		if a.Heap != nil {
			size := func(b int64) string {
				x := analysis.Value{Estimate: float64(b), Low: float64(b), High: float64(b), Unit: "bytes"}
				return say(x, natural(x)).Number
			}
			parts = append(parts, fmt.Sprintf("%s allocated %s and held %s at the end", v.arm(a.Arm), size(a.Heap.AllocatedBytes), size(a.Heap.InUseBytes)))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "On the heap, by Go's sampled profile, " + strings.Join(parts, "; ") + ". "
}

func (v *view) stageTable(t *analysis.TimeSpent) Table {
	out := Table{Table: table.Table{Caption: "Processor time per generated token, by stage", Columns: []table.Column{{Title: "stage"}}}, Trials: trialsOfTime(t)}
	for _, a := range t.Arms {
		out.Columns = append(out.Columns, table.Column{Title: v.arm(a.Arm), Align: table.Right})
	}
	if len(t.Arms) > 1 {
		out.Columns = append(out.Columns, table.Column{Title: fmt.Sprintf("%d less %d", v.number[t.Arms[0].Arm], v.number[t.Arms[1].Arm]), Align: table.Right})
	}
	stages := slices.Clone(t.Change.Stages)
	slices.SortStableFunc(stages, func(a, b profile.Change) int { return cmp.Compare(b.Second, a.Second) })
	for _, c := range stages {
		out.Rows = append(out.Rows, v.timeRow(t, c, c.Stage.Title()))
	}
	out.Rows = append(out.Rows, v.timeRow(t, t.Change.All, "all"))
	return out
}

func (v *view) functionTable(t *analysis.TimeSpent) Table {
	out := v.stageTable(t)
	out.Rows, out.Caption, out.Columns[0].Title = nil, "Functions that take the most, without what they call", "function"
	if len(t.Arms) > 1 {
		out.Caption = "Functions that changed most, without what they call"
	}
	for _, c := range t.Change.Functions[:min(mostFunctions, len(t.Change.Functions))] {
		row := v.timeRow(t, c, profile.Short(c.Name))
		row.Cells[0].Sub = c.Stage.Title()
		out.Rows = append(out.Rows, row)
	}
	return out
}

// timeRow has a stage or function of the arms; the change is from the second to the first.
func (v *view) timeRow(t *analysis.TimeSpent, c profile.Change, name string) table.Row {
	row := table.Row{Cells: []table.Cell{table.Text(name), timeCell(c.Second, t.Change.All.Second)}}
	if len(t.Arms) > 1 {
		row.Cells = append(row.Cells, timeCell(c.First, t.Change.All.First), timeChangeCell(c))
	}
	return row
}

func timeCell(ns, all float64) table.Cell {
	return table.Cell{Text: nanoseconds(ns), Sub: percentOf(ns, all)}
}

// timeChangeCell has the change with its sign and interval; one that chance could have made is quiet, and says "~".
func timeChangeCell(c profile.Change) table.Cell {
	u := durationUnit(max(math.Abs(c.Delta), math.Abs(c.Interval.Low), math.Abs(c.Interval.High)))
	d := decimals(u.of(c.Delta), u.of(c.Interval.Low), u.of(c.Interval.High))
	cell := table.Cell{Text: withSign(u.of(c.Delta), d) + u.suffix, Sub: withSign(u.of(c.Interval.Low), d) + " to " + withSign(u.of(c.Interval.High), d)}
	switch {
	case !c.Decided():
		cell.Text, cell.Tone = "~ "+cell.Text, table.Quiet
	case c.Delta > 0:
		cell.Tone = table.Bad
	default:
		cell.Tone = table.Good
	}
	return cell
}

func trialsOfTime(t *analysis.TimeSpent) (ids []string) {
	for _, a := range t.Arms {
		ids = append(ids, a.Trials...)
	}
	return ids
}

func (v *view) flames(t *analysis.TimeSpent) Flames {
	f := Flames{Legend: stageLegend(t.Change.Stages), Trials: trialsOfTime(t),
		Caption: flameCaption}
	for i, a := range t.Arms {
		of := func(n *profile.Node) float64 { return n.Second }
		if i == 1 {
			of = func(n *profile.Node) float64 { return n.First }
		}
		f.Flames = append(f.Flames, flameOf(fmt.Sprintf("flame-%d", i+1), v.arm(a.Arm), t.Change.Tree, of))
	}
	return f
}

func (v *view) difference(t *analysis.TimeSpent) Flames {
	from, to := v.arm(t.Arms[1].Arm), v.arm(t.Arms[0].Arm)
	return Flames{Flames: []chart.Flame{differenceFlame("flame-difference", from+" → "+to, t.Change.Tree)}, Legend: differenceLegend, Trials: trialsOfTime(t),
		Caption: differenceCaption}
}

const flameCaption = "The width of a function is its share of the processor time, what it calls is below it, and its colour is that of the stage that its own time counts for. " +
	"Point at a function for its numbers; the narrowest are left out, and so is what lies below a row that is nearly empty."

const differenceCaption = "Widths are the mean of both, so that what went and what came both show; the stronger the colour, the more of the time per generated token it is. " +
	"Chance is here that of the samples alone: how much runs differ is in the table's intervals where there are three repetitions."

// profileCost says what taking the profiles cost, by the trials that had none.
func (v *view) profileCost(t *analysis.TimeSpent) string {
	c := t.Cost
	if c == nil {
		return "What the profiles cost was not measured: no trial was run once more without one."
	}
	s := fmt.Sprintf("What the profiles cost: %s at %s was run %s more without one, each beside the trial with it and with the same requests. With a profile of %d samples per second of processor time, ",
		v.arm(c.Arm), v.load(c.Load), times(len(c.Trials)/2), t.RateHz)
	var parts []string
	for _, p := range []struct {
		what   string
		change stat.Change
	}{{"the processor time of its process per generated token", c.CPU}, {"the engine-busy time per generated token", c.Busy}, {"the median TPOT", c.TPOT}} {
		if !math.IsNaN(p.change.Ratio) {
			parts = append(parts, p.what+" changed by "+costWords(p.change))
		}
	}
	s += strings.Join(parts, "; ") + "."
	s += " The first leaves out other processes; the others are what users feel, and have in them whatever else the machine did."
	if c.Busy.Within {
		s += " Below three pairs, how much runs differ is not in an interval, and is usually more than a profile costs."
	}
	return s
}

func costWords(c stat.Change) string {
	s := Percent(c.Ratio)
	if i := c.Interval; i.High > i.Low && !math.IsInf(i.High, 1) {
		s += fmt.Sprintf(" (%s to %s)", Percent(i.Low), Percent(i.High))
		if i.Low <= 1 && i.High >= 1 {
			s += ", which chance could have made"
		}
	}
	return s
}

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

// nanoseconds is a time with its unit, to three digits.
func nanoseconds(ns float64) string {
	u := durationUnit(ns)
	return u.frame(u.of(ns), decimals(u.of(ns), u.of(ns), u.of(ns)))
}

func signedTime(ns float64) string {
	if ns < 0 {
		return "-" + nanoseconds(-ns)
	}
	return "+" + nanoseconds(ns)
}

// withSign prints x with its sign and d decimals.
func withSign(x float64, d int) string {
	s := fixed(x, d)
	if x > 0 {
		s = "+" + s
	}
	return s
}

// percentOf is a share of all, "-" of nothing.
func percentOf(x, all float64) string {
	switch share := 100 * x / all; {
	case !(all > 0):
		return "-"
	case x == 0:
		return "0 %"
	case share < 0.1:
		return "<0.1 %"
	case share < 10:
		return fmt.Sprintf("%.1f %%", share)
	default:
		return fmt.Sprintf("%.0f %%", share)
	}
}
