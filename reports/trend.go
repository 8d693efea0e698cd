package reports

import (
	"fmt"
	"math"

	"github.com/assaylab/assay/analysis/compare"
	"github.com/assaylab/assay/analysis/trend"
	"github.com/assaylab/assay/reports/chart"
	"github.com/assaylab/assay/reports/table"
)

// TrendOptions are facts about the page that are not in the histories.
type TrendOptions struct {
	Store    string // printed
	HTMLFile string // the name of the page with figures, for the Markdown to refer to; "" for none
}

// Trend words histories as a page: what changed first, then a figure for every metric.
func Trend(all []trend.History, o TrendOptions) Page {
	p := Page{Title: "Trend", Subtitle: fmt.Sprintf("%s of %s", histories(len(all)), o.Store)}
	if len(all) == 1 {
		p.Title, p.Subtitle = all[0].Run.Name+": trend", historyWords(&all[0])+" · "+o.Store
	}
	for i := range all {
		h := &all[i]
		title := "What changed"
		if len(all) > 1 {
			title = fmt.Sprintf("%s on %s", h.Run.Name, h.Run.Host.CPU)
		}
		p.Sections = append(p.Sections, Section{ID: fmt.Sprintf("changes-%d", i+1), Title: title, Blocks: changeBlocks(h, len(all) > 1)},
			Section{ID: fmt.Sprintf("series-%d", i+1), Title: "Series of " + h.Run.Name, Detail: true, Blocks: seriesBlocks(h, i)})
	}
	p.Sections = append(p.Sections, Section{ID: "method", Title: "Method", Detail: true, Blocks: []Block{Paragraph(trendMethod)}})
	if o.HTMLFile != "" {
		p.Rest = "Figures of every series are in " + o.HTMLFile + "."
	}
	return p
}

const trendMethod = "A point is a run: the geometric mean over its repetitions, with the 95 % interval of Student's t over them where there are three or more. " +
	"A change is where the ranks of the runs before and after differ most (Pettitt's statistic, standardised), judged by permutations; what is left and right of it is " +
	"searched likewise, with at least three runs on each side. The probability of any change in all series of a history together, where runs differ by chance alone, is at most " +
	"the level given (Bonferroni). That holds for runs that are independent: a machine whose speed drifts over days changes, too, and so does its trend."

func historyWords(h *trend.History) string {
	words := plural(len(h.Runs), "run")
	if n := len(h.Runs); n > 1 {
		words += fmt.Sprintf(" from %s to %s", day(h.Runs[0].Created), day(h.Runs[n-1].Created))
	}
	return words + " on " + h.Run.Host.CPU
}

// day is the date of a time in RFC 3339.
func day(created string) string { return created[:min(10, len(created))] }

func changeBlocks(h *trend.History, several bool) []Block {
	t := table.Table{Caption: "Changes in " + h.Run.Name, Columns: []table.Column{{Title: "from run"}, {Title: "metric"}, {Title: "arm"}, {Title: "load"},
		{Title: "before", Align: table.Right}, {Title: "after", Align: table.Right}, {Title: "change", Align: table.Right}, {Title: "p", Align: table.Right}}}
	for _, s := range h.Series {
		for _, c := range s.Changes {
			t.Rows = append(t.Rows, changeRow(&s, &c))
		}
	}
	var blocks []Block
	if several {
		blocks = append(blocks, Paragraph(historyWords(h)+"."))
	}
	if len(t.Rows) == 0 {
		return append(blocks, Paragraph(fmt.Sprintf("In %d series of %s nothing changed that can be told from chance (at most %g for any false alarm).",
			len(h.Series), plural(len(h.Runs), "run"), h.Alpha)))
	}
	return append(blocks, Table{Table: t}, Note(fmt.Sprintf("p is of one series; the page allows %g for all %d together.", h.Alpha, len(h.Series))))
}

func changeRow(s *trend.Series, c *trend.Change) table.Row {
	at := s.Points[c.At]
	from := table.Text(at.Label)
	from.Sub = day(at.Created)
	if at.Build != "" {
		from.Sub += ", " + at.Build
	}
	change := table.Cell{Text: Percent(c.After / c.Before), Tone: table.Good}
	if c.Worse {
		change.Tone = table.Bad
	}
	number := func(x float64) table.Cell { return table.Text(measuredNumber(x, s.Metric.Unit)) }
	return table.Row{Cells: []table.Cell{from, table.Text(s.Metric.String()), table.Text(s.Arm), table.Text(s.Load), number(c.Before), number(c.After), change, table.Text(probability(c.P))}}
}

// seriesBlocks are a figure for each metric, with a panel for each arm and load.
func seriesBlocks(h *trend.History, index int) []Block {
	var order []compare.Metric
	figures := map[compare.Metric]*chart.Trend{}
	for i := range h.Series {
		s := &h.Series[i]
		if figures[s.Metric] == nil {
			order = append(order, s.Metric)
			figures[s.Metric] = &chart.Trend{Name: fmt.Sprintf("trend-%d-%d", index+1, len(order)), Metric: s.Metric.String(), Unit: s.Metric.Unit}
		}
		figures[s.Metric].Panels = append(figures[s.Metric].Panels, trendPanel(s))
	}
	var blocks []Block
	for _, m := range order {
		blocks = append(blocks, Heading(m.String()), Figure{Figure: *figures[m], Caption: trendCaption(m)})
	}
	return blocks
}

func trendCaption(m compare.Metric) string {
	better := "Lower is better."
	if m.HigherBetter {
		better = "Higher is better."
	}
	return better + " Each point is a run, in their order; a level line is the mean of the runs between two changes, and a vertical line the first run after a change."
}

func trendPanel(s *trend.Series) chart.TrendPanel {
	p := chart.TrendPanel{Title: s.Arm + " at " + s.Load}
	values := make([]float64, len(s.Points))
	for i, pt := range s.Points {
		values[i] = pt.Value
		p.Points = append(p.Points, chart.TrendPoint{Day: day(pt.Created), Value: chart.Estimate{Value: pt.Value, Low: pt.Low, High: pt.High}})
	}
	from := 0
	for _, c := range append(s.Changes, trend.Change{Changepoint: trend.Changepoint{At: len(values)}}) {
		l := chart.TrendLevel{From: from, To: c.At, Mean: trend.Mean(values[from:c.At])}
		if n := len(p.Levels); n > 0 {
			before := p.Levels[n-1].Mean
			l.Change, l.Worse = Percent(l.Mean/before), (l.Mean > before) != s.Metric.HigherBetter
		}
		if !math.IsNaN(l.Mean) {
			p.Levels = append(p.Levels, l)
		}
		from = c.At
	}
	return p
}

func histories(n int) string {
	if n == 1 {
		return "1 history"
	}
	return fmt.Sprintf("%d histories", n)
}
