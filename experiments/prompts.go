package experiments

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/sweep"
	"github.com/assaylab/assay/loadgen/arrival"
	"github.com/assaylab/assay/loadgen/corpus"
	"github.com/assaylab/assay/loadgen/workload"
)

// drawn is where a run's prompts come from, and which cells have drawn theirs.
type drawn struct {
	texts   map[string]*workload.Corpus
	rows    map[string]*workload.Rows
	files   []*corpus.File
	ledgers map[string]*workload.Ledger // by text or file
	cells   int                         // of the planned ones, those with a lower number have drawn
	probed  []record.TrialKey           // cells that searches have decided on, in that order, without arms
	later   int                         // of these, how many have drawn
}

// probe adds the cell of a search's trial. All arms that come to the same level have it in common.
func (d *drawn) probe(key record.TrialKey) {
	if cell := cellOf(key); !slices.Contains(d.probed, cell) {
		d.probed = append(d.probed, cell)
	}
}

// cellOf is what prompts are drawn by.
func cellOf(key record.TrialKey) record.TrialKey {
	return record.TrialKey{Load: key.Load, Repetition: key.Draws()}
}

func newDrawn() drawn {
	return drawn{texts: map[string]*workload.Corpus{}, rows: map[string]*workload.Rows{}, ledgers: map[string]*workload.Ledger{}}
}

