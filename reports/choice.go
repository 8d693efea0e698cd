package reports

import (
	"fmt"
	"math"
	"strings"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/reports/chart"
	"github.com/assaylab/assay/reports/table"
)

func (v *view) recommendation() Section {
	s := Section{ID: "recommendation", Title: "Recommendation", Blocks: []Block{v.card()}}
	if len(v.Warnings) > 0 {
		s.Blocks = append(s.Blocks, Alert{Title: "What weakens every figure here", Items: v.Warnings})
	}
	s.Blocks = append(s.Blocks, v.deploy()...)
	s.Blocks = append(s.Blocks, v.alternatives()...)
	s.Blocks = append(s.Blocks, v.sureness()...)
	if len(v.Choice.Reasons) > 0 {
		s.Blocks = append(s.Blocks, Fold{Summary: "The reasons one by one", Blocks: []Block{List(v.Choice.Reasons)}})
	}
	return s
}

func (v *view) card() Card {
	a := v.chosen()
	if a == nil {
		text := v.Choice.Paragraph
		if text == "" {
			text = "No arm can be recommended from these measurements."
		}
		return Card{Eyebrow: "No recommendation", Badge: "nothing qualifies", Tone: table.Bad, Text: text}
	}
	c := Card{
		Eyebrow: "Recommended deployment", Badge: "✓ proven", Tone: table.Good,
		Name: v.arm(a.Arm.ID), Text: v.Choice.Paragraph, Tiles: v.tiles(a),
	}
	if !v.Choice.Proven {
		c.Eyebrow, c.Badge, c.Tone = "Best candidate", "? not proven", table.Doubt
		if n := v.Choice.NeedMore; n > 0 {
			c.Badge += fmt.Sprintf(", %s within the limits would prove it", plural(n, "more request"))
		}
	}
	if f := v.Choice.Confirmed; f != nil && f.Verdict == analysis.Missed {
		c.Badge += ", a limit is missed on fresh prompts"
	}
	if v.Finished < v.Planned {
		c.Badge += ", on a run that is not finished"
	}
	return c
}

// deployLoad is the load that the chosen arm is judged at: its capacity, else the
// load of the front.
func deployLoad(a *analysis.Arm) string {
	if a.Capacity.Load != "" {
		return a.Capacity.Load
	}
	return a.FrontLoad
}

func (v *view) tiles(a *analysis.Arm) []Tile {
	load := deployLoad(a)
	var tiles []Tile
	if c := v.cells[[2]string{a.Arm.ID, load}]; c != nil {
		for i, r := range c.SLOs {
			tiles = append(tiles, v.sloTile(c, r, i))
		}
	}
	return append(append(tiles, v.qualityTiles(a)...), v.capacityTile(a), v.costTile(a))
}

func (v *view) sloTile(c *analysis.Cell, r analysis.SLOResult, i int) Tile {
	val := percentile(c, r.SLO.Metric, r.SLO.Percentile)
	w := say(val, natural(val))
	t := Tile{
		Label: sloName(r.SLO) + " at " + v.load(c.Load), Value: w.Number, Detail: w.detail(),
		Limit: "limit " + chart.Duration(float64(r.SLO.LimitNS)),
		State: verdictText(r), Tone: verdictTone(r.Verdict),
	}
	if est, ok := estimate(val, same); ok {
		t.Gauge = &chart.Gauge{
			Name: fmt.Sprintf("gauge-slo-%d", i), Label: t.Label,
			Text: w.inline() + ", " + t.Limit, Value: est, Limit: float64(r.SLO.LimitNS),
		}
	}
	return t
}

// verdictText is the verdict with the evidence: misses and their bound.
func verdictText(r analysis.SLOResult) string {
	allowed := 1 - r.SLO.Percentile
	s := fmt.Sprintf("%s: %d of %d missed", verdictName(r.Verdict), r.Misses, r.N)
	switch r.Verdict {
	case analysis.Met:
		s += fmt.Sprintf(", so at most %s miss (%s allowed)", share(r.High), share(allowed))
	case analysis.Missed:
		s += fmt.Sprintf(", so at least %s miss (%s allowed)", share(r.Low), share(allowed))
	default:
		s += fmt.Sprintf(", so %s to %s miss (%s allowed)", share(r.Low), share(r.High), share(allowed))
		if r.NeedMore > 0 {
			s += fmt.Sprintf("; %d more without a miss would settle it", r.NeedMore)
		}
	}
	return s
}

