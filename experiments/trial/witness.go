package trial

import (
	"context"
	"fmt"
	"slices"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/target"
	"github.com/assaylab/assay/loadgen/result"
)

// mostModels bounds how many names of models are kept: a server that gives every answer another one tells nothing.
const mostModels = 16

// witness hears of every measured request, for what the server says of itself with its answers, and for holding its counters
// against them.
type witness struct {
	models []string // that answered, where another was asked

	seen              target.Seen
	prompt, generated int64 // of the answers that are whole, as the server counted them
	open              bool  // some requests have no such counts: then nothing can be held against the server's own
}

func (w *witness) see(q *result.Request) {
	w.seen.Requests++
	if q.Outcome == result.OK {
		w.seen.Answered++
		w.seen.Messages += int64(len(q.Events))
	}
	if q.Model != "" && len(w.models) < mostModels && !slices.Contains(w.models, q.Model) {
		w.models = append(w.models, q.Model)
	}
	if q.Outcome != result.OK || q.Estimated || q.PromptTokens == 0 {
		w.open = true
		return
	}
	w.prompt, w.generated = w.prompt+int64(q.PromptTokens), w.generated+int64(q.OutputTokens)
}

// version asks a target that can say it. Where it does not, the version is not known.
func version(ctx context.Context, t target.Target) *record.Server {
	p, ok := t.(target.Prober)
	if !ok {
		return nil
	}
	v, err := p.Version(ctx)
	if err != nil {
		v = ""
	}
	return &record.Server{Version: v}
}

// testify fills in what the system said of itself; nothing for the included engine.
func (w *witness) testify(r *record.Trial, t target.Target, before, after target.Stats) {
	if after.Known == nil && r.Server == nil {
		return
	}
	if r.Server == nil {
		r.Server = &record.Server{}
	}
	s := r.Server
	s.Models, s.Known = w.models, after.Known
	w.unlessTimed(r, after.Timed-before.Timed, after.Timed > 0)
	if reporter, ok := t.(target.Reporter); ok {
		s.Metrics = reporter.Report(before, after)
	}
	s.Differs = w.differs(r)
	if accountant, ok := t.(target.Accountant); ok {
		s.Differs = append(s.Differs, accountant.Differs(before, after, w.seen)...)
	}
}

// unlessTimed has the occupancy be unknown where the server adds it up as requests end, and not all of them ended well or are among
// those that it timed: of one that was given up it may count nothing, or not as long as the client waited.
func (w *witness) unlessTimed(r *record.Trial, timed int64, addsUp bool) {
	if !addsUp || w.seen.Answered == w.seen.Requests && timed == w.seen.Requests {
		return
	}
	r.Engine.RunningNS = 0
	r.Server.Known = slices.DeleteFunc(slices.Clone(r.Server.Known), func(name string) bool { return name == "running_ns" })
}

// differs holds the server's counters against what its answers say.
func (w *witness) differs(r *record.Trial) (sentences []string) {
	if w.open {
		return nil
	}
	for _, c := range []struct {
		name, of       string
		server, client int64
	}{
		{"prompt_tokens", "prompt tokens", r.Engine.PromptTokens, w.prompt},
		{"generated_tokens", "generated tokens", r.Engine.GeneratedTokens, w.generated},
	} {
		if r.Knows(c.name) && c.server != c.client {
			sentences = append(sentences, fmt.Sprintf("It counted %d %s, its answers say %d.", c.server, c.of, c.client))
		}
	}
	return sentences
}
