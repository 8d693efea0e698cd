package workload

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Conversation makes requests be turns of conversations. The first turn is a prompt of
// the Spec; the prompt of each later one is everything that was said before it, the
// reply to the turn before included, and what the user says next.
type Conversation struct {
	Turns  int           // of each conversation, at least 2
	User   Length        // tokens that the user adds in each later turn
	AtOnce int           // conversations that go on together
	Think  time.Duration // least time between the due times of two turns of one conversation
}

// MaxTurns bounds Conversation.Turns.
const MaxTurns = 1024

// Validate says what is wrong with c.
func (c Conversation) Validate() error {
	if err := c.User.Validate(); err != nil {
		return fmt.Errorf("conversation: user tokens: %w", err)
	}
	switch {
	case c.Turns < 2 || c.Turns > MaxTurns:
		return fmt.Errorf("conversation: %d turns, expected 2 to %d", c.Turns, MaxTurns)
	case c.AtOnce < 1:
		return fmt.Errorf("conversation: %d at once, expected at least 1", c.AtOnce)
	case c.Think < 0:
		return fmt.Errorf("conversation: think time is %v, expected 0 or more", c.Think)
	}
	return nil
}

// Turns makes the prompts of requests that are due at the given nanoseconds, which never
// decrease, as turns of conversations. The replies inside them are scripted: spans of the
// corpus of as many tokens as the turn asks for. Prompt.New is what a caller needs to put
// the server's own replies in their place.
func (c *Corpus) Turns(spec Spec, talk Conversation, key Key, due []int64, warmup bool) ([]Prompt, error) {
	if err := talk.Validate(); err != nil {
		return nil, err
	}
	d, err := c.newDealer(spec, key, warmup)
	if err != nil {
		return nil, err
	}
	d.talk, d.users = talk, key.Rand(d.purpose+"user")
	prompts := make([]Prompt, len(due))
	for i, t := range talk.seat(due, key.Rand(d.purpose+"seat"), func(int) int { return talk.Turns }) {
		p, err := Prompt{}, error(nil)
		if t.number == 1 {
			p, err = d.opening()
		} else {
			p, err = d.next(prompts[t.after])
		}
		if err != nil {
			return nil, fmt.Errorf("prompt %d of %d, turn %d: %w", i+1, len(due), t.number, err)
		}
		p.Turn, p.After = t.number, t.after
		prompts[i] = p
	}
	return prompts, nil
}

// next continues a conversation: a reply of the length that was asked for, and the user's
// next words.
func (d *dealer) next(before Prompt) (Prompt, error) {
	said, err := d.add(before, before.MaxTokens)
	if err != nil {
		return Prompt{}, fmt.Errorf("reply: %w", err)
	}
	p, err := d.add(said, d.talk.User.Sample(d.users))
	if err != nil {
		return Prompt{}, err
	}
	p.New, p.Repeat = p.Text[len(said.Text):], p.Repeat || said.Repeat
	p.Group, p.MaxTokens = before.Group, d.spec.Output.Sample(d.outputs)
	return p, nil
}

// add appends a span of so many tokens.
func (d *dealer) add(to Prompt, tokens int) (Prompt, error) {
	return d.spans.cut(to.Text, tokens, len(to.Tokens)+tokens, d.spec.Special)
}

// turn is a request's place in its conversation.
type turn struct {
	number int // from 1
	after  int // the request that is the turn before; of the first, 0
	of     int // turns that the conversation has
}

// seat gives every request to a conversation; open begins one with a request, and says how many turns it has. A
// conversation whose last turn was due at least Think before is ready, and so is a seat whose conversation is over, or
// has not begun; each ready seat is as likely as the others. Where none is, one more is put there.
func (c Conversation) seat(due []int64, rng *rand.Rand, open func(request int) int) []turn {
	turns := make([]turn, len(due))
	last := make([]int, c.AtOnce) // request of each seat's last turn
	for i := range last {
		last[i] = -1
	}
	over := func(l int) bool { return l < 0 || turns[l].number == turns[l].of }
	var ready []int
	for i := range due {
		ready = ready[:0]
		for s, l := range last {
			if over(l) || due[i]-due[l] >= int64(c.Think) {
				ready = append(ready, s)
			}
		}
		if len(ready) == 0 {
			ready, last = append(ready, len(last)), append(last, -1)
		}
		s := ready[rng.IntN(len(ready))]
		if l := last[s]; over(l) {
			turns[i] = turn{number: 1, of: open(i)}
		} else {
			turns[i] = turn{turns[l].number + 1, l, turns[l].of}
		}
		last[s] = i
	}
	return turns
}
