package engine

import (
	"fmt"
	"io"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/assaylab/assay/engine/checkpoint"
	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/sample"
)

// source cuts pieces of so many tokens out of Go source that the models have not seen, far apart.
func source(b *testing.B, pieces, length int) (all [][]int32) {
	b.Helper()
	c, err := checkpoint.Open("models/gopherling-7m-bf16.gguf", bestSet(b))
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	text, err := os.ReadFile("../scenarios/data/assay-source.txt")
	if err != nil {
		b.Fatal(err)
	}
	ids := c.Tokenizer.Encode(string(text), false)
	for i := range pieces {
		from := i * (len(ids) - length) / pieces
		all = append(all, ids[from:from+length])
	}
	return all
}

// edited is a prompt as an edit makes it: a piece of source, and the beginning of its copy.
func edited(piece []int32) []int32 { return slices.Concat(piece, piece[:len(piece)/6]) }

// kindsOfWork are so many prompts of each kind that drafts are measured on; sampled ones are those of completion.
func kindsOfWork(b *testing.B, pieces int) map[string][][]int32 {
	b.Helper()
	work := map[string][][]int32{"completion": source(b, pieces, 200), "edit": source(b, pieces, 300)}
	for i, piece := range work["edit"] {
		work["edit"][i] = edited(piece)
	}
	work["sampled"] = work["completion"]
	return work
}

// BenchmarkDrafters decodes one request at a time and reports the tokens of a step and of a second,
// prompts left out: where the model copies what is in its prompt; of ordinary completion, which greedily
// ends in a loop with models this small; and of one that is sampled and does not.
func BenchmarkDrafters(b *testing.B) {
	m, draft := quantized(b, "gopherling-7m", "Q8_0", bestSet(b)), quantized(b, "gopherling-2m", "Q8_0", bestSet(b))
	work := kindsOfWork(b, 6)
	for _, kind := range []string{"edit", "completion", "sampled"} {
		sampling := sample.Params{}
		if kind == "sampled" {
			sampling.Temperature = .8
		}
		for _, drafter := range []string{DrafterNone, DrafterNgram, DrafterSuffix, DrafterRecycle, DrafterModel, DrafterSelf} {
			for _, length := range []int{2, 4, 8, 16, adaptive} {
				if drafter == DrafterNone && length != 2 {
					continue
				}
				b.Run(fmt.Sprintf("%s/%s/%s", kind, drafter, lengthName(length)), func(b *testing.B) {
					o := options(func(o *Options) {
						o.Context, o.KVFormat, o.Drafter, o.DraftLength, o.DraftLayers = 1024, "bf16", drafter, length, 2
						if length == adaptive {
							o.DraftLength, o.DraftAdaptive = 16, true
						}
					})
					with := map[bool]*model.Model{true: draft}[drafter == DrafterModel]
					e := start(b, m, with, o)
					decode(b, e, sampling, work[kind])
				})
			}
		}
	}
}

const adaptive = 0

func lengthName(length int) string {
	if length == adaptive {
		return "adaptive"
	}
	return fmt.Sprint(length)
}

func decode(b *testing.B, e *Engine, sampling sample.Params, work [][]int32) {
	tokens, events, took, n := 0, 0, time.Duration(0), uint64(0)
	for b.Loop() {
		for _, p := range work {
			n++
			sampling.Seed = n
			// Salts of their own: nothing is known of what was answered before.
			s, err := e.Submit(b.Context(), Request{Prompt: p, MaxTokens: 200, IgnoreEOS: true, Sampling: sampling, Salt: n})
			if err != nil {
				b.Fatal(err)
			}
			first, err := s.Next(b.Context())
			last := first
			for ev := first; err == nil; ev, err = s.Next(b.Context()) {
				last, tokens, events = ev, tokens+len(ev.Tokens), events+1
			}
			if err != io.EOF {
				b.Fatal(err)
			}
			took, tokens, events = took+last.At.Sub(first.At), tokens-1, events-1
		}
	}
	s := e.Stats()
	b.ReportMetric(float64(tokens)/took.Seconds(), "tok/s")
	b.ReportMetric(float64(tokens)/float64(events), "tok/step")
	b.ReportMetric(float64(s.AcceptedTokens)/float64(max(1, s.DraftTokens)), "accepted")
	b.ReportMetric(100*s.DraftTime.Seconds()/s.Busy.Seconds(), "%drafting")
}
