package reports

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/stat"
	"github.com/assaylab/assay/reports/chart"
	"github.com/assaylab/assay/reports/table"
)

// speculation shows what drafting tokens gains, where a run sweeps it: who is to draft at which load, the gain by load, how
// far drafts stand, and whether the gain could have been foreseen.
func (v *view) speculation() Section {
	s := Section{ID: "speculation", Title: "Speculative decoding"}
	if v.Speculation == nil {
		return s
	}
	g := v.Speculation.Main(v.Choice.Arm)
	arms, omitted := v.drafters(g)
	s.Blocks = []Block{List(v.Speculation.Advice)}
	compared := arms
	if b := v.arms[g.Baseline]; b != nil {
		compared = append([]*analysis.Arm{b}, arms...)
	}
	trials := v.trialsOf(compared)
	add := func(f chart.Figure, panels int, caption string) {
		if panels > 0 {
			if omitted > 0 {
				caption += fmt.Sprintf(" %s with less gain left out to keep the figure readable.", plural(omitted, "further arm"))
			}
			s.Blocks = append(s.Blocks, Figure{Figure: f, Caption: caption, Trials: trials})
		}
	}
	up := v.speedup(g, arms)
	add(up, len(up.Panels), v.speedupCaption(g))
	at := v.positions(g, arms)
	add(at, len(at.Panels), "Of the drafts that had a token at a position, those of which it stood, and with it all before; over all loads of a kind, up to where fewer than 30 drafts reach. A line rises where long drafts are made only for text that is easy to foresee. "+
		"Bars are 95 % intervals that count drafts as independent.")
	cast := v.forecast(g, arms)
	add(cast, len(cast.Panels), v.forecastCaption(g))
	s.Blocks = append(s.Blocks, Fold{Summary: "What drafting gained and cost, in numbers", Blocks: v.draftTables(g)})
	return s
}

// drafters are the arms of a group that are drawn, by their best gain where there are too many.
func (v *view) drafters(g *analysis.DraftGroup) (arms []*analysis.Arm, omitted int) {
	const most = 8
	best := map[string]float64{}
	for _, l := range g.Levels {
		for _, c := range l.Arms {
			if c.Speedup.Known() {
				best[c.Arm] = max(best[c.Arm], c.Speedup.Estimate)
			}
		}
	}
	ids := slices.DeleteFunc(slices.Clone(g.Arms), func(id string) bool { return best[id] == 0 || v.arms[id] == nil })
	if omitted = len(ids) - most; omitted > 0 {
		slices.SortStableFunc(ids, func(x, y string) int { return cmp.Compare(best[y], best[x]) })
		ids = ids[:most]
	}
	for _, id := range ids {
		arms = append(arms, v.arms[id])
	}
	slices.SortFunc(arms, func(a, b *analysis.Arm) int { return v.number[a.Arm.ID] - v.number[b.Arm.ID] })
	return arms, max(omitted, 0)
}

// cellOf is an arm's comparison at a load, nil where there is none.
func cellOf(l *analysis.DraftLevel, arm string) *analysis.DraftCell {
	for i := range l.Arms {
		if l.Arms[i].Arm == arm {
			return &l.Arms[i]
		}
	}
	return nil
}

func (v *view) speedup(g *analysis.DraftGroup, arms []*analysis.Arm) chart.Speedup {
	f := chart.Speedup{Than: v.arm(g.Baseline), Series: v.series(arms)}
	for _, kind := range g.Kinds() {
		levels := g.Of(kind)
		p := chart.SpeedupPanel{Title: kind, Loads: "requests per second"}
		if levels[0].Closed {
			p.Loads = "requests in flight"
		}
		any := false
		for _, a := range arms {
			var line []chart.SpeedupPoint
			for i := range levels {
				if c := cellOf(&levels[i], a.Arm.ID); c != nil {
					if e, ok := estimate(c.Speedup, same); ok {
						line = append(line, chart.SpeedupPoint{Load: levels[i].Rate, Gain: e})
					}
				}
			}
			any = any || len(line) > 0
			p.Lines = append(p.Lines, line)
		}
		if any {
			f.Panels = append(f.Panels, p)
		}
	}
	return f
}

func (v *view) speedupCaption(g *analysis.DraftGroup) string {
	s := "Mean TPOT of " + v.arm(g.Baseline) + ", which drafts nothing and is equal in all other settings, by that of each arm, over the same requests. " +
		"Above 1 drafting pays. Bars are 95 % intervals over pairs of requests"
	if v.Run.Repetitions < stat.FewestRuns {
		s += " of these runs: what differs from run to run is not in them"
	}
	s += ". Arms at one load are drawn beside each other."
	if n := len(v.Speculation.Groups); n > 1 {
		s += fmt.Sprintf(" One of %d groups of arms that differ in drafting alone is shown, the recommended arm's where it is in one.", n)
	}
	return s
}

