package stream

import (
	"cmp"

	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/result"
)

// message is an event of the answer that may carry generated tokens.
type message struct {
	at    int64
	read  int
	text  string
	total int // generated tokens up to and with this message, by the server; -1 where it does not say
}

// timeline collects what the events of one answer say.
type timeline struct {
	id, finish string
	messages   []message
	usage      dialect.Usage // the latest
}

// add takes up what an event says, and tells whether it is a message of the answer.
func (t *timeline) add(d dialect.Delta, at int64, read int) bool {
	t.id = cmp.Or(t.id, d.ID)
	t.finish = cmp.Or(d.Finish, t.finish)
	m := message{at: at, read: read, text: d.Text, total: -1}
	if d.Usage != nil {
		t.usage = *d.Usage
		m.total = d.Usage.Output
	}
	if !d.Message || m.text == "" && m.total <= 0 {
		return false
	}
	t.messages = append(t.messages, m)
	return true
}

// latest is the message that was added last, for those who watch.
func (t *timeline) latest(intended int64) Streamed {
	n := len(t.messages)
	m := t.messages[n-1]
	if n == 1 {
		return Streamed{First: true, At: m.at, Wait: m.at - intended, Tokens: max(1, m.total)}
	}
	before := t.messages[n-2]
	return Streamed{At: m.at, Wait: m.at - before.at, Tokens: max(1, m.total-before.total)}
}

// fill writes what was collected into r.
func (t *timeline) fill(r *result.Request, counter dialect.Counter) {
	r.ID, r.Finish = t.id, t.finish
	total := t.usage.Output
	r.PromptTokens, r.CachedTokens = t.usage.Prompt, t.usage.Cached
	tokens, exact := t.counted()
	if !exact {
		tokens = t.estimated(total, counter)
		r.Estimated = len(tokens) > 0
	}
	sum := 0
	for i, m := range t.messages {
		if tokens[i] > 0 {
			r.Events = append(r.Events, result.Event{At: m.at, Tokens: tokens[i], Read: m.read})
			sum += tokens[i]
		}
	}
	r.OutputTokens = cmp.Or(total, sum)
	if n := len(r.Events); n > 0 {
		r.First, r.FirstTokens, r.Last = r.Events[0].At, r.Events[0].Tokens, r.Events[n-1].At
	}
}

// counted gives each message the difference of the server's running totals, which
// is exact. It reports false where a message lacks a total, where totals run
// backwards, or where they stay 0 beside generated text: then the server's totals
// cannot be what they are called.
func (t *timeline) counted() (tokens []int, exact bool) {
	tokens = make([]int, len(t.messages))
	before := 0
	for i, m := range t.messages {
		if m.total < before {
			return nil, false
		}
		tokens[i] = m.total - before
		before = m.total
	}
	return tokens, before > 0 || len(t.messages) == 0
}

// estimated gives each message with text as many tokens as the counter sees in it,
// at least one, and one without a counter. Where the server told a total of at
// least one token per message, the estimates are scaled so that they add up to it:
// one each, and the rest in proportion.
func (t *timeline) estimated(total int, counter dialect.Counter) []int {
	tokens := make([]int, len(t.messages))
	sum, texts := 0, 0
	for i, m := range t.messages {
		if m.text == "" {
			continue
		}
		tokens[i] = 1
		if counter != nil {
			tokens[i] = max(1, counter.Count(m.text))
		}
		sum += tokens[i]
		texts++
	}
	if total < texts || total == sum {
		return tokens
	}
	share := func(upTo int) int { return (2*(total-texts)*upTo + sum) / (2 * sum) } // of the rest, rounded
	upTo := 0
	for i, weight := range tokens {
		if weight > 0 {
			tokens[i] = 1 + share(upTo+weight) - share(upTo)
			upTo += weight
		}
	}
	return tokens
}