// share prints a proportion in percent with two significant digits.
func share(x float64) string {
	x *= 100
	if x == 0 {
		return "0 %"
	}
	return fixed(x, max(0, 1-magnitude(x))) + " %"
}

func verdictName(v analysis.Verdict) string {
	switch v {
	case analysis.Met:
		return "✓ met"
	case analysis.Missed:
		return "✗ missed"
	case analysis.Undecided:
		return "? undecided"
	}
	return "not judged"
}

func verdictTone(v analysis.Verdict) table.Tone {
	switch v {
	case analysis.Met:
		return table.Good
	case analysis.Missed:
		return table.Bad
	case analysis.Undecided:
		return table.Doubt
	}
	return table.Quiet
}

// qualityTiles are the loss, unless tasks say in its place how well the arm answers, and the tasks that it is judged by.
func (v *view) qualityTiles(a *analysis.Arm) (all []Tile) {
	if t := v.lossTile(a); len(a.Scores) == 0 || t.Tone != table.Quiet {
		all = append(all, t)
	}
	for _, s := range a.Scores {
		w := say(s.Right, natural(s.Right))
		t := Tile{Label: "Right answers: " + s.Source, Value: w.Number, Detail: w.detail(), State: "no bound is held against it"}
		if s.Least > 0 {
			t.Limit, t.State, t.Tone = "at least "+share(s.Least), "✓ also the interval's lower end", table.Good
		}
		all = append(all, t)
	}
	return all
}

func (v *view) lossTile(a *analysis.Arm) Tile {
	w := say(a.QualityLoss, lossUnit)
	t := Tile{
		Label: "Quality loss (perplexity)", Value: w.Number, Detail: w.detail(),
		State: "✗ not within the bound", Tone: table.Bad,
	}
	if v.Run.Quality.Bound > 0 { // 0 where quality is not part of the run
		t.Limit = "bound " + trim(100*v.Run.Quality.Bound) + " %"
	}
	if a.LossWithin {
		t.State, t.Tone = "✓ within the bound, also the interval's upper end", table.Good
	}
	if w.Missing {
		t.State, t.Tone = "not judged", table.Quiet
	}
	if est, ok := estimate(a.QualityLoss, lossUnit.of); ok && v.Run.Quality.Bound > 0 {
		t.Gauge = &chart.Gauge{
			Name: "gauge-quality", Label: t.Label, Text: w.inline() + ", " + t.Limit,
			Value: est, Limit: 100 * v.Run.Quality.Bound,
		}
	}
	return t
}

func (v *view) capacityTile(a *analysis.Arm) Tile {
	c := capacityCell(a.Capacity)
	t := Tile{Label: "Capacity: highest tested rate that meets every limit", Value: c.Text, State: c.Sub, Tone: table.Plain}
	if a.Capacity.Search != "" {
		t.Label = "Capacity: the rate at which the first limit breaks"
	}
	if a.Capacity.Rate == 0 {
		t.Tone = table.Doubt
	}
	return t
}

// capacityCell is the bracket: the rate that is met, and the next one tested.
func capacityCell(c analysis.Capacity) table.Cell {
	if c.Search != "" && c.Rate > 0 {
		return table.Cell{Text: rateDigits(c.Rate) + " req/s", Sub: "95 % interval " + rateDigits(c.Low) + " to " + rateDigits(c.High)}
	}
	out := table.Cell{Text: trim(c.Rate) + " req/s", Sub: "no higher rate tested"}
	if c.Next > 0 {
		out.Sub = "next tested, " + trim(c.Next) + ": not met"
	}
	if c.Rate == 0 {
		out = table.Cell{Text: "none met", Tone: table.Quiet}
		if c.Verdict != "" {
			out.Sub = "lowest rate: " + verdictName(c.Verdict)
		}
	}
	return out
}

