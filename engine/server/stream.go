package server

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// stream answers with server-sent events: one message per engine step and choice.
// Failures after the header are told in the stream, which then ends without [DONE].
func (s *Server) stream(ctx context.Context, w *response, j *job, g *group) {
	out := s.newEvents(w, j)
	err := out.open(len(g.cancels))
	if err == nil {
		err = s.follow(ctx, j, g, out.piece)
	}
	switch {
	case ctx.Err() != nil || out.broken: // nobody is there to tell
		j.outcome.left = true
	case err != nil:
		s.fail(j, err)
		_ = out.send(asError(err)) // the last message: whether it arrives changes nothing
	default:
		_ = out.close()
	}
}

// events writes the messages of one stream.
type events struct {
	w       http.ResponseWriter
	control *http.ResponseController
	timeout time.Duration
	job     *job
	message envelope // reused for each message
	usage   streamOptions
	broken  bool // a write has failed
}

func (s *Server) newEvents(w http.ResponseWriter, j *job) *events {
	_, object := j.shape.objects()
	out := &events{w: w, control: http.NewResponseController(w), timeout: s.config.SendTimeout, job: j,
		message: s.envelope(j, object)}
	if j.request.usage != nil {
		out.usage = *j.request.usage
	}
	return out
}

// open sends the header, so that the client knows that it was taken, and what each
// choice starts with.
func (e *events) open(choices int) error {
	h := e.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Accel-Buffering", "no") // a proxy in front shall not hold messages back
	e.w.WriteHeader(http.StatusOK)
	for choice := range choices {
		if start := e.job.shape.opening(choice); start != nil {
			if err := e.chunk(start); err != nil {
				return err
			}
		}
	}
	return e.flush()
}

// piece sends one piece. One that shows nothing is sent only to carry its count.
func (e *events) piece(choice int, p piece) error {
	if p.text == "" && p.finish == "" && len(p.logprobs) == 0 && !(e.usage.continuous && p.tokens > 0) {
		return nil
	}
	return e.chunk(e.job.shape.chunk(choice, p))
}

func (e *events) chunk(choice any) error {
	e.message.Choices = append(e.message.Choices[:0], choice)
	e.message.Usage = e.usageNow()
	return e.send(e.message)
}

// usageNow is what a message with a choice says of usage: the counts so far, or null
// where only the last message has them, or nothing.
func (e *events) usageNow() json.RawMessage {
	switch {
	case e.usage.continuous:
		return marshal(e.job.counts.usage())
	case e.usage.final:
		return json.RawMessage("null")
	}
	return nil
}

// close ends a stream that went well.
func (e *events) close() error {
	if e.usage.final {
		e.message.Choices = []any{}
		e.message.Usage = marshal(e.job.counts.usage())
		if err := e.send(e.message); err != nil {
			return err
		}
	}
	return e.write([]byte("[DONE]"))
}

func (e *events) send(v any) error { return e.write(marshal(v)) }

// write sends one message at once.
func (e *events) write(data []byte) error {
	// A deadline is not supported by every writer, and not needed off the network.
	// It also bounds what net/http writes after the last message, and net/http takes
	// it away before the connection's next request.
	_ = e.control.SetWriteDeadline(time.Now().Add(e.timeout))
	message := bytes.Join([][]byte{[]byte("data: "), data, []byte("\n\n")}, nil)
	if _, err := e.w.Write(message); err != nil {
		e.broken = true
		return err
	}
	return e.flush()
}

func (e *events) flush() error {
	err := e.control.Flush()
	e.broken = e.broken || err != nil
	return err
}
