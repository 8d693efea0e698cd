package scripted

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Script is the answer to one request.
type Script struct {
	Delay  time.Duration     // before the response header
	Status int               // 0 for 200
	Header map[string]string // besides Content-Type, which is text/event-stream unless it is here
	Raw    string            // sent in place of the whole HTTP response, where not empty
	Steps  []Step
	End    End

	Trailer map[string]string // after a body that is Complete
}

// Step is one write to the socket.
type Step struct {
	Wait   time.Duration // after the step before it
	Bytes  string        // written and flushed at once
	Tokens []int         // generated tokens of each message that this write completes
}

// End is how an answer ends after its steps.
type End int

// Ends of an answer.
const (
	Complete   End = iota // the body ends as HTTP wants it
	Cut                   // the connection closes without the body's end
	Reset                 // the connection is reset
	Stall                 // nothing more comes until the client leaves
	ResetEarly            // the connection is reset in place of an answer
)

// player performs one script.
type player struct {
	server *Server
	record *Served
	w      http.ResponseWriter
	ctx    context.Context // done when the client leaves
}

func (p *player) play(s Script) error {
	if err := pause(p.ctx, s.Delay); err != nil {
		return err
	}
	if s.End == ResetEarly {
		return p.reset()
	}
	if s.Raw != "" {
		return p.raw(s.Raw)
	}
	if err := p.header(s); err != nil {
		return err
	}
	for _, step := range s.Steps {
		if err := p.step(step); err != nil {
			return err
		}
	}
	switch s.End {
	case Cut:
		panic(http.ErrAbortHandler) // net/http's own way of dropping a connection
	case Reset:
		return p.reset()
	case Stall:
		<-p.ctx.Done()
		return errGone
	}
	for k, v := range s.Trailer {
		p.w.Header().Set(http.TrailerPrefix+k, v)
	}
	return nil
}

func (p *player) header(s Script) error {
	h := p.w.Header()
	h.Set("Content-Type", "text/event-stream")
	for k, v := range s.Header {
		h.Set(k, v)
	}
	p.server.update(func() { p.record.Answered = time.Now() })
	status := s.Status
	if status == 0 {
		status = http.StatusOK
	}
	p.w.WriteHeader(status)
	return p.flush()
}

func (p *player) step(step Step) error {
	if err := pause(p.ctx, step.Wait); err != nil {
		return err
	}
	sent := Sent{Before: time.Now(), Tokens: step.Tokens}
	if _, err := p.w.Write([]byte(step.Bytes)); err != nil {
		return errGone
	}
	if err := p.flush(); err != nil {
		return err
	}
	sent.After = time.Now()
	p.server.update(func() { p.record.Steps = append(p.record.Steps, sent) })
	return nil
}

func (p *player) flush() error {
	if err := http.NewResponseController(p.w).Flush(); err != nil {
		return errGone
	}
	return nil
}

// reset closes the connection so that the client sees it reset, not ended.
func (p *player) reset() error {
	conn, err := p.hijack()
	if err != nil {
		return err
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		err = tcp.SetLinger(0)
	}
	return errors.Join(err, conn.Close())
}

func (p *player) raw(text string) error {
	conn, err := p.hijack()
	if err != nil {
		return err
	}
	_, err = conn.Write([]byte(text))
	return errors.Join(err, conn.Close())
}

func (p *player) hijack() (net.Conn, error) {
	conn, _, err := http.NewResponseController(p.w).Hijack()
	if err != nil {
		return nil, fmt.Errorf("scripted server: take over the connection: %w", err)
	}
	return conn, nil
}