func (v *view) costTile(a *analysis.Arm) Tile {
	w := say(a.Cost.PerMillion, v.money)
	t := Tile{Label: "Cost at capacity, per million tokens", Value: w.Number, Detail: w.detail()}
	if v.Systems != nil {
		return v.requestTile(a)
	}
	in, out := say(a.Cost.PerMillionInput, v.money), say(a.Cost.PerMillionOutput, v.money)
	if !in.Missing && !out.Missing {
		t.State = "input " + in.Number + ", output " + out.Number
		if a.Cost.Cached {
			t.State = "computed " + t.State + ", cached input nothing"
		}
	}
	return t
}

func (v *view) deploy() []Block {
	a := v.chosen()
	if a == nil {
		return nil
	}
	blocks := append([]Block{Heading("Deploy it")}, v.spoken(a)...)
	if a.Arm.Command != "" {
		blocks = append(blocks, Code{Label: "Command line", Lang: "sh", Text: a.Arm.Command})
	}
	if a.Arm.TOML != "" {
		blocks = append(blocks, Code{Label: "The same as TOML", Lang: "toml", Text: a.Arm.TOML})
	}
	return blocks
}

// alternatives are the runner-up and the confirming run.
func (v *view) alternatives() []Block {
	var blocks []Block
	if r := v.Choice.RunnerUp; r != "" {
		text := v.arm(r) + "."
		if v.Choice.RunnerUpWhy != "" {
			text = v.arm(r) + ". " + v.Choice.RunnerUpWhy
		}
		blocks = append(blocks, Heading("Runner-up"), Paragraph(text))
	}
	switch c := v.Choice.Confirmed; {
	case c != nil:
		blocks = append(blocks, Heading("Confirmation on fresh prompts"), Paragraph(v.confirmation(c)))
	case v.chosen() != nil:
		blocks = append(blocks, Heading("Confirmation on fresh prompts"),
			Paragraph("The recommended arm was not run again: its figures are those it was picked by, which flatters a winner."))
	}
	return blocks
}

func (v *view) confirmation(c *analysis.Confirmation) string {
	before, after := say(c.InSweep, natural(c.InSweep)), say(c.Fresh, natural(c.Fresh))
	agree := "The intervals overlap"
	if c.Ratio > 0 {
		agree += fmt.Sprintf(", and the fresh figure is %.2f times that of the sweep", c.Ratio)
	}
	switch {
	case !c.Overlap:
		agree = "The intervals, each of a single run, do not overlap: runs differ by more than they say, so trust the fresh figure"
	case !c.Agrees:
		agree += ": it differs by a factor that the intervals are too wide to tell from chance, so trust neither to more than that"
	}
	return fmt.Sprintf("%s at %s: %s in the sweep, %s on fresh prompts; limits %s. %s.",
		confirmedMetric(c.Metric), v.load(c.Load), before.inline(), after.inline(), verdictName(c.Verdict), agree)
}

// confirmedMetric words "p95 ttft".
func confirmedMetric(s string) string {
	p, m, ok := strings.Cut(s, " ")
	if !ok {
		return metricName(s)
	}
	return p + " " + metricName(m)
}

// frontLimit is the limit on a metric's 95th percentile, 0 where the scenario has none.
func (v *view) frontLimit(metric string, p float64) float64 {
	if len(v.loads[v.Front.Load].Classes) > 0 { // whose classes have limits, not their mixture
		return 0
	}
	for _, s := range v.Run.SLOs {
		if s.Metric == metric && math.Abs(s.Percentile-p) < 1e-9 {
			return float64(s.LimitNS)
		}
	}
	return 0
}

// limitsText lists the SLOs with where they come from.
func limitsText(slos []record.SLO) []string {
	var out []string
	for _, s := range slos {
		line := limitText(s)
		if s.Origin != "" {
			line += " (" + s.Origin + ")"
		}
		out = append(out, line)
	}
	return out
}
