package reports

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"

	"github.com/assaylab/assay/analysis/gate"
	"github.com/assaylab/assay/reports/table"
)

// Gate prints the checks of a gate, and its verdict.
func Gate(w io.Writer, r *gate.Result, markdown bool) error {
	p := &printer{}
	for _, warning := range r.Warnings {
		p.f("warning: %s\n", warning)
	}
	if len(r.Warnings) > 0 {
		p.f("\n")
	}
	t := gateTable(r)
	if markdown {
		p.f("### Gate of %s: %s\n\n", md(r.Run.Name), r.Verdict)
		p.fail(t.Markdown(p))
	} else {
		p.fail(t.Text(p))
	}
	p.f("\n%s\n", gateSummary(r))
	return p.to(w)
}

func gateSummary(r *gate.Result) string {
	n := map[gate.Verdict]int{}
	for _, c := range r.Checks {
		n[c.Verdict]++
	}
	return fmt.Sprintf("gate: %s. %s: %d pass, %d fail, %d undecided.", r.Verdict, plural(len(r.Checks), "check"), n[gate.Pass], n[gate.Fail], n[gate.Undecided])
}

func gateTable(r *gate.Result) table.Table {
	t := table.Table{Caption: "Checks of " + r.Run.Name, Columns: []table.Column{{Title: "verdict"}, {Title: "metric"}, {Title: "arm"}, {Title: "load"},
		{Title: "measured", Align: table.Right}, {Title: "budget", Align: table.Right}, {Title: "why", Prose: true}}}
	for _, c := range r.Checks {
		tone := map[gate.Verdict]table.Tone{gate.Pass: table.Good, gate.Fail: table.Bad, gate.Undecided: table.Doubt}[c.Verdict]
		t.Rows = append(t.Rows, table.Row{Cells: []table.Cell{{Text: string(c.Verdict), Tone: tone}, table.Text(c.Budget.Metric.String()), table.Text(c.Arm), table.Text(c.Load),
			checkEstimate(c), table.Text(checkThreshold(c)), table.Text(checkReason(c))}})
	}
	return t
}

// checkEstimate is what was measured, with its interval.
func checkEstimate(c gate.Check) table.Cell {
	number := func(x float64) string { return measuredNumber(x, c.Budget.Metric.Unit) }
	if c.Relative {
		number = Percent
	}
	cell := table.Text(number(c.Estimate))
	if c.Low < c.High && !math.IsNaN(c.Estimate) && !(c.Low == 0 && math.IsInf(c.High, 1)) {
		cell.Sub = fmt.Sprintf("%s to %s", number(c.Low), number(c.High))
	}
	return cell
}

func checkThreshold(c gate.Check) string {
	bound := "at most "
	if c.Budget.Metric.HigherBetter {
		bound = "at least "
	}
	if c.Relative {
		return bound + Percent(c.Threshold)
	}
	return bound + measuredNumber(c.Threshold, c.Budget.Metric.Unit)
}

func checkReason(c gate.Check) string {
	if c.NeedMore == 0 {
		return c.Reason
	}
	return fmt.Sprintf("%s; about %d more %s like these would decide", c.Reason, c.NeedMore, c.Of)
}

// JUnit's elements, as CI systems read them.
type (
	junitSuites struct {
		XMLName xml.Name   `xml:"testsuites"`
		Suites  junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Failure *junitMessage `xml:"failure"`
		Skipped *junitMessage `xml:"skipped"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes the checks of a gate as tests: what is undecided is skipped, with the reason.
func JUnit(w io.Writer, r *gate.Result) error {
	suite := junitSuite{Name: "assay gate: " + r.Run.Name, Tests: len(r.Checks)}
	for _, c := range r.Checks {
		text := fmt.Sprintf("measured %s, budget %s: %s", measuredWords(c), checkThreshold(c), checkReason(c))
		test := junitCase{Class: c.Arm, Name: caseName(c)}
		switch c.Verdict {
		case gate.Fail:
			suite.Failures++
			test.Failure = &junitMessage{"budget broken", text}
		case gate.Undecided:
			suite.Skipped++
			test.Skipped = &junitMessage{"undecided", text}
		case gate.Pass:
			test.Out = text
		}
		suite.Cases = append(suite.Cases, test)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", " ")
	if err := e.Encode(junitSuites{Suites: suite}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func measuredWords(c gate.Check) string {
	cell := checkEstimate(c)
	if cell.Sub == "" {
		return cell.Text
	}
	return cell.Text + " (" + cell.Sub + ")"
}

func caseName(c gate.Check) string {
	name := c.Budget.Metric.String()
	if c.Relative {
		name = "change of " + name
	}
	if c.Load != "" && c.Budget.Metric.Name != gate.Perplexity {
		name += " at " + c.Load
	}
	return name
}
