package reports

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/reports/chart"
	"github.com/assaylab/assay/reports/table"
)

// classes says how each class of a load fared and what each team took.
func (v *view) classes() Section {
	s := Section{ID: "classes", Title: "Classes and teams"}
	judged := false
	for _, l := range v.Run.Loads {
		cells := v.cellsAt(l.ID)
		if len(l.Classes) > 0 && len(cells) > 0 {
			judged = true
			s.Blocks = append(s.Blocks, Heading(v.load(l.ID)), v.classList(l),
				Table{Table: v.classLimits(l, cells)}, Table{Table: v.classTable(l, cells), Trials: v.trialsAt(l.ID)})
			s.Blocks = append(s.Blocks, v.classFigures(l)...)
		}
		if t := v.teamTable(l, cells); len(t.Rows) > 0 {
			s.Blocks = append(s.Blocks, Table{Table: t, Trials: v.trialsAt(l.ID)})
		}
	}
	if judged {
		s.Blocks = append(s.Blocks, Note("An arm meets the limits of a load when every class meets its own. Misses count failures; "+
			"verdicts are taken as those of the other limits are, on the requests of the class."))
	}
	return s
}

// classFigures are the distributions of each class beside its limits, for the metrics that any class has a limit on.
func (v *view) classFigures(l record.Load) (figures []Block) {
	arms, omitted := v.drawn()
	limits := v.Run.LimitsOf(l)
	for _, metric := range []string{"ttft", "e2e"} {
		if limitOn(metric, limits.All()) == (chart.Limit{}) {
			continue
		}
		f := chart.CDF{Name: "cdf-" + metric + "-" + l.ID, Metric: metricName(metric), Of: "classes", Series: v.series(arms)}
		for i, k := range l.Classes {
			p := chart.CDFPanel{Title: k.Name, Limit: limitOn(metric, limits.Of(k.Name))}
			if v.cdfCurves(&p, l, arms, func(c *analysis.Cell) []analysis.CDFPoint { return c.Classes[i].CDF[metric] }) {
				f.Panels = append(f.Panels, p)
			}
		}
		if len(f.Panels) > 0 {
			figures = append(figures, Figure{Figure: f, Caption: classCaption(omitted), Trials: v.trialsAt(l.ID)})
		}
	}
	return figures
}

func classCaption(omitted int) string {
	s := "A panel for each class, of its requests alone. Curves further left and steeper are better, and failures keep a curve below 100 %. " +
		"The dashed corner is the class's limit, its own or that of the run: a curve that passes above and left of it is within."
	if omitted > 0 {
		s += fmt.Sprintf(" %s of the front are left out to keep the figure readable.", plural(omitted, "further arm"))
	}
	return s
}

// classList says what each class asks.
func (v *view) classList(l record.Load) Terms {
	total := 0.0
	for _, k := range l.Classes {
		total += k.Weight
	}
	var list Terms
	for _, k := range l.Classes {
		parts := []string{fmt.Sprintf("%s of requests", share(k.Weight/total))}
		add := func(what, value string) {
			if value != "" {
				parts = append(parts, what+value)
			}
		}
		add("team ", k.Team)
		if k.Priority != 0 {
			add("priority ", fmt.Sprint(k.Priority))
		}
		add("prompt tokens ", k.PromptTokens)
		add("output tokens ", k.OutputTokens)
		add("rows of ", k.Corpus)
		add("shared prefix ", k.SharedPrefix)
		add("conversations of ", k.Conversation)
		add("limits of its own: ", strings.Join(limitsText(k.SLOs), ", "))
		list = append(list, Term{k.Name, strings.Join(parts, "; ") + "."})
	}
	return list
}

// classRows has a row for each class of each cell, begun by the names of both.
func (v *view) classRows(cells []*analysis.Cell, of func(k *analysis.ClassResult) []table.Cell) (rows []table.Row) {
	for _, c := range cells {
		name := table.Text(v.arm(c.Arm))
		if !c.Valid {
			name.Sub, name.Tone = "invalid", table.Bad
		}
		for i := range c.Classes {
			k := &c.Classes[i]
			row := table.Row{Marked: c.Arm == v.Choice.Arm, Cells: []table.Cell{name, {Text: k.Name, Sub: k.Team}}}
			row.Cells = append(row.Cells, of(k)...)
			rows = append(rows, row)
		}
	}
	return rows
}

