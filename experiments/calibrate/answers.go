package calibrate

import (
	"net/http"
	"strings"
	"time"

	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/scripted"
)

const ms = time.Millisecond

// answer is a kind of answer with what the lab must make of it.
type answer struct {
	name      string // in words
	script    scripted.Script
	outcome   string
	tokens    []int // of each message that has some
	total     int   // output tokens
	estimated bool  // the token counts are the lab's own
	timed     bool  // its times are compared: it ends well, and its server counts right
}

// steady is the answer that most requests get: the gaps between its messages are those of a fast server.
func steady() *answer {
	a := scripted.Steady(15*ms, 5*ms, 24)
	a.Chat = true
	return told("a token at a time", a)
}

// traps are the answers that harnesses are known to misread.
func traps() []*answer {
	word := func(gap time.Duration) scripted.Part { return scripted.Message(gap, 1, " w") }
	chat := func(parts ...scripted.Part) scripted.Answer {
		return scripted.Answer{Chat: true, Prompt: 3, Finish: "stop", Parts: parts}
	}
	late := chat(word(10*ms), word(5*ms), word(5*ms), word(5*ms), word(5*ms), word(5*ms))
	late.Usage = scripted.Final
	short := late
	short.Skew = -3
	all := []*answer{
		told("several tokens in a message", chat(scripted.Message(20*ms, 2, " a b"), word(10*ms), scripted.Message(20*ms, 4, " c d e f"), scripted.Message(12*ms, 3, " g h i"))),
		told("several messages in one write", chat(word(20*ms), word(10*ms), word(0).Joined(), word(10*ms), scripted.Message(0, 2, " x y").Joined())),
		told("a first message that only names the role", chat(scripted.Role(5*ms), word(25*ms), word(5*ms), word(5*ms))),
		told("reasoning before the answer", chat(scripted.Role(2*ms), scripted.Reasoning(15*ms, 3, " so it is"), scripted.Reasoning(10*ms, 1, " hm"), word(10*ms), word(5*ms))),
		told("comments that keep the connection alive", chat(scripted.Comment(10*ms), word(10*ms), scripted.Comment(10*ms), scripted.Comment(10*ms), word(10*ms))),
		told("messages split over several reads", chat(word(15*ms).Split(1, 9, 60), word(10*ms).Split(30), scripted.Message(10*ms, 2, " é€ ü").Split(50, 120))).apart(2 * ms),
		told("a stall of 150 ms", chat(word(10*ms), word(5*ms), word(150*ms), word(5*ms))),
		told("token counts at the end alone", late).guessed(6),
		told("a token count that is too low", short).guessed(3),
	}
	return append(all, failures(chat)...)
}

// failures end in each of the ways in which an answer can.
func failures(chat func(...scripted.Part) scripted.Answer) []*answer {
	a, b := scripted.Message(5*ms, 1, " a"), scripted.Message(5*ms, 2, " b c")
	ending := func(end scripted.End) scripted.Script {
		x := chat(a, b)
		x.NoDone, x.Finish, x.Usage, x.End = true, "", scripted.Continuous, end
		return x.Script()
	}
	return []*answer{
		{name: "an error in the stream", script: chat(a, b, scripted.Failure(5*ms, "out of blocks")).Script(), outcome: result.StreamErr, tokens: []int{1, 2}, total: 3},
		{name: "a stream without its end", script: ending(scripted.Complete), outcome: result.Truncated, tokens: []int{1, 2}, total: 3},
		{name: "a connection that breaks", script: ending(scripted.Cut), outcome: result.Reset, tokens: []int{1, 2}, total: 3},
		{name: "an event that is none", script: chat(a, scripted.Verbatim(5*ms, "data: {broken\n\n"), b).Script(), outcome: result.Malformed, tokens: []int{1}, total: 1},
		{name: "an overloaded server", script: scripted.Refuse(http.StatusServiceUnavailable, 1, "queue is full"), outcome: result.Overloaded},
		{name: "a refusal", script: scripted.Refuse(http.StatusBadRequest, 0, "no such model"), outcome: result.HTTPError},
	}
}

// endless gives two tokens and then nothing more: only its deadline ends it.
func endless() *answer {
	x := scripted.Steady(ms, ms, 2)
	x.Chat, x.NoDone, x.Finish, x.Usage, x.End = true, true, "", scripted.Absent, scripted.Stall
	return &answer{name: "an answer that never ends", script: x.Script(), outcome: result.Timeout, tokens: []int{1, 1}, total: 2, estimated: true}
}

// told is an answer that ends well and is counted message by message.
func told(name string, a scripted.Answer) *answer {
	out := &answer{name: name, script: a.Script(), outcome: result.OK, total: a.Tokens(), timed: true}
	for _, s := range out.script.Steps {
		out.tokens = append(out.tokens, s.Tokens...)
	}
	return out
}

// guessed is a whose server says how many tokens there were when it is over. What it says is taken, right or wrong.
func (a *answer) guessed(total int) *answer {
	a.timed, a.total, a.estimated = total == a.total, total, true
	return a
}

// apart puts a pause before every write that only goes on with a message, or it would be read together with the one before.
func (a *answer) apart(pause time.Duration) *answer {
	open := false
	for i := range a.script.Steps {
		s := &a.script.Steps[i]
		if open {
			s.Wait += pause
		}
		open = !strings.HasSuffix(s.Bytes, "\n\n")
	}
	return a
}
