package reports

import (
	"fmt"
	"math"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/reports/chart"
	"github.com/assaylab/assay/reports/table"
)

// mostLadders are drawn; the table has all.
const mostLadders = 6

// ladder says which rung served the requests of arms that are ladders, and what was kept, lost and paid.
func (v *view) ladder() Section {
	s := Section{ID: "ladder", Title: "The degradation ladder"}
	if len(v.Ladders) == 0 {
		return s
	}
	var f chart.Rungs
	var trials []string
	for i := range v.Ladders {
		c := &v.Ladders[i]
		trials = append(trials, c.Trials...)
		if len(f.Panels) < mostLadders {
			f.Panels = append(f.Panels, v.rungsPanel(c, &f))
		}
	}
	s.Blocks = []Block{Paragraph(v.ladderWords()),
		Figure{Figure: f, Trials: trials, Caption: "Each bar is a part of the trial, by when requests were due: which rung served them, the best lowest. What none served was refused, or its client had left. The line is the share that kept all limits."},
		Table{Table: v.ladderTable(), Trials: trials}, Table{Table: v.servedTable(), Trials: trials}, Table{Table: v.rungTable()}}
	if notes := v.ladderNotes(); len(notes) > 0 {
		s.Blocks = append(s.Blocks, notes)
	}
	return s
}

// rungsPanel is an arm's, with rungs by their names: arms may have parts of one ladder.
func (v *view) rungsPanel(c *analysis.LadderCell, f *chart.Rungs) chart.RungsPanel {
	p := chart.RungsPanel{Title: v.arm(c.Arm) + " at " + v.load(c.Load), Window: float64(c.Window)}
	places := make([]int, len(c.Rungs))
	for i, r := range c.Rungs {
		places[i] = -1
		for j, name := range f.Names {
			if name == r.Name {
				places[i] = j
			}
		}
		if places[i] < 0 {
			places[i], f.Names = len(f.Names), append(f.Names, r.Name)
		}
	}
	seconds := float64(c.Window) / 1e9 / float64(max(len(c.Slices), 1)) * float64(len(c.Trials))
	for _, slice := range c.Slices {
		n := float64(slice.Issued)
		d := chart.RungsSlice{Kept: float64(slice.Kept) / n, Shares: make([]float64, len(f.Names))}
		if n > 0 && seconds > 0 {
			d.Rate, d.Nobody = n/seconds, float64(slice.Unserved)/n
			for i, k := range slice.Rungs {
				d.Shares[places[i]] = float64(k) / n
			}
		}
		p.Slices = append(p.Slices, d)
	}
	return p
}

// ladderWords is the finding: the best and the worst arm at the load where they differ most.
func (v *view) ladderWords() string {
	best, worst := &v.Ladders[0], &v.Ladders[0]
	for i := range v.Ladders {
		a := &v.Ladders[i]
		for j := range v.Ladders {
			if b := &v.Ladders[j]; a.Load == b.Load && kept(a)-kept(b) > kept(best)-kept(worst) {
				best, worst = a, b
			}
		}
	}
	if best == worst {
		return fmt.Sprintf("%s kept all limits for %s of %s at %s.", v.arm(best.Arm), attained(kept(best)), plural(best.Issued, "request"), v.load(best.Load))
	}
	words := fmt.Sprintf("At %s, %s kept all limits for %s of %s, and %s for %s of %s. Requests that were refused or failed are among those that did not.",
		v.load(best.Load), v.arm(best.Arm), attained(kept(best)), plural(best.Issued, "request"), v.arm(worst.Arm), attained(kept(worst)), plural(worst.Issued, "request"))
	if best.Loss.Known() {
		words += fmt.Sprintf(" The price was a quality loss of %s on average (%s)", share(best.Loss.Estimate), best.LossName)
		if best.Declared {
			words += ", a part of which the ladder file declares"
		}
		words += fmt.Sprintf(", and %s for rungs that are paid per token.", best.Spent)
	}
	return words
}

func kept(c *analysis.LadderCell) float64 { return float64(c.Kept) / float64(max(c.Issued, 1)) }

// attained rounds down: 99.96 % is not all.
func attained(x float64) string { return fmt.Sprintf("%.1f %%", math.Floor(x*1000+1e-9)/10) }