func (d *drawn) close() error {
	var errs []error
	for _, f := range d.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// text tokenizes a text, once per run.
func (r *run) text(path string) (*workload.Corpus, error) {
	if c, ok := r.drawn.texts[path]; ok {
		return c, nil
	}
	text, err := os.ReadFile(r.plan.Scenario.Resolve(path))
	if err != nil {
		return nil, err
	}
	c, err := workload.NewCorpus(r.plan.model.Tokenizer, string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	r.drawn.texts[path] = c
	return c, nil
}

// rowsOf opens a file of rows, once per run.
func (r *run) rowsOf(path string) (*workload.Rows, error) {
	if c, ok := r.drawn.rows[path]; ok {
		return c, nil
	}
	f, err := corpus.Open(r.plan.Scenario.Resolve(path))
	if err != nil {
		return nil, err
	}
	r.drawn.files = append(r.drawn.files, f)
	c := workload.NewRows(r.plan.model.Tokenizer, f)
	r.drawn.rows[path] = c
	if f.Skipped > 0 {
		r.Progress.Note(fmt.Sprintf("%s: %d rows have no request and are left out, %d are used", path, f.Skipped, f.Rows()))
	}
	return c, nil
}

// counter counts tokens for servers that do not.
type counter struct{ workload.Tokenizer }

func (c counter) Count(text string) int { return len(c.Encode(text, false)) }

// mostStreams is above the number of classes of any load: cells are numbered by it.
const mostStreams = 128

// planned are the loads whose rates the scenario gives.
func (r *run) planned() []sweep.Load {
	return slices.DeleteFunc(slices.Clone(r.plan.Matrix.Loads), func(l sweep.Load) bool { return l.Record.Search != "" })
}

// Numbers of cells that are not planned.
const (
	fromProbed = math.MaxInt / mostStreams / 2 // of a search: above those that are planned
	lastCell   = 2*fromProbed - 1              // the winner's, above all others
)

// number of a cell among all that the run can have. Of the planned ones repetitions first: a run with more of them begins as one with
// fewer. Those of searches are in the order in which they were decided on, which the run directory has, so that they are
// the same in a run that is resumed.
func (r *run) number(key record.TrialKey) int {
	if key.Draws() >= record.Confirmation {
		return lastCell
	}
	loads := r.planned()
	if i := slices.IndexFunc(loads, func(l sweep.Load) bool { return l.Record.ID == key.Load }); i >= 0 {
		return key.Draws()*len(loads) + i
	}
	if i := slices.Index(r.drawn.probed, cellOf(key)); i >= 0 {
		return fromProbed + i
	}
	return fromProbed + len(r.drawn.probed)
}

// prompts makes those of a trial's warm-up or measured part. Cells that come before it draw first, so that none of
// them has a prompt in common with it.
func (r *run) prompts(key record.TrialKey, load sweep.Load, schedule arrival.Process, n int, warmup bool) ([]workload.Prompt, error) {
	if !warmup {
		if err := r.drawBefore(r.number(key)); err != nil {
			return nil, err
		}
	}
	return r.draw(key, load, schedule, n, warmup)
}

// drawBefore lets the cells with lower numbers draw, as far as they have not.
func (r *run) drawBefore(number int) error {
	loads := r.planned()
	until := number
	if number >= fromProbed {
		until = r.plan.Scenario.Run.Repetitions * len(loads)
	}
	for ; r.drawn.cells < until; r.drawn.cells++ {
		load := loads[r.drawn.cells%len(loads)]
		if err := r.drawCell(record.TrialKey{Load: load.Record.ID, Repetition: r.drawn.cells / len(loads)}, load); err != nil {
			return err
		}
	}
	for ; r.drawn.later < min(number-fromProbed, len(r.drawn.probed)); r.drawn.later++ {
		cell := r.drawn.probed[r.drawn.later]
		_, load := r.find(cell)
		if err := r.drawCell(cell, load); err != nil {
			return err
		}
	}
	return nil
}

// drawCell has a cell draw what it measures, for the trace that this leaves.
func (r *run) drawCell(key record.TrialKey, load sweep.Load) error {
	schedule, err := r.schedule(key, load, load.Record.Requests, "measured")
	if err != nil {
		return err
	}
	_, err = r.draw(key, load, schedule, load.Record.Requests, false)
	return err
}

func (r *run) seed(key record.TrialKey) workload.Key {
	return workload.Key{Seed: r.plan.Scenario.Run.Seed, Load: key.Load, Repetition: key.Draws()}
}

// draw makes the prompts of every class, and puts them in the order of the requests.
func (r *run) draw(key record.TrialKey, load sweep.Load, schedule arrival.Process, n int, warmup bool) ([]workload.Prompt, error) {
	streams := load.Workload.Streams()
	of, err := mix(load.Workload, r.seed(key), n, warmup)
	if err != nil {
		return nil, err
	}
	s := stream{run: r, trial: key, warm: warmup, fill: load.Workload.Cache == scenario.Warm}
	if open, ok := schedule.(arrival.Schedule); ok {
		s.due = open.Offsets()
	}
	if load.Workload.Arrival == scenario.Recorded {
		s.sizes = sizes(r.recorded(key, load.Workload, n))
	}
	parts := make([][]workload.Prompt, len(streams))
	for i, c := range streams {
		s.index, s.class, s.requests = i, c, nil
		for at, class := range of {
			if class == i {
				s.requests = append(s.requests, at)
			}
		}
		if parts[i], err = s.prompts(); err != nil {
			return nil, err
		}
	}
	return workload.Merge(of, parts)
}

// mix is the class of each request. A warm-up that is to fill the cache begins with as many of each class as it has
// prefixes.
func mix(w scenario.Workload, key workload.Key, n int, warmup bool) ([]int, error) {
	var weights []float64
	var first []int
	for i, c := range w.Streams() {
		weights = append(weights, c.Weight)
		if warmup && w.Cache == scenario.Warm {
			first = append(first, slices.Repeat([]int{i}, c.SharedPrefix.Groups)...)
		}
	}
	if warmup {
		key.Load += " warm-up"
	}
	of, err := key.Mix(weights, n)
	copy(of, first)
	return of, err
}

// stream is one class of a cell.
type stream struct {
	*run
	trial      record.TrialKey
	index      int
	class      scenario.Class
	requests   []int           // those of the class, in turn
	due        []int64         // of all requests; nil in a closed loop
	warm, fill bool            // of the warm-up; the warm-up fills the cache
	sizes      []workload.Size // that requests had when they were recorded; nil where lengths are drawn
}

func (s *stream) prompts() ([]workload.Prompt, error) {
	key := s.seed(s.trial)
	if s.class.Name != "" {
		key.Load += " class " + s.class.Name
	}
	prompts, err := s.make(key)
	for i := range prompts {
		prompts[i].Class, prompts[i].Team, prompts[i].Priority = s.class.Name, s.class.Team, s.class.Priority
	}
	if err != nil && s.class.Name != "" {
		return nil, fmt.Errorf("class %s: %w", s.class.Name, err)
	}
	return prompts, err
}

func (s *stream) make(key workload.Key) ([]workload.Prompt, error) {
	n := len(s.requests)
	if s.class.Corpus.File != "" {
		rows, err := s.rowsOf(s.class.Corpus.File)
		if err != nil {
			return nil, err
		}
		spec := s.class.Rows()
		spec.Seat = s.seat(s.class.Corpus.File)
		switch {
		case s.class.Conversation.Turns > 0 && s.due != nil:
			return rows.Turns(spec, s.class.Conversation.Drawn(), key, s.times(), s.warm)
		case s.warm:
			return rows.Warmup(spec, key, n)
		}
		return rows.Prompts(spec, key, n)
	}
	text, err := s.text(s.class.Text)
	if err != nil {
		return nil, err
	}
	spec := specOf(s.class)
	spec.Sizes = s.sizes
	spec.WarmupShared, spec.Seat = s.fill && spec.Groups > 0, s.seat(s.class.Text)
	switch {
	case s.class.Conversation.Turns > 0 && s.due != nil:
		return text.Turns(spec, s.class.Conversation.Drawn(), key, s.times(), s.warm)
	case s.warm:
		return text.Warmup(spec, key, n)
	}
	return text.Prompts(spec, key, n)
}

// times are when the class's requests are due.
func (s *stream) times() []int64 {
	all := make([]int64, len(s.requests))
	for i, at := range s.requests {
		all[i] = s.due[at]
	}
	return all
}

// seat is the class's access to the ledger of its source.
func (s *stream) seat(source string) workload.Seat {
	if s.drawn.ledgers[source] == nil {
		s.drawn.ledgers[source] = workload.NewLedger()
	}
	return workload.Seat{Ledger: s.drawn.ledgers[source], Cell: s.number(s.trial)*mostStreams + s.index}
}

// specOf is what a text is cut for. A scenario counts the shared prefix as part of a prompt.
func specOf(c scenario.Class) workload.Spec {
	return workload.Spec{Prompt: c.PromptTokens.Drawn().Less(c.SharedPrefix.Tokens), Output: c.OutputTokens.Drawn(),
		Groups: c.SharedPrefix.Groups, GroupTokens: c.SharedPrefix.Tokens, GroupSkew: c.SharedPrefix.Skew, Special: true}
}
