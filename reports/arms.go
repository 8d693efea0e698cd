package reports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/reports/table"
)

func (v *view) armTables() Section {
	s := Section{ID: "arms", Title: "Arms"}
	if len(v.Arms) == 0 {
		return s
	}
	s.Blocks = []Block{Table{Table: v.armTable(), Trials: v.trialsAt("")}}
	if t := v.excludedTable(); len(t.Rows) > 0 {
		s.Blocks = append(s.Blocks, Table{Table: t})
	}
	engines := v.engines()
	if len(engines) == 0 {
		return s
	}
	varied, constant := v.settings()
	if len(varied) > 0 {
		s.Blocks = append(s.Blocks, Fold{Summary: v.settingsTitle(), Blocks: []Block{
			Table{Table: v.settingsTable(varied)}, Heading("The same in all arms"), constant,
		}})
	}
	return s
}

// engines are the arms that are the included engine, whose settings have the same names.
func (v *view) engines() (all []analysis.Arm) {
	for _, a := range v.Arms {
		if a.Arm.Deployment == nil {
			all = append(all, a)
		}
	}
	return all
}

func (v *view) settingsTitle() string {
	if v.Systems != nil {
		return "Settings of the included engine's arms"
	}
	return "Settings of every arm"
}

func right(title, unit string) table.Column {
	return table.Column{Title: title, Unit: unit, Align: table.Right}
}

func (v *view) armTable() table.Table {
	metric, of := v.frontAxis()
	t := table.Table{
		Caption: "All arms: estimate, interval (95 % unless another level is printed), samples",
		Columns: slices.Concat([]table.Column{{Title: "arm"}}, v.qualityColumns(), []table.Column{right("p95 "+metricName(metric), "at "+v.load(v.Front.Load)),
			right("capacity", ""), right("cost at capacity", v.costUnit()), {Title: "front", Unit: v.drawsUnit()}, {Title: "choice", Unit: v.drawsUnit()}}),
	}
	for i := range v.Arms {
		a := &v.Arms[i]
		t.Rows = append(t.Rows, table.Row{Marked: a.Arm.ID == v.Choice.Arm, Cells: slices.Concat([]table.Cell{table.Text(v.arm(a.Arm.ID))}, v.qualityCells(a),
			[]table.Cell{cell(of(a)), capacityCell(a.Capacity), say(v.costOf(a), v.money).cell(), v.frontCell(a), v.bestShare(a.Arm.ID, v.choiceCell(a))})})
	}
	return t
}

func (v *view) frontCell(a *analysis.Arm) table.Cell {
	front := table.Cell{Text: "behind", Tone: table.Quiet}
	if a.OnFront {
		front = table.Text("on it")
	}
	front.Sub = share(a.FrontProbability)
	if _, known := v.drawnQuality(a); a.OnFront && v.Systems != nil && !known && (v.Exam != nil || v.Run.Quality.Windows > 0) {
		front.Sub += ", but not by its quality, which is not known"
	}
	return front
}

// judgedByLoss says whether the loss of perplexity is asked for, or known of an arm.
func (v *view) judgedByLoss() bool {
	return v.Run.Quality.Windows > 0 || len(v.Arms[0].Scores) == 0 || slices.ContainsFunc(v.Arms, func(a analysis.Arm) bool { return !say(a.QualityLoss, lossUnit).Missing })
}

// qualityColumns are of the loss, and of the tasks that arms are judged by.
func (v *view) qualityColumns() (all []table.Column) {
	if v.judgedByLoss() {
		all = append(all, right("quality loss", "perplexity"))
	}
	for _, s := range v.Arms[0].Scores {
		unit := s.Source
		if s.Least > 0 {
			unit += ", at least " + share(s.Least)
		}
		all = append(all, right("right answers", unit))
	}
	return all
}

func (v *view) qualityCells(a *analysis.Arm) (all []table.Cell) {
	if v.judgedByLoss() {
		all = append(all, v.lossCell(a))
	}
	for _, s := range a.Scores {
		all = append(all, within(say(s.Right, natural(s.Right)).cell(), s.Within()))
	}
	return all
}

// within marks a figure that is not within its bound.
func within(c table.Cell, ok bool) table.Cell {
	if c.Tone != table.Quiet && !ok {
		c.Text += " ✗"
		c.Tone = table.Bad
	}
	return c
}

// costUnit is what arms are told apart by in cost: tokens of one system, or requests where there are several.
func (v *view) costUnit() string {
	if v.Systems != nil {
		return "per thousand requests"
	}
	return "per million tokens"
}

func (v *view) costOf(a *analysis.Arm) analysis.Value {
	if v.Systems != nil {
		return a.Cost.PerThousandRequests
	}
	return a.Cost.PerMillion
}

func (v *view) drawsUnit() string {
	if v.Front.Draws == 0 {
		return "share of draws"
	}
	return fmt.Sprintf("of %d draws", v.Front.Draws)
}

func (v *view) lossCell(a *analysis.Arm) table.Cell {
	c := say(a.QualityLoss, lossUnit).cell()
	if id := a.Arm.QualityID; id != "" && id == v.Run.Quality.ReferenceID {
		c.Sub = strings.TrimSuffix("reference, "+c.Sub, ", ")
	}
	return within(c, a.LossWithin)
}

func (v *view) choiceCell(a *analysis.Arm) table.Cell {
	switch a.Arm.ID {
	case v.Choice.Arm:
		return table.Cell{Text: v.standing(), Tone: table.Strong}
	case v.Choice.RunnerUp:
		return table.Text("runner-up")
	}
	return table.Cell{}
}

