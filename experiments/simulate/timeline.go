package simulate

import (
	"math"

	"github.com/assaylab/assay/loadgen/result"
)

// Timeline is what became of one request. Stamps are nanoseconds; First, Last and Tokens are the client's.
type Timeline struct {
	Request
	Seq         int // in the order of the source
	Replica     int
	Arrived     int64 // at the engine
	Started     int64 // of its first step
	First, Last int64
	Tokens      []int64 // of each token, where they are kept
	Cached      int     // prompt tokens found in the prefix cache
	Preemptions int
	Refused     bool
	Measured    bool
}

// Result is the timeline as the load generator would have recorded it. What is not simulated, such as when it had a
// connection, is as if it took no time.
func (t *Timeline) Result() result.Request {
	r := result.New(uint64(t.Seq))
	r.Intended, r.Dequeued, r.Conn, r.Sent = t.At, t.At, t.At, t.At
	r.AskedPrompt, r.AskedOutput, r.PromptTokens = t.Prompt, max(t.Asked, t.Output), t.Prompt
	if t.Refused {
		r.Status, r.Outcome, r.End = 503, result.Overloaded, t.At
		return r
	}
	r.Status, r.Outcome, r.Finish = 200, result.OK, "length"
	r.Headers, r.First, r.Last, r.End = t.First, t.First, t.Last, t.Last
	r.CachedTokens, r.OutputTokens, r.FirstTokens = t.Cached, t.Output, 1
	for i, at := range t.Tokens {
		r.Events = append(r.Events, result.Event{At: at, Tokens: 1, Read: i})
	}
	return r
}

// leave puts the client's stamps in place of the engine's.
func (t *Timeline) leave(o *Overhead, noisy bool, seed uint64) {
	out, last := o.Out, o.OutLast
	if noisy && len(o.OutResiduals) > 0 {
		x := o.OutResiduals[mix(seed^mix(uint64(t.Seq))^outStream)%uint64(len(o.OutResiduals))]
		out, last = out+x, last+x
	}
	first, end := int64(math.Round(max(0, out))), int64(math.Round(max(0, last)))
	engineFirst, engineLast := t.First, t.Last
	t.First = engineFirst + first
	t.Last = max(t.First, engineLast+end)
	if engineFirst == engineLast {
		t.Last = t.First
	}
	for i := range t.Tokens {
		switch {
		case i == 0:
			t.Tokens[i] = t.First
		case i == len(t.Tokens)-1:
			t.Tokens[i] = t.Last
		default:
			t.Tokens[i] = min(t.Last, max(t.Tokens[i-1], t.Tokens[i]+end))
		}
	}
}

// enter is when a request gets to the engine.
func (q *Request) enter(o *Overhead, noisy bool, seed uint64, seq int) int64 {
	in := o.in(q.Prompt)
	if noisy && len(o.InResiduals) > 0 {
		in += o.InResiduals[mix(seed^mix(uint64(seq))^inStream)%uint64(len(o.InResiduals))]
	}
	return q.At + int64(math.Round(max(0, in)))
}

const (
	inStream  = 0x696e0000
	outStream = 0x6f757400
)
