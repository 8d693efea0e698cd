package reports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/price"
	"github.com/assaylab/assay/reports/chart"
	"github.com/assaylab/assay/reports/table"
)

// systemsFigure is the trade-off of a run of several systems.
func (v *view) systemsFigure() Section {
	s := Section{ID: "tradeoff", Title: "Quality, latency and cost"}
	metric, of := v.frontAxis()
	f := chart.Systems{
		Latency: "p95 " + metricName(metric) + " at " + v.load(v.Front.Load), Limit: v.frontLimit(metric, p95),
		Quality: "Quality loss, % of perplexity against the reference", Bound: 100 * v.Run.Quality.Bound,
		Cost: "Cost per thousand requests, " + currency(v.Run.Cost.Currency),
	}
	if v.Exam != nil {
		f.Quality, f.Share, f.Bound = "Right answers, % of the items: "+kinds[v.Exam.Kind], true, 100*v.Exam.Least(v.Run.Tasks)
	}
	for i := range v.Systems.All {
		f.Groups = append(f.Groups, v.systemGroup(&v.Systems.All[i]))
	}
	var reasons []string
	missing := map[string][]string{} // arms by reason
	for i := range v.Arms {
		if a, why := v.systemArm(&v.Arms[i], of(&v.Arms[i])); why != "" {
			if missing[why] == nil {
				reasons = append(reasons, why)
			}
			missing[why] = append(missing[why], v.Arms[i].Arm.ID)
		} else {
			f.Arms = append(f.Arms, a)
		}
	}
	if len(f.Arms) > 0 {
		s.Blocks = append(s.Blocks, Figure{Figure: f, Caption: v.systemsCaption(f, v.notDrawn(reasons, missing)), Trials: v.trialsAt(v.Front.Load)})
	}
	s.Blocks = append(s.Blocks, Table{Table: v.systemsTable()}, Note(fmt.Sprintf("Latency and throughput are measured, of all systems by one instrument. A price of an hour is turned into one of requests by what was measured, a price of a token by the tokens that the requests took. "+
		"A price is stale when it was more than %d days old as the run began, or had ended.", price.StaleAfter)))
	return s
}

// drawnQuality is where an arm is on the axis of quality.
func (v *view) drawnQuality(a *analysis.Arm) (chart.Estimate, bool) {
	if v.Exam == nil {
		return estimate(a.QualityLoss, lossUnit.of)
	}
	if r := v.Exam.Of(a.Arm.ID); r != nil {
		return estimate(r.Value, scaled(100, "").of)
	}
	return chart.Estimate{}, false
}

var systemShapes = map[analysis.SystemKind]chart.Shape{analysis.Engine: chart.Round, analysis.Started: chart.Square, analysis.There: chart.Triangle, analysis.Managed: chart.Diamond}

// systemGroup is a system in the legend: with its arms, where it runs and what it is priced by.
func (v *view) systemGroup(s *analysis.System) chart.SystemGroup {
	name := fmt.Sprintf("%s (%s): %s, %s", v.systemTitle(s), v.numbers(s.Arms), v.where(s), pricedBy(s.Price))
	return chart.SystemGroup{Name: name, Shape: systemShapes[s.Kind], Listed: s.Price.API != nil}
}

func (v *view) systemTitle(s *analysis.System) string {
	switch s.Kind {
	case analysis.Engine:
		return s.Title
	case analysis.Started:
		title := strings.TrimSpace(s.Title + " " + s.Version)
		if v.sameTitles(s.Title) > 1 {
			return s.Name + ", " + title
		}
		return title
	}
	return s.Name
}

// sameTitles is how many systems of the run are one product, such as two targets of Triton's.
func (v *view) sameTitles(title string) (n int) {
	for i := range v.Systems.All {
		if v.Systems.All[i].Title == title {
			n++
		}
	}
	return n
}

// where is the hardware in a few words.
func (v *view) where(s *analysis.System) string {
	switch {
	case s.Kind == analysis.Engine, s.Kind == analysis.Started:
		return "this machine"
	case s.Kind == analysis.Managed:
		return "the provider's machines"
	case s.Hardware == "":
		return "a machine not declared"
	}
	return s.Hardware
}

