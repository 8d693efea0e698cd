package analysis

import (
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/assaylab/assay/analysis/each"
	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/stat"
)

// Options of an analysis.
type Options struct {
	Seed  uint64 // of the bootstrap, mixed with the run's own seed
	Draws int    // of the bootstrap, at least 100; 0 is DefaultDraws
}

// DefaultDraws places the ends of a 95 % interval among 25 draws on either side.
const DefaultDraws = 1000

// Analyse concludes from a run directory. A half-finished run gives a Study of what
// is there, with a warning. The same directory and options give the same Study.
func Analyse(set *record.Set, o Options) (*Study, error) {
	if o.Draws == 0 {
		o.Draws = DefaultDraws
	}
	if o.Draws < 100 {
		return nil, fmt.Errorf("analyse %s: %d bootstrap draws: expected at least 100, or 0 for %d", set.Dir, o.Draws, DefaultDraws)
	}
	a := newAnalysis(set, o)
	for _, step := range a.course() {
		if err := step(); err != nil {
			return nil, fmt.Errorf("analyse %s: %w", set.Dir, err)
		}
	}
	return a.study, nil
}

func newAnalysis(set *record.Set, o Options) *analysis {
	a := &analysis{set: set, run: &set.Run, options: o, study: &Study{Run: set.Run}}
	a.mixed = severalSystems(a.run)
	a.drafting, a.loadOrder = len(draftGroups(a.run.Arms)) > 0, map[string]int{}
	for i, l := range a.run.Loads {
		a.loadOrder[l.ID] = i
	}
	return a
}

// analysis is the work in progress.
type analysis struct {
	set     *record.Set
	run     *record.Run
	options Options
	study   *Study

	cells     []measured // as Study.Cells
	fresh     []measured // confirmation cells
	arms      []judged   // as Study.Arms
	gaps      []gap      // the longest of each trial
	counts    counts
	unchecked []string
	mixed     bool // not all arms are the included engine
	byTime    bool // what they cost is compared by the machine's time, as it has no price
	drafting  bool // arms with drafts and without are compared

	placing   sync.Mutex                 // of places
	places    map[string]*stat.Resamples // by load and repetitions
	loadOrder map[string]int
}

// course is the steps of the analysis. They run once, in this order, each on what the ones before it have filled in.
func (a *analysis) course() []func() error {
	return []func() error{
		a.measure, unfailing(a.countTrials), a.judgeArms,
		unfailing(a.openSystems, a.judgeTasks, a.drawFront, a.drawTimelines, a.recommend), a.compareSystems,
		unfailing(a.redecide, a.compareDrafts, a.drawOccupancy), a.climb, a.spendTime,
		unfailing(a.warn, a.warnOfVersions), a.seeInstrument,
	}
}

// unfailing is a step of several that cannot fail.
func unfailing(all ...func()) func() error {
	return func() error {
		for _, do := range all {
			do()
		}
		return nil
	}
}

// openSystems has later steps say what they know of systems, where there are several.
func (a *analysis) openSystems() {
	if a.mixed {
		a.study.Systems = &Systems{}
	}
}

// rng is the source of a purpose, by the seeds of the run and of the options.
func (a *analysis) rng(purpose ...string) *rand.Rand {
	return stat.Source(a.run.Seed^a.options.Seed, purpose...)
}

func (a *analysis) measure() error {
	swept, fresh := group.Swept(a.set), group.Confirming(a.set)
	cells, err := a.measureAll(append(swept, fresh...), len(swept))
	if err != nil {
		return err
	}
	for _, m := range cells[:len(swept)] {
		a.cells = append(a.cells, *m)
		a.study.Cells = append(a.study.Cells, m.Cell)
		for _, g := range m.gaps {
			if g.length() > 0 {
				a.gaps = append(a.gaps, g)
			}
		}
		a.counts.uncounted += m.counts.uncounted
		a.counts.divided += m.counts.divided
		a.counts.server += m.counts.server
		a.counts.streamed += m.counts.streamed
		a.unchecked = append(a.unchecked, m.unchecked...)
	}
	for _, m := range cells[len(swept):] {
		a.fresh = append(a.fresh, *m)
	}
	return nil
}

// measureAll measures cells, several at a time. The first swept ones are of the sweep, the others confirm.
func (a *analysis) measureAll(places []group.Place, swept int) ([]*measured, error) {
	cells := make([]*measured, len(places))
	room := heldBytes / each.Workers(len(places))
	err := each.Index(len(places), func(i int) error {
		c, err := places[i].Read(a.set)
		if err != nil {
			return err
		}
		cells[i], err = a.newMeasured(&c, i < swept, room)
		return err
	})
	return cells, err
}

func (a *analysis) countTrials() {
	finished := map[string]bool{}
	for _, t := range a.set.Trials {
		finished[t.Key.ID] = true
		if t.Status == record.StatusFailed {
			a.study.Failed = append(a.study.Failed, FailedTrial{Key: t.Key, Reason: t.Reason})
		}
	}
	a.study.Planned = len(a.run.Order)
	for _, k := range a.run.Order {
		if finished[k.ID] {
			a.study.Finished++
		}
	}
}