// classLimits is the table of verdicts.
func (v *view) classLimits(l record.Load, cells []*analysis.Cell) table.Table {
	return table.Table{Caption: "Limits of every class at " + v.load(l.ID),
		Columns: []table.Column{{Title: "arm"}, {Title: "class"}, {Title: "all its limits"}, right("attainment", "share within all its limits"), {Title: "misses of issued requests", Prose: true}},
		Rows: v.classRows(cells, func(k *analysis.ClassResult) []table.Cell {
			if len(k.SLOs) == 0 {
				return []table.Cell{{Text: "none", Tone: table.Quiet}, cell(k.Attainment), {}}
			}
			return []table.Cell{{Text: verdictName(k.Verdict), Tone: verdictTone(k.Verdict)}, cell(k.Attainment), table.Text(missesText(k.SLOs))}
		})}
}

// missesText counts the misses of each limit.
func missesText(results []analysis.SLOResult) string {
	var parts []string
	for _, r := range results {
		part := fmt.Sprintf("%s %s: %d of %d", sloName(r.SLO), chart.Duration(float64(r.SLO.LimitNS)), r.Misses, r.N)
		if r.NeedMore > 0 {
			part += fmt.Sprintf(", needs %d more", r.NeedMore)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

// classPercentiles are those that the table of classes has.
var classPercentiles = []struct {
	metric string
	p      float64
}{{"ttft", 0.5}, {"ttft", p95}, {"tpot", p95}, {"e2e", p95}}

func (v *view) classTable(l record.Load, cells []*analysis.Cell) table.Table {
	t := table.Table{Caption: "Latency of every class at " + v.load(l.ID), Columns: []table.Column{{Title: "arm"}, {Title: "class"}, right("issued", "requests")}}
	for _, q := range classPercentiles {
		t.Columns = append(t.Columns, right(percentileName(q.p)+" "+metricName(q.metric), ""))
	}
	t.Rows = v.classRows(cells, func(k *analysis.ClassResult) []table.Cell {
		out := []table.Cell{issuedCell(k.Issued, k.OK, k.Outcomes)}
		for _, q := range classPercentiles {
			out = append(out, cell(percentile(&analysis.Cell{Metrics: k.Metrics}, q.metric, q.p)))
		}
		return out
	})
	return t
}

func issuedCell(issued, ok int, outcomes map[string]int) table.Cell {
	return outcomeMeasure().of(&analysis.Cell{Issued: issued, OK: ok, Outcomes: outcomes})
}

func (v *view) teamTable(l record.Load, cells []*analysis.Cell) table.Table {
	t := table.Table{Caption: "Teams at " + v.load(l.ID), Columns: []table.Column{{Title: "arm"}, {Title: "team"}, right("requests", ""), right("failed", ""),
		right("tokens in", "of answered requests"), right("of these cached", ""), right("tokens out", ""), {Title: "errors"}}}
	for _, c := range cells {
		for _, u := range c.Teams {
			t.Rows = append(t.Rows, table.Row{Marked: c.Arm == v.Choice.Arm, Cells: append([]table.Cell{table.Text(v.arm(c.Arm))}, teamCells(u)...)})
		}
	}
	return t
}

func teamCells(u analysis.TeamUse) []table.Cell {
	name := table.Text(u.Team)
	if u.Team == "" {
		name = table.Cell{Text: "no team", Tone: table.Quiet}
	}
	failed := count(int64(u.Requests - u.OK))
	if u.Requests > u.OK {
		failed.Tone = table.Bad
	}
	return []table.Cell{name, count(int64(u.Requests)), failed, count(u.PromptTokens), count(u.CachedTokens), count(u.OutputTokens), table.Text(errorsText(u.Outcomes))}
}

// errorsText lists outcomes but success.
func errorsText(outcomes map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(outcomes)) {
		if n := outcomes[name]; n > 0 && name != outcomeOK {
			parts = append(parts, fmt.Sprintf("%d %s", n, strings.ReplaceAll(name, "_", " ")))
		}
	}
	return strings.Join(parts, ", ")
}

// lengthsText says what makes answers end, where that was noted.
func lengthsText(l record.Load) string {
	switch {
	case l.Forced:
		return "; answers are forced to the length that is asked for (ignore_eos)"
	case l.Cache != "":
		return "; answers may end before the length that is asked for"
	}
	return ""
}

// contentText is what a load's requests ask beside their lengths.
func contentText(l record.Load) (s string) {
	if l.Corpus != "" {
		s += "; prompts are rows of " + l.Corpus
	}
	if l.Team != "" {
		s += "; team " + l.Team
	}
	if len(l.Classes) > 0 {
		var names []string
		for _, k := range l.Classes {
			names = append(names, k.Name)
		}
		s += "; classes " + strings.Join(names, ", ")
	}
	return s
}

// cacheText says what state the prefix caches were to be in, and what they were found to be in.
func cacheText(l record.Load, cells []*analysis.Cell) string {
	if l.Cache == "" || len(cells) == 0 {
		return ""
	}
	least, most, shareable, known := 1.0, 0.0, 0.0, false
	for _, c := range cells {
		if u := c.Cache; u.Known && u.Prompt > 0 {
			read := float64(u.Read) / float64(u.Prompt)
			least, most, known = min(least, read), max(most, read), true
			shareable = max(shareable, float64(u.Shareable)/float64(u.Prompt))
		}
	}
	state := map[string]string{"cold": "Prefix caches begin cold", "warm": "Prefix caches begin warm, filled by the warm-up"}[l.Cache]
	if state == "" && len(l.CachedShare) == 2 {
		state = fmt.Sprintf("Prefix caches are declared to serve %s to %s of prompt tokens", share(l.CachedShare[0]), share(l.CachedShare[1]))
	}
	if !known {
		return state + "; the server does not say what it read from one."
	}
	read := share(most)
	if share(least) != read {
		read = share(least) + " to " + read
	}
	return fmt.Sprintf("%s: what prompts have in common is at most %s of their tokens, and servers read %s from a cache.", state, share(shareable), read)
}

// ofClass names the class that a limit is of.
func ofClass(class string) string {
	if class == "" {
		return ""
	}
	return " of " + class
}

// classLine says how a class fared, for the terminal.
func classLine(k *analysis.ClassResult) string {
	name := k.Name
	if k.Team != "" {
		name += " of team " + k.Team
	}
	line := fmt.Sprintf("%s: %d of %d requests answered%s", name, k.OK, k.Issued, outcomes(k.Outcomes))
	if len(k.SLOs) == 0 {
		return line + "; no limits"
	}
	within := measuredCell(k.Attainment)
	if within.Sub != "" {
		within.Text += " (" + within.Sub + ")"
	}
	return fmt.Sprintf("%s; within all its limits %s; %s", line, within.Text, k.Verdict)
}

// ClassJSON is how a class fared. Times are nanoseconds; a number that is not there is left out.
type ClassJSON struct {
	Class      string                        `json:"class"`
	Team       string                        `json:"team,omitempty"`
	Issued     int                           `json:"issued"`
	OK         int                           `json:"ok"`
	Outcomes   map[string]int                `json:"outcomes"`
	Metrics    map[string]map[string]float64 `json:"metrics_ns"`           // as of all requests
	Verdict    string                        `json:"verdict,omitempty"`    // on all its limits; none where it has none
	Attainment map[string]float64            `json:"attainment,omitempty"` // "estimate", "low", "high": share of issued requests within all its limits
}

func classesJSON(classes []analysis.ClassResult) (out []ClassJSON) {
	for _, k := range classes {
		j := ClassJSON{Class: k.Name, Team: k.Team, Issued: k.Issued, OK: k.OK, Outcomes: k.Outcomes, Metrics: metricsJSON(k.Metrics)}
		if len(k.SLOs) > 0 {
			j.Verdict = string(k.Verdict)
		}
		if a := k.Attainment; len(k.SLOs) > 0 && a.Known() {
			j.Attainment = map[string]float64{"estimate": a.Estimate, "low": a.Low, "high": a.High}
		}
		out = append(out, j)
	}
	return out
}

// takenLines are what the cache served and what each team took, for the terminal.
func takenLines(c analysis.Cell) (lines []string) {
	if u := c.Cache; u.Known && u.Prompt > 0 {
		lines = append(lines, fmt.Sprintf("prefix cache: %s of prompt tokens read from it, at most %s are shared by the requests", share(float64(u.Read)/float64(u.Prompt)), share(float64(u.Shareable)/float64(u.Prompt))))
	}
	for _, u := range c.Teams {
		name := u.Team
		if name == "" {
			name = "none"
		}
		line := fmt.Sprintf("team %s: %s, %d tokens in, %d out", name, plural(u.Requests, "request"), u.PromptTokens, u.OutputTokens)
		if errs := errorsText(u.Outcomes); errs != "" {
			line += ", " + errs
		}
		lines = append(lines, line)
	}
	return lines
}

// TeamJSON is what a team's requests took.
type TeamJSON struct {
	Team         string         `json:"team"`
	Requests     int            `json:"requests"`
	OK           int            `json:"ok"`
	Outcomes     map[string]int `json:"outcomes"`
	PromptTokens int64          `json:"prompt_tokens"` // of answered requests
	CachedTokens int64          `json:"cached_tokens"` // of these
	OutputTokens int64          `json:"output_tokens"`
}

func teamsJSON(c analysis.Cell) (out []TeamJSON) {
	for _, u := range c.Teams {
		out = append(out, TeamJSON{u.Team, u.Requests, u.OK, u.Outcomes, u.PromptTokens, u.CachedTokens, u.OutputTokens})
	}
	return out
}