func pricedBy(p analysis.Price) string {
	stale := ""
	if p.Doubt != "" {
		stale = ", stale"
	}
	switch {
	case p.Unknown != "":
		return "no price"
	case p.API != nil:
		return "list price of " + p.API.Date.String() + stale
	case p.Row != nil:
		return p.PerHour.Exact() + " an hour, of " + p.Row.Date.String() + stale
	}
	return p.PerHour.Exact() + " an hour"
}

// numbers of arms, runs of them joined: "1-3, 7".
func (v *view) numbers(arms []string) string {
	var n []int
	for _, id := range arms {
		n = append(n, v.number[id])
	}
	slices.Sort(n)
	var parts []string
	for i := 0; i < len(n); {
		k := i
		for k+1 < len(n) && n[k+1] == n[k]+1 {
			k++
		}
		switch {
		case k == i:
			parts = append(parts, fmt.Sprint(n[i]))
		default:
			parts = append(parts, fmt.Sprintf("%d-%d", n[i], n[k]))
		}
		i = k + 1
	}
	return strings.Join(parts, ", ")
}

// systemArm is an arm in the figure, or why it is not in it.
func (v *view) systemArm(a *analysis.Arm, latency analysis.Value) (p chart.SystemArm, why string) {
	p = chart.SystemArm{Number: v.number[a.Arm.ID], Name: a.Arm.Name, Group: slices.IndexFunc(v.Systems.All, func(s analysis.System) bool { return slices.Contains(s.Arms, a.Arm.ID) })}
	l, ok := estimate(latency, same)
	switch w := say(latency, natural(latency)); {
	case !ok:
		return p, "p95 " + w.Number
	case latency.Note == beyond:
		return p, "p95 beyond the slowest success"
	}
	p.Latency = l
	if quality, ok := v.drawnQuality(a); ok {
		p.Quality = &quality
	}
	each := a.Cost.PerThousandRequests
	if cost, ok := estimate(each, same); ok && cost.Value > 0 {
		p.Cost, p.CostText = &cost, say(each, v.money).Number
	}
	if p.Quality == nil && p.Cost == nil {
		return p, "neither quality nor cost is known"
	}
	switch {
	case a.Arm.ID == v.Choice.Arm:
		p.Standing = chart.Recommended
	case a.OnFront:
		p.Standing = chart.Front
	}
	return p, ""
}

// notDrawn words which arms are not in a figure: one by its name, several by their numbers.
func (v *view) notDrawn(reasons []string, arms map[string][]string) (words []string) {
	for _, why := range reasons {
		who := v.numbers(arms[why])
		if len(arms[why]) == 1 {
			who = v.arm(arms[why][0])
		}
		words = append(words, fmt.Sprintf("%s (%s)", who, why))
	}
	return words
}

func (v *view) systemsCaption(f chart.Systems, missing []string) string {
	s := "Lower left is better. "
	if f.Share {
		s = "Upper left is better above, lower left below. "
	}
	s += "Each point is an arm, numbered as in the tables, with its intervals; all were asked the same requests. " +
		"Latency is measured. A full mark's cost follows from what its machine carries, at the planned utilisation, a hollow one's from a price list and the tokens that its own requests took."
	var noQuality, noCost []string
	for _, a := range f.Arms {
		if a.Quality == nil {
			noQuality = append(noQuality, fmt.Sprint(a.Number))
		}
		if a.Cost == nil {
			noCost = append(noCost, fmt.Sprint(a.Number))
		}
	}
	switch {
	case len(noQuality) == len(f.Arms):
		s += " Quality is not drawn: it was measured of none."
	case len(noQuality) > 0:
		s += " Quality not measured, and so not above: " + strings.Join(noQuality, ", ") + "."
	}
	switch {
	case len(noCost) == len(f.Arms):
		s += " Cost is not drawn: it is known of none."
	case len(noCost) > 0:
		s += " No cost, and so not below: " + strings.Join(noCost, ", ") + "."
	}
	if len(missing) > 0 {
		s += " In neither: " + strings.Join(missing, "; ") + "."
	}
	return s
}

