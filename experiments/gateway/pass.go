package gateway

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/assaylab/assay/loadgen/dialect"
)

// passed are the headers of servers' answers that clients get. What a provider says of its customer is not theirs.
var passed = []string{"Content-Type", "Cache-Control", "X-Accel-Buffering", "X-Request-Id", "Retry-After"}

// pass gives a client an answer that has begun. From here on there is no other server: what fails is seen to fail.
func (x *exchange) pass(a *answer, p *place) {
	defer a.body.Close()
	x.note.Rung = p.rung.Name
	x.note.FirstNS = x.config.Now().Sub(x.arrived).Nanoseconds()
	x.metrics.first(x, p)
	h := x.w.Header()
	for _, name := range passed {
		if v := a.header.Get(name); v != "" {
			h.Set(name, v)
		}
	}
	h.Set(HeaderRung, p.rung.Name)
	how, broken := answered, error(nil)
	if a.events == nil {
		how = x.whole(a, p)
	} else {
		x.w.WriteHeader(a.status)
		how, broken = x.stream(a, p)
	}
	cost := x.leave(p, &a.counts, how, a.status == http.StatusOK)
	x.learn(x.asked.bytes, &a.counts)
	x.ended(a, how, cost.Decimal(), p)
	if broken != nil {
		panic(http.ErrAbortHandler) // the client's connection ends as the server's did: without an end
	}
}

func (x *exchange) ended(a *answer, how outcome, cost string, p *place) {
	x.note.Outcome, x.note.Prompt, x.note.Output = how.String(), a.counts.prompt, a.counts.tokens()
	if p.paid {
		x.note.Cost = cost
	}
	x.metrics.requests.WithLabelValues(p.rung.Name, how.String()).Inc()
}

// extension is the member that names the rung.
func extension(rung string) string { return `"assay_rung":` + strconv.Quote(rung) }

// whole passes on an answer that is in one piece.
func (x *exchange) whole(a *answer, p *place) outcome {
	body := a.begun
	if a.status == http.StatusOK {
		body = extend(body, extension(p.rung.Name))
	}
	x.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	x.w.WriteHeader(a.status)
	if _, err := x.w.Write(body); err != nil {
		return cancelled
	}
	return answered
}

// stream passes on message after message, each at once. A client that reads slowly holds the server up, until it is given up.
func (x *exchange) stream(a *answer, p *place) (outcome, error) {
	out := &sink{w: x.w, control: http.NewResponseController(x.w), patience: x.config.Patience}
	begun := newEvents(bytes.NewReader(a.begun))
	for err := error(nil); err == nil; {
		var raw []byte
		raw, _, err = begun.next()
		if out.message(x.shown(raw, p)) != nil {
			return cancelled, nil
		}
	}
	err := a.over
	for err == nil {
		var raw []byte
		raw, _, err = a.message()
		if out.message(x.shown(raw, p)) != nil {
			return cancelled, nil
		}
	}
	switch {
	case x.r.Context().Err() != nil:
		return cancelled, nil
	case !errors.Is(err, io.EOF):
		return failed, err
	case a.counts.broken || !a.counts.finished && !a.decoder.Done():
		return failed, nil
	}
	return answered, nil
}

// shown is a message as the client gets it: with the rung in its usage, and none at all where it only has counts that the
// gateway alone asked for.
func (x *exchange) shown(raw []byte, p *place) []byte {
	if p.paid && !x.asked.usage && onlyUsage(raw) {
		return nil
	}
	return extend(raw, extension(p.rung.Name))
}

// onlyUsage says whether a message has counts and is no part of the answer.
func onlyUsage(raw []byte) bool {
	_, data, _ := newEvents(bytes.NewReader(raw)).next()
	d, err := dialect.Chat{}.NewDecoder().Decode(data)
	return err == nil && d.Usage != nil && !d.Message
}

// sink writes messages.
type sink struct {
	w        http.ResponseWriter
	control  *http.ResponseController
	patience time.Duration
}

func (s *sink) message(raw []byte) error {
	if len(raw) == 0 {
		return nil
	}
	_ = s.control.SetWriteDeadline(time.Now().Add(s.patience)) // not supported off the network, nor needed
	if _, err := s.w.Write(raw); err != nil {
		return err
	}
	return s.control.Flush()
}
