package reports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/reports/table"
)

// asStarted is how every arm that is not the included engine was had: its settings by their own names, what was found, and
// what was only declared.
func (v *view) asStarted() Section {
	s := Section{ID: "systems", Title: "How each system was run", Detail: true}
	if v.Systems == nil {
		return s
	}
	for i := range v.Systems.All {
		if x := &v.Systems.All[i]; x.Kind != analysis.Engine {
			s.Blocks = append(s.Blocks, Heading(v.systemName(x)), v.facts(x))
			if t := v.ownSettings(x); len(t.Rows) > 0 {
				s.Blocks = append(s.Blocks, Table{Table: t})
			}
			s.Blocks = append(s.Blocks, v.commands(x)...)
		}
	}
	if len(s.Blocks) > 0 {
		s.Blocks = append([]Block{Note("Settings have the system's own names. What is not given was left to the system, whatever its default is. What is declared was written in the scenario and not seen.")}, s.Blocks...)
	}
	return s
}

// facts are what the first arm of a system says of all of them.
func (v *view) facts(s *analysis.System) Terms {
	d := v.deployment(s.Arms[0])
	all := Terms{{"Version found", s.Version}, {"Model", d.Model}, {"Dialect", d.Dialect}, {"URL", d.URL}, {"Runs on", v.where(s)}, {"Region, declared", d.Region}}
	if s.Version == "" {
		all[0].Text = "not told"
	}
	return slices.DeleteFunc(all, func(t Term) bool { return t.Text == "" })
}

// deployment of an arm, an empty one where it has none.
func (v *view) deployment(arm string) record.Deployment {
	if a := v.arms[arm]; a != nil && a.Arm.Deployment != nil {
		return *a.Arm.Deployment
	}
	return record.Deployment{}
}

