package reports

import (
	"fmt"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/reports/chart"
)

// figures are those of a section, in its order.
func figures(s Section) (out []Figure) {
	for _, b := range s.Blocks {
		if f, ok := b.(Figure); ok {
			out = append(out, f)
		}
	}
	return out
}

// The figures hold what the study does, and the words stand in both forms of the page.
func TestSpeculation(t *testing.T) {
	s := analysed(t, recordtest.Speculation())
	v := newView(s)
	section := v.speculation()
	all := figures(section)
	if len(all) != 3 {
		t.Fatalf("%d figures", len(all))
	}
	up, at, cast := all[0].Figure.(chart.Speedup), all[1].Figure.(chart.Positions), all[2].Figure.(chart.Forecast)
	if len(up.Panels) != 1 || len(up.Series) != 6 || up.Than != "1 none" || len(up.Panels[0].Lines[5]) != 3 || len(cast.Panels[0].Points) != 18 || len(cast.Loads) != 3 {
		t.Errorf("%+v\n%+v", up, cast)
	}
	levels := s.Speculation.Main("").Levels
	for i := range levels {
		for k, c := range levels[i].Arms {
			if pt := up.Panels[0].Lines[k][i]; pt.Load != levels[i].Rate || pt.Gain != (chart.Estimate{Value: c.Speedup.Estimate, Low: c.Speedup.Low, High: c.Speedup.High}) {
				t.Errorf("%s at %s: %+v", c.Arm, levels[i].Load, pt)
			}
		}
	}
	if n := len(at.Panels[0].Lines[5]); n != 6 {
		t.Errorf("%d positions of six", n)
	}
	if len(all[0].Trials) != 21 {
		t.Errorf("trials %v", all[0].Trials)
	}
	for _, want := range []string{"errs by", "18 points", "Leviathan"} {
		if !strings.Contains(all[2].Caption, want) {
			t.Errorf("the caption does not say %q: %s", want, all[2].Caption)
		}
	}
	html, summary := printBoth(t, Build(s, Options{}))
	checkMarkup(t, html)
	checkMarkdown(t, summary)
	for _, line := range s.Speculation.Advice {
		if !strings.Contains(html, e(line)) || !strings.Contains(summary, md(line)) {
			t.Errorf("not in both forms: %s", line)
		}
	}
	for _, want := range []string{"fig-speedup", "fig-positions", "fig-forecast", "≈ 1.", "per sequence and step"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
}

// Nothing of it where nobody drafts, or nobody does without.
func TestNoSpeculation(t *testing.T) {
	for name, keep := range map[string]func(recordtest.Arm) bool{
		"all draft": func(a recordtest.Arm) bool { return a.Draft.Length > 0 },
		"none does": func(a recordtest.Arm) bool { return a.Draft.Length == 0 },
	} {
		p := recordtest.Speculation()
		arms := p.Arms
		p.Arms = nil
		for _, a := range arms {
			if keep(a) {
				p.Arms = append(p.Arms, a)
			}
		}
		if got := newView(analysed(t, p)).speculation(); len(got.Blocks) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := newView(syntheticStudy(16)).speculation(); len(got.Blocks) != 0 {
		t.Errorf("of a study without: %+v", got)
	}
}

// A run of which only a part is there: no baseline at one load, an arm without counters, more arms than a figure holds.
func TestSpeculationOfAPart(t *testing.T) {
	p := recordtest.Speculation()
	for i := range 5 {
		a := p.Arms[4]
		a.ID, a.Swept = fmt.Sprint("more ", i), append([]record.Setting{{Name: "draft_extra", Value: fmt.Sprint(i)}}, a.Swept...)
		p.Arms = append(p.Arms, a)
	}
	p.Edit = func(tr *record.Trial, _ []result.Request) bool {
		if tr.Key.Arm == "ngram, 4" {
			tr.Engine = record.Counters{}
		}
		return tr.Key.Arm != "none" || tr.Key.Load != recordtest.LoadID(20)
	}
	s := analysed(t, p)
	v := newView(s)
	all := figures(v.speculation())
	up := all[0].Figure.(chart.Speedup)
	if len(s.Speculation.Main("").Levels) != 2 || len(up.Series) != 8 || !strings.Contains(all[0].Caption, "3 further arms") {
		t.Errorf("%d levels, %d arms: %s", len(s.Speculation.Main("").Levels), len(up.Series), all[0].Caption)
	}
	html, summary := printBoth(t, Build(s, Options{}))
	checkMarkup(t, html)
	checkMarkdown(t, summary)
	if !strings.Contains(html, notMeasured) {
		t.Error("an expectation without counters")
	}
}

// Loads that differ in their temperature are no line, and say it.
func TestTemperatureIsOfTheLoad(t *testing.T) {
	s := strategies("batching=none", "batching=static")
	s.Run.Loads[1].Temperature = 0.8
	if n := len(newView(s).families()); n != 2 {
		t.Errorf("%d kinds of load", n)
	}
	if text := loadText(s.Run.Loads[1]); !strings.Contains(text, "; temperature 0.8") {
		t.Error(text)
	}
}

// How turns waited is said where the load is described, of the arms where some did.
func TestHeldTurns(t *testing.T) {
	s := syntheticStudy(3)
	s.Cells[0].Held = &analysis.Held{Turns: 48, Waited: 12, Median: 8.25e6, P95: 1.9e9, Max: 2e9}
	html, _ := printBoth(t, Build(s, Options{}))
	checkMarkup(t, html)
	want := "for how long those waited: 1 " + s.Arms[0].Arm.Name + ": 12 of 48 later turns, median 8.25 ms, p95 1.90 s. Clocks"
	if !strings.Contains(html, e(want)) {
		t.Errorf("the page does not say %q", want)
	}
	if strings.Count(html, "were held until it was") != 1 {
		t.Error("said of loads without")
	}
}

// A confirming run agrees where its figure is near, not where its interval is wide.
func TestConfirmationWords(t *testing.T) {
	v := newView(syntheticStudy(2))
	at := func(agrees, overlap bool, ratio float64) string {
		c := *v.Choice.Confirmed
		c.Agrees, c.Overlap, c.Ratio = agrees, overlap, ratio
		return v.confirmation(&c)
	}
	for _, c := range []struct{ got, want string }{
		{at(true, true, 1.03), "The intervals overlap, and the fresh figure is 1.03 times that of the sweep."},
		{at(false, true, 0.4), "The intervals overlap, and the fresh figure is 0.40 times that of the sweep: it differs by a factor that the intervals are too wide to tell from chance"},
		{at(false, false, 2), "do not overlap"},
	} {
		if !strings.Contains(c.got, c.want) {
			t.Errorf("%q does not say %q", c.got, c.want)
		}
	}
}