func (v *view) ladderTable() table.Table {
	t := table.Table{Caption: "What ladders kept, lost and paid", Columns: []table.Column{{Title: "arm"}, {Title: "load"}, right("requests", "issued"),
		right("attainment", "share within all limits"), right("refused", ""), right("left", "before their turn"), right("retried", "on another server"),
		right("quality loss", "mean over answers"), right("paid", "per token"), right("TTFT by prediction", "5, 50, 95 %")}}
	for i := range v.Ladders {
		c := &v.Ladders[i]
		loss := cell(c.Loss)
		if c.Declared {
			loss.Sub = "declared in part"
		}
		ratio := table.Cell{Text: "not predicted", Tone: table.Quiet}
		if len(c.Ratio) == 3 {
			ratio = table.Cell{Text: fmt.Sprintf("%.2f, %.2f, %.2f", c.Ratio[0], c.Ratio[1], c.Ratio[2]), Sub: fmt.Sprintf("n %d", c.Ratios)}
		}
		within := table.Text(attained(kept(c)))
		if cell := v.cells[[2]string{c.Arm, c.Load}]; cell != nil && cell.Attainment.Known() {
			within.Sub = say(cell.Attainment, natural(cell.Attainment)).Interval
		}
		t.Rows = append(t.Rows, table.Row{Marked: c.Arm == v.Choice.Arm, Cells: []table.Cell{table.Text(v.arm(c.Arm)), table.Text(v.load(c.Load)), count(int64(c.Issued)),
			within, count(int64(c.Refused)), count(int64(c.Left)), count(int64(c.Retried)), loss, table.Text(c.Spent.String()), ratio}})
	}
	return t
}

// servedTable says what each rung served.
func (v *view) servedTable() table.Table {
	t := table.Table{Caption: "What rungs served", Columns: []table.Column{{Title: "arm"}, {Title: "load"}, {Title: "rung"}, right("requests", ""),
		right("share", "of issued"), right("within limits", "of its own"), right("paid", "per token")}}
	for i := range v.Ladders {
		c := &v.Ladders[i]
		for _, r := range c.Rungs {
			within := "-"
			if r.Requests > 0 {
				within = attained(float64(r.Kept) / float64(r.Requests))
			}
			t.Rows = append(t.Rows, table.Row{Cells: []table.Cell{table.Text(v.arm(c.Arm)), table.Text(v.load(c.Load)), table.Text(r.Name), count(int64(r.Requests)),
				table.Text(share(float64(r.Requests) / float64(max(c.Issued, 1)))), table.Text(within), table.Text(r.Spent.String())}})
		}
	}
	return t
}

// rungTable says what is known of the rungs beside this run, each once.
func (v *view) rungTable() table.Table {
	t := table.Table{Caption: "What is known of rungs", Columns: []table.Column{{Title: "rung"}, {Title: "deployment", Prose: true},
		right("quality loss", ""), right("holds", "requests/s"), {Title: "known from", Prose: true}}}
	seen := map[string]bool{}
	for i := range v.Ladders {
		for _, r := range v.Ladders[i].Rungs {
			if seen[r.Name] {
				continue
			}
			seen[r.Name] = true
			loss, rate, source := table.Cell{Text: "not known", Tone: table.Quiet}, table.Cell{Text: "not known", Tone: table.Quiet}, r.Source
			if r.QualityLoss != nil {
				loss = table.Cell{Text: share(*r.QualityLoss), Sub: r.Loss}
			}
			if r.Rate > 0 {
				rate = table.Text(fmt.Sprintf("%.3g", r.Rate))
			}
			if r.Declared {
				source = "declared: " + r.Source
			}
			t.Rows = append(t.Rows, table.Row{Cells: []table.Cell{table.Text(r.Name), table.Text(r.Deployment), loss, rate, table.Text(source)}})
		}
	}
	return t
}

// ladderNotes are facts that weaken the section.
func (v *view) ladderNotes() (notes List) {
	for i := range v.Ladders {
		if c := &v.Ladders[i]; c.Untraced > 0 {
			notes = append(notes, fmt.Sprintf("%s at %s: %s never reached the gateway, or it could not write of them.", v.arm(c.Arm), v.load(c.Load), plural(c.Untraced, "request")))
		}
	}
	return notes
}
