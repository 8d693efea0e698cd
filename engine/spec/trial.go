package spec

import (
	"math/bits"
	"time"
)

// trials say whether drafts pay by comparing how fast answers come with them and without, in turn, for batches
// of about one size each. They are there for what an estimate from single costs misses: it takes one number for
// what depends on the batch, the cache and the machine's mood.
type trials [trialSizes]trial

// trialSizes are batches of 1, 2, 3 to 4, 5 to 8 and so on.
const trialSizes = 10

// A trial lasts so many steps, which are with drafts and without in turn, so many at a time: long enough for what a
// change costs to weigh little, short enough for the machine to be the same.
const (
	trialTurn  = 16
	trialSteps = 8 * trialTurn
	trialHolds = 2048 // steps for which what came of it holds; twice as many each time that drafts lose again
	mostHolds  = 32 * trialHolds
)

// trial is of one size of batch.
type trial struct {
	firsts  int  // probes that were made to know anything
	left    int  // steps of the trial that is under way; 0 for none
	holds   int  // steps for which its outcome holds
	on      bool // the step that was chosen last is one of them
	lost    bool // the last one: nothing is drafted
	lostFor int  // steps for which an outcome that lost held the last time
	took    [2]time.Duration
	tokens  [2]int
}

func (t *trials) of(batch int) *trial { return &t[min(bits.Len(uint(batch-1)), trialSizes-1)] }

// allows reports whether this step may draft, when drafts look worth it.
func (t *trial) allows() bool {
	switch {
	case t.holds > 0:
		t.holds--
		return !t.lost
	case t.left == 0:
		t.left, t.took, t.tokens = trialSteps, [2]time.Duration{}, [2]int{}
	}
	t.on = true
	with := (trialSteps-t.left)/trialTurn%2 == 0
	if t.left--; t.left == 0 {
		t.decide()
	}
	return with
}

// observe notes a step of generated rows alone. Those between that drafts did not look worth it in are of other times.
func (t *trial) observe(drafted bool, tokens int, took time.Duration) {
	if !t.on {
		return
	}
	side := 0
	if drafted {
		side = 1
	}
	t.took[side], t.tokens[side] = t.took[side]+took, t.tokens[side]+tokens
}

// decide ends a trial. Without steps of both kinds nothing is known, and drafts may go on.
func (t *trial) decide() {
	t.lost = false
	if t.tokens[0] > 0 && t.tokens[1] > 0 {
		t.lost = t.took[1].Seconds()/float64(t.tokens[1]) > t.took[0].Seconds()/float64(t.tokens[0])
	}
	t.holds = trialHolds
	if t.lost {
		t.lostFor = min(max(trialHolds, 2*t.lostFor), mostHolds)
		t.holds = t.lostFor
	} else {
		t.lostFor = 0
	}
}