func (v *view) positions(g *analysis.DraftGroup, arms []*analysis.Arm) chart.Positions {
	f := chart.Positions{Series: v.series(arms)}
	for _, kind := range g.Kinds() {
		p := chart.PositionsPanel{Title: kind}
		any := false
		for _, a := range arms {
			var line []chart.Estimate
			for _, at := range g.Positions(kind, a.Arm.ID) {
				e, _ := estimate(at.Stood, same)
				line = append(line, e)
			}
			any = any || len(line) > 0
			p.Lines = append(p.Lines, line)
		}
		if any {
			f.Panels = append(f.Panels, p)
		}
	}
	return f
}

func (v *view) forecast(g *analysis.DraftGroup, arms []*analysis.Arm) chart.Forecast {
	f := chart.Forecast{Series: v.series(arms)}
	for _, kind := range g.Kinds() {
		p := chart.ForecastPanel{Title: kind}
		levels := g.Of(kind)
		for i := range levels {
			for k, a := range arms {
				c := cellOf(&levels[i], a.Arm.ID)
				if c == nil || !c.Expected.Known() {
					continue
				}
				if e, ok := estimate(c.Speedup, same); ok {
					p.Points = append(p.Points, chart.ForecastPoint{Series: k, Load: loadOf(&f, &levels[i]), Expected: c.Expected.Estimate, Measured: e})
				}
			}
		}
		if len(p.Points) > 0 {
			f.Panels = append(f.Panels, p)
		}
	}
	return f
}

// loadOf is the place of a level among the figure's loads, where it is put if it is new.
func loadOf(f *chart.Forecast, l *analysis.DraftLevel) int {
	name := trim(l.Rate) + " requests/s"
	if l.Closed {
		name = trim(l.Rate) + " in flight"
	}
	if i := slices.Index(f.Loads, name); i >= 0 {
		return i
	}
	f.Loads = append(f.Loads, name)
	return len(f.Loads) - 1
}

func (v *view) forecastCaption(g *analysis.DraftGroup) string {
	e := g.ForecastError()
	return fmt.Sprintf("Expected, and so estimated: tokens per step, if every draft stood with the arm's mean probability a (1 + a + a² and so on; Leviathan et al. 2023), by what its steps took next to plain steps of as many sequences, drafting included. "+
		"On the dashed line the model is right; below it less was gained than expected. Over %s it errs by %s in the median, and most at %s with %s: %s. "+
		"It leaves out steps with prompts in them, and that faster answers make smaller batches.",
		plural(e.Points, "point"), percentText(e.Median), v.load(e.Load), v.arm(e.Arm), signed(e.Worst))
}

func percentText(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }

func signed(share float64) string { return fmt.Sprintf("%+.1f %%", 100*share) }

// draftTables are one for each load.
func (v *view) draftTables(g *analysis.DraftGroup) []Block {
	var out []Block
	for i := range g.Levels {
		out = append(out, Table{Table: v.draftTable(&g.Levels[i]), Trials: v.trialsAt(g.Levels[i].Load)})
	}
	return append(out, Note("Throughput is compared where more is asked than is delivered. Tokens, drafts, sequences and the cost of a step are of steps that only decode; "+
		"that cost, drafting included, is by what "+v.arm(g.Baseline)+" took for as many sequences. The error is that of the expected speed-up."))
}

func (v *view) draftTable(l *analysis.DraftLevel) table.Table {
	t := table.Table{Caption: "Drafting at " + v.load(l.Load), Columns: []table.Column{{Title: "arm"}, right("speed-up", "of mean TPOT"),
		right("expected", "speed-up"), right("error", ""), right("acceptance", "if all before stood"), right("tokens", "per sequence and step"), right("drafted", "per sequence and step"),
		right("cost of a step", "by a plain one"), right("drafting", "of the time"), right("verifying", "of the time"), right("batch", "sequences")}}
	for i := range l.Arms {
		c := &l.Arms[i]
		d := &c.Steps
		failure := table.Cell{Text: notMeasured, Tone: table.Quiet}
		if e, ok := c.Error(); ok {
			failure = table.Text(signed(e))
		}
		row := table.Row{Marked: c.Arm == l.Best, Cells: []table.Cell{table.Text(v.arm(c.Arm)), say(c.Speedup, scaled(1, "")).cell(),
			say(c.Expected, scaled(1, "")).cell(), failure}}
		for _, f := range []struct {
			value float64
			print func(float64) string
		}{{d.Rate, percentText}, {d.Tokens, twoDigits}, {d.Drafted, twoDigits}, {d.Cost, twoDigits}, {d.DraftTime, percentText}, {d.Verify, percentText}, {d.Batch, twoDigits}} {
			row.Cells = append(row.Cells, counted(f.value, f.print))
		}
		if l.Behind {
			row.Cells = append(row.Cells, say(c.Throughput, scaled(1, "")).cell())
		}
		t.Rows = append(t.Rows, row)
	}
	if l.Behind {
		t.Columns = append(t.Columns, right("throughput", "by that without"))
	}
	return t
}

func twoDigits(x float64) string { return fmt.Sprintf("%.2f", x) }

// counted is quiet where nothing was counted.
func counted(x float64, print func(float64) string) table.Cell {
	if x == 0 {
		return table.Cell{Text: "none", Tone: table.Quiet}
	}
	return table.Text(print(x))
}