// systemsTable says of every system what is known of it, and how.
func (v *view) systemsTable() table.Table {
	t := table.Table{Caption: "The systems", Columns: []table.Column{{Title: "system"}, {Title: "arms"}, {Title: "version"}, {Title: "runs on", Prose: true},
		{Title: "latency, throughput"}, {Title: "quality"}, {Title: "price", Prose: true}}}
	for i := range v.Systems.All {
		s := &v.Systems.All[i]
		t.Rows = append(t.Rows, table.Row{Marked: slices.Contains(s.Arms, v.Choice.Arm), Cells: []table.Cell{
			table.Text(v.systemName(s)), table.Text(v.numbers(s.Arms)), notFound(s.Version), v.whereCell(s), {Text: "measured", Sub: v.measuredBy(s)}, v.qualityOf(s), v.priceCell(s)}})
	}
	return t
}

func (v *view) systemName(s *analysis.System) string {
	switch s.Kind {
	case analysis.Engine:
		return s.Title
	case analysis.Managed:
		return s.Name + " (managed API)"
	}
	return s.Name + " (" + s.Title + ")"
}

func notFound(version string) table.Cell {
	if version == "" {
		return table.Cell{Text: "not told", Tone: table.Quiet}
	}
	return table.Text(version)
}

func (v *view) whereCell(s *analysis.System) table.Cell {
	c := table.Text(v.where(s))
	switch {
	case s.Kind == analysis.Engine, s.Kind == analysis.Started:
		c.Sub = v.Run.Host.CPU
	case s.Hardware != "":
		c.Sub = "as declared"
	}
	if s.Region != "" {
		c.Sub = strings.TrimPrefix(c.Sub+", region "+s.Region+" as declared", ", ")
	}
	return c
}

func (v *view) measuredBy(s *analysis.System) string {
	if s.Kind == analysis.Engine || s.Kind == analysis.Started {
		return "here"
	}
	return "over the network"
}

func (v *view) qualityOf(s *analysis.System) table.Cell {
	known, asked := 0, 0
	for _, id := range s.Arms {
		if a := v.arms[id]; a != nil && !say(a.QualityLoss, lossUnit).Missing {
			known++
		}
		if v.Exam.Of(id) != nil {
			asked++
		}
	}
	switch {
	case v.Exam != nil && asked > 0:
		return measuredOf("right answers", asked, len(s.Arms))
	case known > 0:
		return measuredOf("loss of perplexity", known, len(s.Arms))
	}
	return table.Cell{Text: notMeasured, Tone: table.Quiet}
}

// measuredOf says what of a system's arms is known.
func measuredOf(what string, n, arms int) table.Cell {
	if n == arms {
		return table.Text(what)
	}
	return table.Cell{Text: what, Sub: fmt.Sprintf("of %d of %d arms", n, arms)}
}

// priceCell is what a system costs by the hour or the million tokens, where that is from, and whether it is to be trusted.
func (v *view) priceCell(s *analysis.System) table.Cell {
	p := s.Price
	c := table.Cell{Text: "none", Sub: p.Unknown, Tone: table.Doubt}
	switch {
	case p.Unknown != "":
		return c
	case p.API != nil:
		c = table.Cell{Text: fmt.Sprintf("by the token: input %s, output %s", p.API.Input.Exact(), p.API.Output.Exact())}
		if p.API.CachedInput.Currency() != "" {
			c.Text += ", cached input " + p.API.CachedInput.Exact()
		}
		c.Text += " per million"
	default:
		c = table.Cell{Text: p.PerHour.Exact() + " an hour"}
	}
	if p.Row != nil {
		c.Sub = fmt.Sprintf("row %s of %s: %s", p.Row.Name, p.Row.Date, p.Row.Source)
	} else {
		c.Sub = p.Source
	}
	if p.Doubt != "" {
		c.Sub, c.Tone = c.Sub+"; stale: "+p.Doubt, table.Doubt
	}
	return c
}
