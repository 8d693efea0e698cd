package trial

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/target"
	"github.com/assaylab/assay/loadgen/result"
)

// speaking is a system that says more of itself than counters.
type speaking struct {
	*fake
	version string
}

func (s *speaking) Version(context.Context) (string, error) {
	if s.version == "" {
		return "", errors.New("no such path")
	}
	return s.version, nil
}

func (s *speaking) Report(before, after target.Stats) []record.Setting {
	if after.Samples["steps"] <= before.Samples["steps"] {
		return nil
	}
	return []record.Setting{{Name: "steps", Value: "more"}}
}

// counting makes a fake count a prompt token and so many generated ones for each request that came.
func counting(f *fake, each int64, known ...string) {
	f.stats = func(call int) (target.Stats, error) {
		var s target.Stats
		n := int64(len(f.server.Served()))
		s.PromptTokens, s.GeneratedTokens, s.Known, s.Samples = n, each*n, known, map[string]float64{"steps": float64(call)}
		return s, nil
	}
}

// What a system says of itself is in the record: its version, what it counts, and where that is not what its answers say. Of the
// included engine nothing is there, since it counts all.
func TestWhatServersSay(t *testing.T) {
	f := newFake(t)
	r, err := Run(t.Context(), config(t, f))
	if err != nil || r.Status != record.StatusOK || r.Server != nil || !r.Knows("generated_tokens") {
		t.Errorf("the engine: %+v, %v", r.Server, err)
	}
	for _, c := range []struct {
		name    string
		each    int64
		known   []string
		version string
		differs []string
	}{
		{"as its answers", 2, []string{"prompt_tokens", "generated_tokens"}, "1.2", nil},
		{"one token more", 3, []string{"prompt_tokens", "generated_tokens"}, "1.2", []string{"It counted 24 generated tokens, its answers say 16."}},
		{"not counted", 3, []string{"prompt_tokens"}, "", nil},
	} {
		f := newFake(t)
		counting(f, c.each, c.known...)
		config := config(t, f)
		config.Target = &speaking{f, c.version}
		r, err := Run(t.Context(), config)
		if err != nil || r.Status != record.StatusOK || r.Server == nil {
			t.Fatalf("%s: %+v, %v", c.name, r, err)
		}
		s := r.Server
		if s.Version != c.version || !slices.Equal(s.Known, c.known) || !slices.Equal(s.Differs, c.differs) || !slices.Equal(s.Models, []string{"scripted"}) ||
			!slices.Equal(s.Metrics, []record.Setting{{Name: "steps", Value: "more"}}) || r.Knows("preemptions") {
			t.Errorf("%s: %+v", c.name, s)
		}
	}
}

// Counts that are not all there hold nothing against the server's own, and names of models are bounded.
func TestWitness(t *testing.T) {
	all := &record.Trial{Server: &record.Server{Known: []string{"generated_tokens"}}, Engine: record.Counters{GeneratedTokens: 9}}
	for _, c := range []struct {
		name string
		r    result.Request
		said int
	}{
		{"another count", result.Request{Outcome: result.OK, PromptTokens: 1, OutputTokens: 8}, 1},
		{"the same count", result.Request{Outcome: result.OK, PromptTokens: 1, OutputTokens: 9}, 0},
		{"an estimate", result.Request{Outcome: result.OK, PromptTokens: 1, OutputTokens: 8, Estimated: true}, 0},
		{"a broken answer", result.Request{Outcome: result.Reset, PromptTokens: 1, OutputTokens: 8}, 0},
	} {
		var w witness
		w.see(&c.r)
		if got := w.differs(all); len(got) != c.said {
			t.Errorf("%s: %q", c.name, got)
		}
	}
	var w witness
	for i := range 3 * mostModels {
		w.see(&result.Request{Model: string(rune('a' + i%40))})
	}
	if len(w.models) != mostModels {
		t.Errorf("%d models", len(w.models))
	}
}

// The occupancy of a server that adds it up as requests end is known where it timed all of them, and all ended well; that of one that
// counts who is there is known as it is.
func TestOccupancyOfAllOrNone(t *testing.T) {
	for _, c := range []struct {
		name        string
		seen, whole int64
		timed       int64
		addsUp      bool
		known       bool
	}{
		{"all of them", 9, 9, 9, true, true},
		{"one more, of somebody else", 9, 9, 10, true, false},
		{"one was given up, and is not counted", 9, 8, 8, true, false},
		{"one was given up, and is counted", 9, 8, 9, true, false},
		{"it counts who is there", 9, 8, 0, false, true},
	} {
		r := record.Trial{Server: &record.Server{Known: []string{"steps", "running_ns"}}, Engine: record.Counters{RunningNS: 5}}
		w := witness{seen: target.Seen{Requests: c.seen, Answered: c.whole}}
		w.unlessTimed(&r, c.timed, c.addsUp)
		if r.Knows("running_ns") != c.known || (r.Engine.RunningNS == 5) != c.known || !r.Knows("steps") {
			t.Errorf("%s: %+v, %d ns", c.name, r.Server, r.Engine.RunningNS)
		}
	}
}
