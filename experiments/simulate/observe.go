package simulate

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/assaylab/assay/analysis/metric"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/loadgen/result"
)

// Observation is what one trial tells of steps and of what is outside of them.
type Observation struct {
	Steps    []Observed
	Overhead []Passage
	// Occupancy is the mean number of requests in the engine, waiting ones included, over the places in its batch.
	Occupancy float64
}

// Passage is what one request took outside of steps, in nanoseconds.
type Passage struct {
	Prompt  int
	In      int64 // from when it was due to its first step; -1 where the engine did something else meanwhile
	Out     int64 // from the end of the step that drew its first token to the client's stamp
	OutLast int64 // likewise, of its last token
}

// Observe joins a trial's step trace with its requests. The trace says how many rows each step computed; where these lie in
// their sequences follows from the lengths of prompts, which the requests say. AtOnce is how many sequences have to wait for
// the next step to follow at once where none goes on: 1, or where batches are waited for as many as one has.
func Observe(steps *record.Steps, requests []result.Request, atOnce int) (*Observation, error) {
	if steps == nil || len(steps.Steps) == 0 {
		return nil, errors.New("no step trace: expected steps.jsonl, which a scenario with trace_steps = true in [engine] has the engine write")
	}
	t := &tracker{runs: map[uint64][]run{}, prompts: map[uint64]*result.Request{}}
	t.scan(steps.Steps)
	if err := t.match(requests); err != nil {
		return nil, err
	}
	t.place()
	o := &Observation{}
	o.observe(t, steps.Steps, atOnce)
	o.passages(t, steps.Steps)
	return o, nil
}

// run is the prompt rows of a sequence from one admission until it draws a token.
type run struct {
	rows int // computed
	said int // tokens drawn before
	from int // position of the first row
	done bool
}

// tracker follows sequences through a trace.
type tracker struct {
	runs    map[uint64][]run
	order   []uint64                   // sequences by id
	first   map[uint64]int             // step of a sequence's first item
	warmup  map[uint64]bool            // it was before the schedule's zero
	prompts map[uint64]*result.Request // of the sequences that are known
	last    map[uint64]int             // step of a sequence's last item
	drew    map[uint64]int             // step of its first token
}

// scan finds the runs, and when sequences begin and end.
func (t *tracker) scan(steps []record.Step) {
	t.first, t.last, t.drew, t.warmup = map[uint64]int{}, map[uint64]int{}, map[uint64]int{}, map[uint64]bool{}
	said := map[uint64]int{}
	for i := range steps {
		for _, id := range steps[i].Preempted {
			if n := len(t.runs[id]); n > 0 {
				t.runs[id][n-1].done = true // its next rows are of another admission
			}
		}
		for _, it := range steps[i].Items {
			if _, ok := t.first[it.Seq]; !ok {
				t.first[it.Seq] = i
				t.warmup[it.Seq] = steps[i].Start < 0
				t.order = append(t.order, it.Seq)
			}
			t.last[it.Seq] = i
			if it.Kind == record.Prefill {
				t.prefill(it, said[it.Seq])
			}
			if _, ok := t.drew[it.Seq]; it.Tokens > 0 && !ok {
				t.drew[it.Seq] = i
			}
			said[it.Seq] += it.Tokens
		}
	}
	slices.Sort(t.order)
}

func (t *tracker) prefill(it record.StepItem, said int) {
	runs := t.runs[it.Seq]
	if n := len(runs); n == 0 || runs[n-1].done {
		runs = append(runs, run{said: said})
	}
	r := &runs[len(runs)-1]
	r.rows += it.Rows
	r.done = it.Tokens > 0
	t.runs[it.Seq] = runs
}

// nearby is how many sequences later than in the order of sending a request may have got to the engine.
const nearby = 16

// match finds the sequence of each request: the engine numbers them as they get to it, nearly in the order in which they were
// sent. Sequences that began before the schedule's zero are the warm-up's.
func (t *tracker) match(requests []result.Request) error {
	var sent []*result.Request
	for i := range requests {
		if r := &requests[i]; !metric.Failed(r) {
			sent = append(sent, r)
		}
	}
	slices.SortFunc(sent, func(a, b *result.Request) int { return cmp.Compare(a.Sent, b.Sent) })
	missing := 0
	for _, id := range t.order {
		if len(sent) == 0 || t.warmup[id] || len(t.runs[id]) == 0 {
			continue
		}
		at := slices.IndexFunc(sent[:min(nearby, len(sent))], func(r *result.Request) bool { return t.fits(id, r) })
		if at < 0 {
			missing++
			continue
		}
		t.prompts[id] = sent[at]
		sent = slices.Delete(sent, at, at+1)
	}
	if n := len(t.prompts); n == 0 || missing+len(sent) > n/10 {
		return fmt.Errorf("%d requests and sequences of the step trace belong together, %d of either have no other: expected the trace of the same trial", n, missing+len(sent))
	}
	return nil
}