// ownSettings are the settings and the labels of a system's arms.
func (v *view) ownSettings(s *analysis.System) table.Table {
	t := table.Table{Caption: "Settings of " + s.Name, Columns: []table.Column{{Title: "arm"}}}
	var names, labels []string
	for _, id := range s.Arms {
		if a := v.arms[id]; a != nil {
			names = append(names, settingNames(a.Arm.Settings)...)
			labels = append(labels, settingNames(v.deployment(id).Labels)...)
		}
	}
	names, labels = distinct(names), distinct(labels)
	if len(names)+len(labels) == 0 {
		return t
	}
	for _, n := range names {
		t.Columns = append(t.Columns, table.Column{Title: n})
	}
	for _, n := range labels {
		t.Columns = append(t.Columns, table.Column{Title: n, Unit: "declared"})
	}
	for _, id := range s.Arms {
		row := table.Row{Marked: id == v.Choice.Arm, Cells: []table.Cell{table.Text(v.arm(id))}}
		for _, n := range names {
			row.Cells = append(row.Cells, settingCell(v.arms[id].Arm.Settings, n, "left to the system"))
		}
		for _, n := range labels {
			row.Cells = append(row.Cells, settingCell(v.deployment(id).Labels, n, "not declared"))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func settingNames(list []record.Setting) (names []string) {
	for _, s := range list {
		names = append(names, s.Name)
	}
	return names
}

func settingCell(list []record.Setting, name, without string) table.Cell {
	for _, s := range list {
		if s.Name == name {
			return table.Text(s.Value)
		}
	}
	return table.Cell{Text: without, Tone: table.Quiet}
}

// commands are those that started a system's arms.
func (v *view) commands(s *analysis.System) (blocks []Block) {
	var folded []Block
	for _, id := range s.Arms {
		if a := v.arms[id]; a != nil && a.Arm.Command != "" && s.Kind == analysis.Started {
			folded = append(folded, Code{Label: "Arm " + v.arm(id), Lang: "sh", Text: a.Arm.Command})
		}
	}
	if len(folded) > 0 {
		blocks = append(blocks, Fold{Summary: "Commands that start it", Blocks: folded})
	}
	return blocks
}

// incomparable lists what the run cannot compare, and why.
func (v *view) incomparable() Section {
	s := Section{ID: "incomparable", Title: "What could not be compared, and why"}
	if v.Systems == nil || len(v.Systems.Incomparable) == 0 {
		return s
	}
	t := table.Table{Caption: "Could not be compared, because", Columns: []table.Column{{Title: "what"}, {Title: "of arms"}, {Title: "why", Prose: true}}}
	for _, x := range v.Systems.Incomparable {
		t.Rows = append(t.Rows, table.Row{Cells: []table.Cell{table.Text(x.What), v.ofArms(x.Arms), table.Text(x.Why)}})
	}
	s.Blocks = []Block{Table{Table: t}}
	return s
}

// ofArms names one arm, and several by their numbers.
func (v *view) ofArms(arms []string) table.Cell {
	switch len(arms) {
	case 0:
		return table.Cell{}
	case 1:
		return table.Text(v.arm(arms[0]))
	case len(v.Arms):
		return table.Text("all")
	}
	return table.Text(v.numbers(arms))
}

// truths are what servers counted themselves.
func (v *view) truths() Section {
	s := Section{ID: "truth", Title: "What the servers counted", Detail: true}
	if v.Systems == nil || len(v.Systems.Truths) == 0 {
		return s
	}
	t := table.Table{Caption: "The servers' counters against what the client was told with the answers, summed over the trials of a cell",
		Columns: []table.Column{{Title: "arm"}, {Title: "load"}}}
	for _, c := range v.Systems.Truths[0].Counts {
		t.Columns = append(t.Columns, right(c.Name, "server, client"))
	}
	t.Columns = append(t.Columns, right("draft tokens accepted", ""), right("preemptions", "sequences put back"), table.Column{Title: "Little's law"})
	var trials, differs []string
	for _, x := range v.Systems.Truths {
		t.Rows = append(t.Rows, v.truthRow(x))
		trials = append(trials, x.Trials...)
		for _, d := range x.Differs {
			differs = append(differs, fmt.Sprintf("%s at %s: %s", v.arm(x.Arm), v.load(x.Load), d))
		}
	}
	s.Blocks = []Block{Table{Table: t, Trials: distinct(trials)}}
	if len(differs) > 0 {
		s.Blocks = append(s.Blocks, Alert{Title: "Counts that differ", Items: distinct(differs)})
	}
	if m := v.metricsTable(); len(m.Rows) > 0 {
		s.Blocks = append(s.Blocks, Table{Table: m}, Note("Figures as each system exports them, over the measured part of a trial, one for each repetition. They are by its own definitions."))
	}
	return s
}

func (v *view) truthRow(x analysis.Truth) table.Row {
	row := table.Row{Marked: x.Arm == v.Choice.Arm, Cells: []table.Cell{table.Text(v.arm(x.Arm)), table.Text(v.load(x.Load))}}
	for _, c := range x.Counts {
		row.Cells = append(row.Cells, countCell(c))
	}
	c := v.cells[[2]string{x.Arm, x.Load}]
	if c == nil {
		return row
	}
	occupancy := table.Cell{Text: "checked"}
	if !c.Tells("running_ns") {
		occupancy = notGiven
	}
	return table.Row{Marked: row.Marked, Cells: append(row.Cells, cell(c.AcceptanceRate), counterCell(c, "preemptions", c.Preempted), occupancy)}
}

var notGiven = table.Cell{Text: analysis.NotGiven, Tone: table.Quiet}

// counterCell is a counter, where the system gives it.
func counterCell(c *analysis.Cell, name string, n int64) table.Cell {
	if !c.Tells(name) {
		return notGiven
	}
	return count(n)
}

// countCell puts a server's count beside the client's.
func countCell(c analysis.Count) table.Cell {
	client := "the client was told none"
	if c.Heard {
		client = "client " + thousands(c.Client)
	}
	switch {
	case !c.Given:
		return table.Cell{Text: analysis.NotGiven, Sub: client, Tone: table.Quiet}
	case !c.Heard:
		return table.Cell{Text: thousands(c.Server), Sub: client}
	case c.Server == c.Client:
		return table.Cell{Text: thousands(c.Server), Sub: "✓ agrees"}
	}
	out := table.Cell{Text: thousands(c.Server), Sub: fmt.Sprintf("%s, differs by %s", client, share(float64(c.Server-c.Client)/float64(c.Client)))}
	if c.Agrees() {
		out.Sub = "✓ " + out.Sub
	} else {
		out.Tone = table.Doubt
	}
	return out
}

// thousands prints a count with commas.
func thousands(n int64) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// metricsTable has a column for each figure that some system gave.
func (v *view) metricsTable() table.Table {
	t := table.Table{Caption: "Further figures of the servers", Columns: []table.Column{{Title: "arm"}, {Title: "load"}}}
	var names []string
	for _, x := range v.Systems.Truths {
		for _, m := range x.Metrics {
			names = append(names, m.Name)
		}
	}
	names = distinct(names)
	for _, n := range names {
		t.Columns = append(t.Columns, right(n, ""))
	}
	for _, x := range v.Systems.Truths {
		if len(x.Metrics) == 0 {
			continue
		}
		row := table.Row{Marked: x.Arm == v.Choice.Arm, Cells: []table.Cell{table.Text(v.arm(x.Arm)), table.Text(v.load(x.Load))}}
		for _, n := range names {
			given := notGiven
			if i := slices.IndexFunc(x.Metrics, func(m analysis.Told) bool { return m.Name == n }); i >= 0 {
				given = table.Text(strings.Join(distinct(x.Metrics[i].Values), ", "))
			}
			row.Cells = append(row.Cells, given)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
