package gateway

import "time"

// outcome is what became of a request at a server.
type outcome int

const (
	answered  outcome = iota // whole, or refused for what it asked
	overload                 // the server refused it: it is there, and busy
	failed                   // no answer, or only a part of one
	cancelled                // by the client, or because another server was faster
)

func (o outcome) String() string {
	return [...]string{"answered", "overload", "failed", "cancelled"}[o]
}

// Ticket is a request that is at a server.
type Ticket struct {
	Decision
	prompt int
	whole  bool // the answer comes in one piece
	sent   time.Time
	first  time.Time // zero before
	epoch  int       // of the server's breaker
	alone  bool      // nobody was before it in the queue
	beside [2]int    // sequences that run with it, when it was sent and when its first token came
	turns  [2]float64
}

// Begin counts a request as sent.
func (c *Controller) Begin(now time.Time, d Decision, q Request) *Ticket {
	s := &c.servers[d.Server]
	t := &Ticket{Decision: d, prompt: q.Prompt, whole: q.Whole, sent: now, beside: [2]int{s.load.running}, turns: [2]float64{c.turns(d.Server)}}
	t.alone = s.load.waiting == 0 && s.load.running < s.pace.limits.MaxBatch
	t.epoch = s.breaker.begin(now)
	s.load.waiting++
	s.load.prompt += q.Prompt
	return t
}

// First is the first token of its answer. Actual is the time that it took from when the request came, which may have been to
// other servers before.
func (c *Controller) First(now time.Time, t *Ticket) {
	if !t.first.IsZero() {
		return
	}
	s := &c.servers[t.Server]
	t.first = now
	s.load.waiting--
	s.load.prompt -= t.prompt
	s.load.running++
	t.beside[1], t.turns[1] = s.load.running, c.turns(t.Server)
	if t.whole {
		return
	}
	took := now.Sub(t.sent)
	if t.TTFT > 0 {
		s.pace.margin.Learn(0, t.Bound, took, c.slo.TTFT, s.load.waiting)
	}
	if t.alone {
		s.pace.first(t.prompt, t.beside[0], took, (t.turns[0]+t.turns[1])/2)
	}
}

// End is the end of the request at its server, after so many tokens; 0 where they were not counted.
func (c *Controller) End(now time.Time, t *Ticket, tokens int, how outcome) {
	s := &c.servers[t.Server]
	s.breaker.end(now, t.epoch, how)
	if t.first.IsZero() {
		s.load.waiting--
		s.load.prompt -= t.prompt
		return
	}
	s.load.running--
	if how != answered || tokens < 1 {
		return
	}
	beside := float64(t.beside[1]+s.load.running+1) / 2
	share := (t.turns[1] + c.turns(t.Server)) / 2
	if !t.whole {
		s.pace.finished(tokens, beside, now.Sub(t.first), share)
	} else if t.alone { // a step more than tokens stands for the prompt
		s.pace.finished(tokens+2, beside, now.Sub(t.sent), share)
	}
	if r := &c.rungs[t.Rung]; r.longest == 0 && c.output == 0 {
		c.output = float64(tokens)
	}
}
