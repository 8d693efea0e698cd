package admit

import (
	"math"
	"time"
)

// Limits are the settings that a prediction depends on.
type Limits struct {
	MaxBatch    int           // sequences at the same time
	TokenBudget int           // rows of a step
	Chunk       int           // rows that prompts have of them at most; 0 is no bound
	PromptsHalf bool          // half of the rows are set aside for prompts
	PromptsOnly bool          // prompts have steps of their own
	Batched     bool          // nobody joins a batch that runs
	BatchWait   time.Duration // how long a batch is waited for
}

// Load is what is ahead of a new request.
type Load struct {
	Running      int // sequences in the batch
	Waiting      int // sequences in the queue
	PromptTokens int // still to be computed of their prompts, those that run included
}

// TTFT predicts the time from now to the first token of a request of so many tokens; 0 while
// nothing was measured.
func (r Rates) TTFT(l Limits, ahead Load, prompt int) time.Duration {
	if r == (Rates{}) {
		return 0
	}
	running := float64(min(ahead.Running, l.MaxBatch))
	rows := float64(ahead.PromptTokens + prompt)
	prefill := math.Ceil(rows / l.promptRows(running))
	wait := r.placeWait(l, ahead)
	var ns float64
	if l.PromptsOnly {
		ns = prefill*r.Step + wait*r.took(0, running)
	} else { // who generates does so in the same steps
		ns = max(prefill, wait) * r.took(0, running)
	}
	ns += r.Prompt * rows
	if l.Batched && ahead.Running == 0 {
		ns += float64(l.BatchWait)
	}
	return time.Duration(min(ns, math.MaxInt64/2))
}

// promptRows are the rows that prompts have in a step beside so many that generate.
func (l Limits) promptRows(generating float64) float64 {
	rows := float64(l.TokenBudget)
	switch {
	case l.PromptsHalf:
		rows = max(rows-generating, math.Floor(rows/2))
	case !l.PromptsOnly:
		rows -= generating
	}
	if l.Chunk > 0 {
		rows = min(rows, float64(l.Chunk))
	}
	return max(1, rows)
}

// placeWait is how many steps go by until the batch has a place.
func (r Rates) placeWait(l Limits, ahead Load) float64 {
	before := float64(ahead.Running + ahead.Waiting + 1 - l.MaxBatch) // have to end first
	if l.Batched {
		if ahead.Running == 0 {
			return r.Longest * math.Floor(float64(ahead.Waiting)/float64(l.MaxBatch))
		}
		return r.Longest * (1 + math.Floor(float64(ahead.Waiting)/float64(l.MaxBatch)))
	}
	if before <= 0 {
		return 0
	}
	return before * r.Stay / float64(l.MaxBatch) // one ends every Stay / MaxBatch steps
}
