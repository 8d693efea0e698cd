package stream

import "context"

// Turns is where a turn of a conversation waits for the reply to the turn before. Nil
// serves an attack without conversations.
type Turns struct {
	ended []chan struct{} // by sequence, closed when the request has ended
	said  []string        // by sequence, once it has: its prompt and what came of the reply
}

// NewTurns is for the calls of an attack, nil where none of them continues another.
func NewTurns(calls []Call) *Turns {
	var t *Turns
	for _, c := range calls {
		if c.Turn < 2 {
			continue
		}
		if t == nil {
			t = &Turns{ended: make([]chan struct{}, len(calls)), said: make([]string, len(calls))}
		}
		t.ended[c.After] = make(chan struct{})
	}
	return t
}

// Done says that a request has ended, and what was said up to then. It is called once
// for each.
func (t *Turns) Done(seq uint64, said string) {
	if t == nil || t.ended[seq] == nil {
		return
	}
	t.said[seq] = said
	close(t.ended[seq])
}

// wait returns what was said when the request after has ended, and whether that was yet
// to come. It fails when ctx is done before.
func (t *Turns) wait(ctx context.Context, after int) (said string, held bool, err error) {
	select {
	case <-t.ended[after]:
		return t.said[after], false, nil
	default:
	}
	select {
	case <-t.ended[after]:
		return t.said[after], true, nil
	case <-ctx.Done():
		return "", true, context.Cause(ctx)
	}
}

// follow waits for the turn before, and returns the body to be sent.
func (e *exchange) follow(call *Call) ([]byte, error) {
	e.said = call.Text
	if call.Turn < 2 {
		return call.Body, nil
	}
	said, held, err := e.t.Turns.wait(e.ctx, call.After)
	if held {
		e.request.Held = e.t.Clock.Now() - e.request.Dequeued
	}
	if err == nil && e.t.Context.Err() != nil { // the turn before may have ended of what ends this one, which is told later
		err = context.Cause(e.t.Context)
	}
	if err != nil || call.Compose == nil {
		return call.Body, err
	}
	e.said = said + call.New
	return call.Compose(e.said)
}

// reply is the text of all messages.
func (t *timeline) reply() string { return string(t.texts) }
