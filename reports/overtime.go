package reports

import (
	"fmt"
	"strings"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/reports/chart"
	"github.com/assaylab/assay/reports/table"
)

// mostCourses are drawn; the words of the others are in the table.
const mostCourses = 6

// overTime says which cells had no steady state, which queues only grew, what was left out
// as warm-up, and where TTFT is of two kinds.
func (v *view) overTime() Section {
	s := Section{ID: "over-time", Title: "Steady or not: cells over time", Detail: true}
	var f chart.Course
	var trials []string
	t := table.Table{Caption: "Cells with something to say",
		Columns: []table.Column{{Title: "arm"}, {Title: "load"}, {Title: "what was found", Prose: true}}}
	for i := range v.Cells {
		c := &v.Cells[i]
		for _, words := range overTimeWords(&c.OverTime) {
			t.Rows = append(t.Rows, table.Row{Cells: []table.Cell{table.Text(v.arm(c.Arm)), table.Text(v.load(c.Load)), table.Text(words)}})
		}
		if course := c.OverTime.Course; course != nil && len(f.Panels) < mostCourses {
			f.Panels, trials = append(f.Panels, v.coursePanel(course)), append(trials, course.Trial.ID)
		}
	}
	if len(t.Rows) == 0 {
		return s
	}
	s.Blocks = []Block{Paragraph("A cell whose TPOT drifts, jumps or never settles is invalid: its figures are of no one thing. One whose queue only grows is measured well, and missed: " +
		"the longer it went on, the worse its figures would be, whatever the limits say so far."), Table{Table: t}}
	if len(f.Panels) > 0 {
		s.Blocks = append(s.Blocks, Figure{Figure: f, Trials: trials, Caption: courseCaption(len(f.Panels), v.courses())})
	}
	return s
}

func (v *view) courses() (n int) {
	for i := range v.Cells {
		if v.Cells[i].OverTime.Course != nil {
			n++
		}
	}
	return n
}

var courseNames = map[string]string{"ttft": "time to first token (TTFT)", "tpot": "time per output token (TPOT)"}

func courseCaption(drawn, all int) string {
	s := "Of each cell, the trial that shows it best: its TPOT where that is what moves, else its TTFT. Requests stand where they were due; with more than 400 of them, evenly spaced ones are drawn."
	if drawn < all {
		s += fmt.Sprintf(" %s are not drawn.", plural(all-drawn, "further cell"))
	}
	return s
}

func (v *view) coursePanel(c *analysis.Course) chart.CoursePanel {
	p := chart.CoursePanel{Title: v.arm(c.Trial.Arm) + " at " + v.load(c.Trial.Load), Of: courseNames[c.Metric], Window: float64(c.Window),
		WarmUp: float64(c.WarmUp), Trimmed: c.Trimmed, Jump: float64(c.Jump)}
	if c.Stopped {
		p.Title += ", stopped"
	}
	for _, r := range c.Requests {
		p.Requests = append(p.Requests, chart.CoursePoint{At: float64(r.At), Latency: r.Latency, InFlight: r.InFlight})
	}
	return p
}

// overTimeWords are sentences about a cell; none where all is as it should be.
func overTimeWords(o *analysis.OverTime) (all []string) {
	for _, reason := range append(append([]string(nil), o.OverSaturated...), o.Unsteady...) {
		all = append(all, capital(reason)+".")
	}
	if o.Unsent > 0 {
		all = append(all, fmt.Sprintf("%s not sent, because that was known by then. Percentiles are those of what was sent, and lower than all would have had.", wereOf(o.Unsent)))
	}
	if o.Trimmed > 0 {
		all = append(all, trimmedWords(o))
	}
	if o.Mixture != "" {
		all = append(all, o.Mixture)
	}
	return all
}

// leftOut says of a cell's requests how many more the load has.
func leftOut(o *analysis.OverTime) (s string) {
	if o.Unsent > 0 {
		s += fmt.Sprintf(", %d not sent", o.Unsent)
	}
	if o.Trimmed > 0 {
		s += fmt.Sprintf(", %d left out", o.Trimmed)
	}
	return s
}

func wereOf(n int) string {
	if n == 1 {
		return "1 request was"
	}
	return fmt.Sprintf("%d requests were", n)
}

func trimmedWords(o *analysis.OverTime) string {
	s := fmt.Sprintf("%s left out as warm-up, of another level than the rest by test", wereOf(o.Trimmed))
	if o.TrimmedMisses > 0 {
		s += fmt.Sprintf("; %d of them broke a limit", o.TrimmedMisses)
	}
	if o.TrimmedKept > 0 {
		s += fmt.Sprintf("; %s at that time not left out", plural(o.TrimmedKept, "failure"))
	}
	return s + "."
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
