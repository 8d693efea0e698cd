package stream

import (
	"cmp"
	"math"

	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/result"
)

// message is an event of the answer that may carry generated tokens. Very many are kept: they hold no pointer, so that the
// garbage collector need not look into them.
type message struct {
	at      int64
	read    int32
	end     int32 // of its text, in the timeline's
	total   int32 // generated tokens up to and with this message, by the server; -1 where it does not say
	thought bool  // its text is reasoning
}

// timeline collects what the events of one answer say.
type timeline struct {
	id, model    string
	finish, said string
	messages     []message
	texts        []byte        // of all messages
	usage        dialect.Usage // the latest
}

// text is that of message i.
func (t *timeline) text(i int) []byte {
	begin := int32(0)
	if i > 0 {
		begin = t.messages[i-1].end
	}
	return t.texts[begin:t.messages[i].end]
}

// add takes up what an event says, and tells whether it is a message of the answer.
func (t *timeline) add(d dialect.Delta, at int64, read int) bool {
	t.id = cmp.Or(t.id, d.ID)
	t.model = cmp.Or(t.model, d.Model)
	if d.Finish != "" {
		t.finish, t.said = d.Finish, d.Said
	}
	m := message{at: at, read: int32(read), thought: d.Thought, total: -1}
	if d.Usage != nil {
		t.usage = *d.Usage
		if total := d.Usage.Output; !d.Late && (total > 0 || d.Text == "") { // a total of 0 beside text counts something else
			m.total = int32(max(-1, min(total, math.MaxInt32)))
		}
	}
	if !d.Message || d.Text == "" && m.total <= 0 {
		return false
	}
	if len(d.Text) <= math.MaxInt32-len(t.texts) {
		t.texts = append(t.texts, d.Text...)
	}
	m.end = int32(len(t.texts))
	t.messages = append(t.messages, m)
	return true
}

// latest is the message that was added last, for those who watch.
func (t *timeline) latest(intended int64) Streamed {
	n := len(t.messages)
	m := t.messages[n-1]
	if n == 1 {
		return Streamed{First: true, At: m.at, Wait: m.at - intended, Tokens: max(1, int(m.total))}
	}
	before := t.messages[n-2]
	return Streamed{At: m.at, Wait: m.at - before.at, Tokens: max(1, int(m.total-before.total))}
}

// fill writes what was collected into r.
func (t *timeline) fill(r *result.Request, counter dialect.Counter) {
	r.ID, r.Model, r.Finish, r.Said = t.id, t.model, t.finish, t.said
	total := t.usage.Output
	r.PromptTokens, r.CachedTokens, r.Written, r.Reasoning = t.usage.Prompt, t.usage.Cached, t.usage.Written, t.usage.Reasoning
	tokens, exact := t.counted()
	if !exact {
		tokens = t.estimated(counter)
		r.Estimated = len(tokens) > 0
	}
	sum := 0
	for i, m := range t.messages {
		if tokens[i] > 0 {
			r.Events = append(r.Events, result.Event{At: m.at, Tokens: tokens[i], Read: int(m.read)})
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
	before := int32(0)
	for i, m := range t.messages {
		if m.total < before {
			return nil, false
		}
		tokens[i] = int(m.total - before)
		before = m.total
	}
	return tokens, before > 0 || len(t.messages) == 0
}

// estimated gives each message with text as many tokens as the counter sees in it, at least
// one, and one without a counter. Where the server told a total, the estimates are scaled so that
// they add up to it. Reasoning that the server counts and sends is divided among its own
// messages; what it does not send came before the first message that it does.
func (t *timeline) estimated(counter dialect.Counter) []int {
	tokens := make([]int, len(t.messages))
	var thoughts, answer, all []int
	for i, m := range t.messages {
		text := t.text(i)
		if len(text) == 0 {
			continue
		}
		tokens[i] = 1
		if counter != nil {
			tokens[i] = max(1, counter.Count(string(text)))
		}
		all = append(all, i)
		if m.thought {
			thoughts = append(thoughts, i)
		} else {
			answer = append(answer, i)
		}
	}
	total, reasoning := t.usage.Output, t.usage.Reasoning
	rest := total - reasoning
	switch {
	case reasoning <= 0 || len(all) == 0 || rest < len(answer) || len(thoughts) > reasoning:
		scale(tokens, all, total)
	case len(thoughts) == 0:
		scale(tokens, all, rest)
		tokens[all[0]] += reasoning
	default:
		scale(tokens, thoughts, reasoning)
		scale(tokens, answer, rest)
	}
	return tokens
}

// scale makes the estimates of some messages add up to a total of at least one token each: one
// for each, and the rest in proportion.
func scale(tokens, of []int, total int) {
	sum := 0
	for _, i := range of {
		sum += tokens[i]
	}
	if total < len(of) || total == sum {
		return
	}
	rest := total - len(of)
	share := func(upTo int) int { return (2*rest*upTo + sum) / (2 * sum) } // rounded
	upTo := 0
	for _, i := range of {
		weight := tokens[i]
		tokens[i] = 1 + share(upTo+weight) - share(upTo)
		upTo += weight
	}
}
