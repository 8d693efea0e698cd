package steptrace

import (
	"strconv"
	"time"
)

// Format is the version of the lines that are written.
const Format = 1

// Header is the first line of a trace.
type Header struct {
	Format      int       `json:"assay_steps"` // version
	Began       time.Time `json:"began"`       // what Step.Start counts from
	MaxBatch    int       `json:"max_batch"`
	TokenBudget int       `json:"token_budget"`
	Blocks      int       `json:"blocks"` // of the KV cache
}

// Kinds of an item's rows.
const (
	Prefill = "prefill" // a prompt, or what a preempted sequence computes again
	Decode  = "decode"  // the token drawn last, and drafts after it
)

// Item is one sequence's share of a step.
type Item struct {
	Seq    uint64 `json:"seq"`
	Kind   string `json:"kind"`
	Rows   int    `json:"rows"`             // computed, without drafts
	Drafts int    `json:"drafts,omitempty"` // rows of drafts
	Tokens int    `json:"tokens,omitempty"` // that came of it
	Done   bool   `json:"done,omitempty"`   // the sequence ended with it
}

// Step is one step of the engine. The counts are those while it ran.
type Step struct {
	Number       int64    `json:"step"`  // from 1
	Start        int64    `json:"start"` // nanoseconds since Header.Began
	Duration     int64    `json:"dur"`   // nanoseconds
	Waiting      int      `json:"waiting"`
	QueuedTokens int      `json:"queued_tokens"`
	Running      int      `json:"running"`
	Free         int      `json:"free"` // blocks of the KV cache
	Cached       int      `json:"cached"`
	Held         int      `json:"held"`
	Preempted    []uint64 `json:"preempted,omitempty"` // sequences that lost their blocks
	Items        []Item   `json:"items"`
	Lost         int64    `json:"lost,omitempty"` // steps before this one that are not in the trace
}

func (s *Step) reset() {
	*s = Step{Items: s.Items[:0], Preempted: s.Preempted[:0]}
}

// appendJSON writes s as encoding/json would, without its cost.
func (s *Step) appendJSON(b []byte) []byte {
	b = member(b, `{"step":`, s.Number)
	b = member(b, `,"start":`, s.Start)
	b = member(b, `,"dur":`, s.Duration)
	b = member(b, `,"waiting":`, int64(s.Waiting))
	b = member(b, `,"queued_tokens":`, int64(s.QueuedTokens))
	b = member(b, `,"running":`, int64(s.Running))
	b = member(b, `,"free":`, int64(s.Free))
	b = member(b, `,"cached":`, int64(s.Cached))
	b = member(b, `,"held":`, int64(s.Held))
	b = appendIDs(b, s.Preempted)
	b = append(b, `,"items":[`...)
	for i := range s.Items {
		if i > 0 {
			b = append(b, ',')
		}
		b = s.Items[i].appendJSON(b)
	}
	b = append(b, ']')
	b = present(b, `,"lost":`, s.Lost)
	return append(b, '}', '\n')
}

func appendIDs(b []byte, ids []uint64) []byte {
	if len(ids) == 0 {
		return b
	}
	b = append(b, `,"preempted":[`...)
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendUint(b, id, 10)
	}
	return append(b, ']')
}

func (it *Item) appendJSON(b []byte) []byte {
	b = append(b, `{"seq":`...)
	b = strconv.AppendUint(b, it.Seq, 10)
	b = append(b, `,"kind":"`...)
	b = append(b, it.Kind...)
	b = member(b, `","rows":`, int64(it.Rows))
	b = present(b, `,"drafts":`, int64(it.Drafts))
	b = present(b, `,"tokens":`, int64(it.Tokens))
	if it.Done {
		b = append(b, `,"done":true`...)
	}
	return append(b, '}')
}

func member(b []byte, name string, v int64) []byte {
	return strconv.AppendInt(append(b, name...), v, 10)
}

// present leaves a zero out.
func present(b []byte, name string, v int64) []byte {
	if v == 0 {
		return b
	}
	return member(b, name, v)
}