// excludedTable gives each arm that was not chosen its reason.
func (v *view) excludedTable() table.Table {
	t := table.Table{
		Caption: "Why the other arms are not recommended",
		Columns: []table.Column{{Title: "arm"}, {Title: "reason", Prose: true}},
	}
	for _, a := range v.Arms {
		if a.Excluded != "" && a.Arm.ID != v.Choice.Arm {
			t.Rows = append(t.Rows, table.Row{Cells: []table.Cell{table.Text(v.arm(a.Arm.ID)), table.Text(a.Excluded)}})
		}
	}
	return t
}

// settings are the names of those that differ between arms, in the order of the
// axes and then of the arms, and those that do not.
func (v *view) settings() (varied []string, constant Terms) {
	for _, a := range v.Run.Axes {
		varied = append(varied, a.Name)
	}
	engines := v.engines()
	first := engines[0].Arm.Settings
	for _, s := range first {
		if slices.Contains(varied, s.Name) {
			continue
		}
		differs := slices.ContainsFunc(engines, func(a analysis.Arm) bool { return setting(a.Arm, s.Name) != s.Value })
		if differs {
			varied = append(varied, s.Name)
		} else {
			constant = append(constant, Term{s.Name, s.Value})
		}
	}
	return varied, constant
}

func setting(a record.Arm, name string) string {
	for _, list := range [][]record.Setting{a.Settings, a.Swept} {
		for _, s := range list {
			if s.Name == name {
				return s.Value
			}
		}
	}
	return ""
}

func (v *view) settingsTable(names []string) table.Table {
	t := table.Table{Caption: "Settings that differ", Columns: []table.Column{{Title: "arm"}}}
	for _, n := range names {
		t.Columns = append(t.Columns, table.Column{Title: n})
	}
	for _, a := range v.engines() {
		row := table.Row{Marked: a.Arm.ID == v.Choice.Arm, Cells: []table.Cell{table.Text(v.arm(a.Arm.ID))}}
		for _, n := range names {
			row.Cells = append(row.Cells, table.Text(setting(a.Arm, n)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (v *view) qualityTable() Section {
	s := Section{ID: "quality", Title: "Quality", Detail: true}
	q := v.Run.Quality
	t := table.Table{
		Caption: "Quality of each distinct combination of weights and cache format",
		Columns: []table.Column{{Title: "arms"}, right("perplexity", ""), right("quality loss", "perplexity"), right("KL divergence", "nats per token"), right("same top token", ""), right("needles found", ""), right("sampled text", "perplexity"), {Title: "bound"}},
	}
	if q.SampledAnswers == 0 {
		t.Columns = slices.Delete(t.Columns, 6, 7)
	}
	if q.NeedleItems == 0 {
		t.Columns = slices.Delete(t.Columns, 5, 6)
	}
	var ids []string
	for _, a := range v.Arms {
		if a.Arm.QualityID != "" {
			ids = append(ids, a.Arm.QualityID)
		}
	}
	for _, id := range distinct(ids) {
		t.Rows = append(t.Rows, v.qualityRow(id))
	}
	if len(t.Rows) == 0 {
		return s
	}
	s.Blocks = []Block{Table{Table: t}}
	s.Blocks = append(s.Blocks, Note(fmt.Sprintf(
		"Reference: %s. Text: %s, %d windows of %d tokens, protocol %q. The loss is the paired difference of negative log-likelihood per token, "+
			"printed as the relative rise of perplexity; the bound of %s %% is held against the interval's upper end.",
		orUnknown(q.Reference), orUnknown(q.Text), q.Windows, q.Length, q.Protocol, trim(100*q.Bound))))
	if q.NeedleItems > 0 {
		s.Blocks = append(s.Blocks, Note(fmt.Sprintf(
			"Needles: a definition hidden in Go code, at %d depths of contexts of %s tokens, %d of each, whose value is asked for below; one of four is right, so that chance finds 25 %%. "+
				"The bound is not held against them.", 5, join(q.NeedleLengths), q.NeedleItems)))
	}
	if q.SampledAnswers > 0 {
		s.Blocks = append(s.Blocks, Note(v.sampledNote()))
	}
	return s
}

func (v *view) qualityRow(id string) table.Row {
	var numbers []string
	var first *analysis.Arm
	marked := false
	for i := range v.Arms {
		a := &v.Arms[i]
		if a.Arm.QualityID != id {
			continue
		}
		if first == nil {
			first = a
		}
		numbers = append(numbers, fmt.Sprint(v.number[a.Arm.ID]))
		marked = marked || a.Arm.ID == v.Choice.Arm
	}
	verdict := table.Cell{Text: "✓ within", Tone: table.Good}
	if !first.LossWithin {
		verdict = table.Cell{Text: "✗ not within", Tone: table.Bad}
	}
	if id == v.Run.Quality.ReferenceID {
		verdict = table.Text("reference")
	}
	row := table.Row{Marked: marked, Cells: []table.Cell{
		table.Text(strings.Join(numbers, ", ")), say(first.Perplexity, scaled(1, "")).cell(), say(first.QualityLoss, lossUnit).cell(),
		say(first.KL, scaled(1, "")).cell(), cell(first.SameTop),
	}}
	if v.Run.Quality.NeedleItems > 0 {
		row.Cells = append(row.Cells, cell(first.Needle))
	}
	if v.Run.Quality.SampledAnswers > 0 {
		row.Cells = append(row.Cells, sampledCell(first))
	}
	row.Cells = append(row.Cells, verdict)
	return row
}

func orUnknown(s string) string {
	if s == "" {
		return "not recorded"
	}
	return s
}
