package reports

import (
	"fmt"
	"strings"

	"github.com/assaylab/assay/analysis"
)

// Options are facts about the report that are not in the study. The zero Options
// leave them out.
type Options struct {
	RunDir   string // printed, so that a reader can rebuild the report
	HTMLFile string // the name of the HTML file, for the summary to refer to
}

// Build words a study as a page: the recommendation first, then the figures, then
// the tables and what they rest on.
func Build(s *analysis.Study, o Options) Page {
	v := newView(s)
	name := s.Run.Name
	if name == "" {
		name = "benchmark"
	}
	p := Page{
		Title:    name + ": which deployment to run",
		Subtitle: v.subtitle(),
		Rest:     v.rest(o),
	}
	for _, section := range []Section{
		v.recommendation(),
		v.ladder(),
		v.tradeoff(),
		v.byVolume(),
		v.incomparable(),
		v.boundaries(),
		v.speculation(),
		v.memory(),
		v.distributions(),
		v.waiting(),
		v.throughput(),
		v.hits(),
		v.occupancy(),
		v.timeSpent(),
		v.timelines(),
		v.armTables(),
		v.sloTables(),
		v.classes(),
		v.cellTables(),
		v.overTime(),
		v.truths(),
		v.services(),
		v.asStarted(),
		v.qualityTable(),
		v.tasks(),
		v.cost(),
		v.machine(),
		v.instrument(),
		v.method(),
		v.gaps(),
		v.provenance(o),
	} {
		if len(section.Blocks) > 0 {
			p.Sections = append(p.Sections, section)
		}
	}
	return p
}

func (v *view) subtitle() string {
	parts := []string{plural(len(v.Arms), "arm"), plural(len(v.Run.Loads), "load")}
	if v.Run.Repetitions > 0 {
		parts = append(parts, plural(v.Run.Repetitions, "repetition"))
	}
	parts = append(parts, fmt.Sprintf("%d of %s finished", v.Finished, plural(v.Planned, "planned trial")))
	if v.Run.Created != "" {
		parts = append(parts, "run of "+v.Run.Created)
	}
	return strings.Join(parts, " · ")
}

func (v *view) rest(o Options) string {
	s := "Distributions, percentiles of every cell, the cost of every arm, the method and the trial ids are in the HTML report"
	if o.HTMLFile != "" {
		s += " (" + o.HTMLFile + ")"
	}
	return s + "."
}
