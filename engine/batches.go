package engine

import "time"

// BatchSteps counts the steps that decode and do nothing else, of batches of one size: every sequence
// computes the token drawn last, and drafts after it. Steps with positions of prompts, or with what a
// preempted sequence computes again, are in none.
type BatchSteps struct {
	Steps     int64
	Sequences int64         // added up over the steps
	Rows      int64         // computed, drafts included
	Tokens    int64         // that came of them
	Busy      time.Duration // inside these steps
	Drafting  time.Duration // of Busy: finding drafts
}

// batchSizes is how many sizes of batches are told apart.
const batchSizes = 64

// countBatch books a step of which finding drafts and all of it took so long, and that generated so many tokens.
func (l *loop) countBatch(tokens int64, drafting, took time.Duration) {
	rows, plain, drafts := 0, true, false
	for i := range l.plan.Items {
		it := &l.plan.Items[i]
		plain = plain && it.From >= it.Seq.Prompt && it.To-it.From == 1
		drafts = drafts || len(it.Draft) > 0
		rows += it.To - it.From + len(it.Draft)
	}
	if drafts {
		l.stats.VerifySteps++
		l.stats.VerifyTime += took - drafting
	}
	n := len(l.plan.Items)
	if !plain || n == 0 {
		return
	}
	b := &l.stats.Batches[min(n, len(l.stats.Batches))-1]
	b.Steps++
	b.Sequences += int64(n)
	b.Rows += int64(rows)
	b.Tokens += tokens
	b.Busy += took
	b.Drafting += drafting
}
