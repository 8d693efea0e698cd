package scenario

import (
	"fmt"
	"slices"
	"time"

	"github.com/assaylab/assay/loadgen/workload"
)

// What the turns of a conversation repeat as the replies to those before.
const (
	RepliesServed   = "served"   // what the server said
	RepliesScripted = "scripted" // spans of the text: the same prompts for every arm
)

// defaultAtOnce is how many conversations go on together.
const defaultAtOnce = 4

// Conversation makes requests be turns of conversations. Its zero value is none.
type Conversation struct {
	Turns      int           // of each
	UserTokens Length        // that the user adds in each later turn; zero where rows have it
	AtOnce     int           // conversations that go on together
	Think      time.Duration // least time between the due times of two turns of one
	Replies    string        // RepliesServed or RepliesScripted
}

// String words it; "" for none.
func (c Conversation) String() string {
	if c.Turns == 0 {
		return ""
	}
	s := fmt.Sprintf("%d turns, the user adding %s tokens in each later one, %d at once", c.Turns, c.UserTokens, c.AtOnce)
	if c.UserTokens.Distribution == "" {
		s = fmt.Sprintf("up to %d turns of rows, %d at once", c.Turns, c.AtOnce)
	}
	if c.Think > 0 {
		s += fmt.Sprintf(", %v to think", c.Think)
	}
	return s + ", replies are " + c.Replies
}

// Drawn is what the load generator makes of it.
func (c Conversation) Drawn() workload.Conversation {
	return workload.Conversation{Turns: c.Turns, User: c.UserTokens.Drawn(), AtOnce: c.AtOnce, Think: c.Think}
}

// Longest is the most tokens that one request has, its answer included.
func (l Workload) Longest() int {
	if l.Arrival == Recorded {
		return l.Trace.Read.Longest()
	}
	n := 0
	for _, c := range l.Streams() {
		n = max(n, c.longest())
	}
	return n
}

// conversation reads the table; with rows of a corpus the user's words are theirs.
func (t *table) conversation(rows bool) Conversation {
	c, ok := t.child("conversation")
	if !ok {
		return Conversation{}
	}
	if !c.has("turns") {
		c.missing("turns", fmt.Sprintf("a whole number from 2 to %d", workload.MaxTurns), "4")
	}
	k := Conversation{
		Turns:   c.integer("turns", 2, 2, workload.MaxTurns),
		AtOnce:  c.integer("at_once", defaultAtOnce, 1, mostConcurrent),
		Think:   c.duration("think", 0, "500ms"),
		Replies: c.choice("replies", RepliesServed, []string{RepliesServed, RepliesScripted}),
	}
	if !rows {
		k.UserTokens = c.length("user_tokens")
	} else if v, given := c.take("user_tokens"); given {
		c.bad("user_tokens", v, "no user_tokens with a corpus, whose rows have what the user says", "remove it")
	}
	c.finish()
	return k
}

// turnsHaveTimes wants an open loop for conversations: in a closed one no turn is due at a
// time of its own, so that nothing could be said of one that waits for a reply.
func (t *table) turnsHaveTimes(l *Workload) {
	if l.Arrival == Closed && slices.ContainsFunc(append(l.Classes, l.own()), func(c Class) bool { return c.Conversation.Turns > 0 }) {
		t.report(t.key("conversation"), `a conversation with arrival "closed"`, "an open loop, in which every turn is due at a time",
			`write arrival = "poisson" and rates`)
	}
}