// fits reports whether a request can be a sequence: as many rows of its prompt were computed.
func (t *tracker) fits(id uint64, r *result.Request) bool {
	first := t.runs[id][0]
	return first.said == 0 && metric.PromptTokens(r)-r.CachedTokens == first.rows
}

// place finds where runs begin: their last row is that of the last token there was.
func (t *tracker) place() {
	for id, runs := range t.runs {
		prompt := runs[0].rows
		if r := t.prompts[id]; r != nil {
			prompt = metric.PromptTokens(r)
		}
		for i := range runs {
			if runs[i].done {
				runs[i].from = max(0, prompt+runs[i].said-runs[i].rows)
			}
		}
	}
}

// observe makes each step's shape. Positions are counted along.
func (o *Observation) observe(t *tracker, steps []record.Step, atOnce int) {
	at, length := map[uint64]int{}, map[uint64]int{}
	runs := map[uint64]int{}
	var now cold // what was before the trace is not known
	for i := range steps {
		s := &steps[i]
		shape := Shape{}
		now.on(&shape)
		for _, it := range s.Items {
			if it.Kind != record.Prefill {
				shape.addDecode(length[it.Seq])
				length[it.Seq] += it.Tokens
				continue
			}
			at[it.Seq] = o.prompt(t, &shape, it, at[it.Seq], runs)
			if it.Tokens > 0 {
				length[it.Seq] = at[it.Seq] + it.Tokens
				at[it.Seq] = 0
			}
		}
		for _, id := range s.Preempted {
			if at[id] > 0 {
				at[id], runs[id] = 0, runs[id]+1
			}
		}
		shape.Ended = t.ended(s, i)
		if now = now.next(); i+1 < len(steps) && !goesOn(s, shape.Ended, atOnce) {
			now = rested(steps[i+1].Start - end(s))
		}
		o.Steps = append(o.Steps, Observed{Shape: shape, Start: s.Start, Took: s.Duration, Between: between(steps, i, shape.Ended, atOnce)})
	}
}

// prompt adds an item of a run, and returns the position behind it.
func (o *Observation) prompt(t *tracker, shape *Shape, it record.StepItem, at int, runs map[uint64]int) int {
	all := t.runs[it.Seq]
	n := min(runs[it.Seq], len(all)-1)
	if at == 0 {
		at = all[n].from
	}
	shape.addPrompt(at, at+it.Rows)
	if it.Tokens > 0 {
		shape.Draws++
		runs[it.Seq]++
	}
	return at + it.Rows
}

// between is the time to the next step, -1 where the engine had nothing to do after step i, or steps are missing.
func between(steps []record.Step, i, ended, atOnce int) int64 {
	s := &steps[i]
	if i+1 == len(steps) || steps[i+1].Lost > 0 || !goesOn(s, ended, atOnce) {
		return -1
	}
	return max(0, steps[i+1].Start-end(s))
}

// goesOn reports whether the engine has something to do after a step that ends so many sequences.
func goesOn(s *record.Step, ended, atOnce int) bool {
	return ended < len(s.Items) || s.Running > len(s.Items) || s.Waiting >= atOnce
}

// ended is how many sequences have their last item in step i.
func (t *tracker) ended(s *record.Step, i int) (n int) {
	for _, it := range s.Items {
		if t.last[it.Seq] == i && it.Tokens > 0 {
			n++
		}
	}
	return n
}

// passages are those of the requests that are known.
func (o *Observation) passages(t *tracker, steps []record.Step) {
	for _, id := range t.order {
		r := t.prompts[id]
		drew, ok := t.drew[id]
		if r == nil || !ok {
			continue
		}
		p := Passage{Prompt: metric.PromptTokens(r), In: -1, Out: r.First - end(&steps[drew]), OutLast: r.Last - end(&steps[t.last[id]])}
		if first := t.first[id]; first == 0 || end(&steps[first-1]) <= r.Intended {
			p.In = steps[first].Start - r.Intended
		}
		o.Overhead = append(o.Overhead, p)
	}
}

func end(s *record.Step) int64 { return s.Start + s.Duration }

// OverheadOf is what requests took outside of steps: how long they are on their way is told by those that found the engine idle, and
// of their way back all tell.
func OverheadOf(all []Passage) Overhead {
	o := Overhead{Requests: len(all)}
	var rows [][]float64
	var in []float64
	for _, p := range all {
		if p.In >= 0 {
			rows, in = append(rows, []float64{1, float64(p.Prompt)}), append(in, float64(p.In))
		}
	}
	if len(in) > 0 {
		ones := slices.Repeat([]float64{1}, len(in))
		c := nnls(rows, in, ones)
		o.In, o.InPerToken = c[0], c[1]
		for i := range in {
			o.InResiduals = append(o.InResiduals, in[i]-dot(rows[i], c))
		}
	}
	for _, p := range all {
		o.Out += float64(p.Out) / float64(len(all))
		o.OutLast += float64(p.OutLast) / float64(len(all))
	}
	for _, p := range all {
		o.OutResiduals = append(o.OutResiduals, float64(p.Out)-o.Out)
	}
	return o
}
