package exam

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/stream"
	"github.com/assaylab/assay/loadgen/workload"
)

// Server is whom items are asked of.
type Server struct {
	Base    string // URL without a final slash
	Kind    dialect.Kind
	Options dialect.Options // of every request; answers are greedy, unless ServerSampling is set
	Client  *http.Client
	// Purse is asked before every request, and told of its end; nil bounds nothing.
	Purse Purse
	// Sleep waits between tries of a request that a server has no room for; nil is time.Sleep's.
	Sleep func(ctx context.Context, d time.Duration) error

	Retries int // so far
}

// Purse bounds what a server is asked. Its calls come in pairs, one request at a time.
type Purse interface {
	// Spend says why a request is not sent that has this prompt and so many tokens of an answer at most; nil where it is.
	Spend(prompt string, most int) error
	// Spent says what the server counted, nil where it does not say; and whether it turned the request away.
	Spent(u *dialect.Usage, turnedAway bool) error
}

// Bounds of one answer.
const (
	largestAnswer = 16 << 20
	mostTries     = 4
	longestWait   = time.Minute
)

// Continues says whether a server of the dialect continues a text, rather than answering a message.
func Continues(k dialect.Kind) bool {
	switch k.Dialect.(type) {
	case dialect.Completions, dialect.Triton, dialect.KServe:
		return true
	}
	return false
}

// Write has an answer written to each of asks. Progress, which may be nil, hears how many there are.
func (s *Server) Write(ctx context.Context, asks []Ask, progress func(done int)) ([]Written, error) {
	all := make([]Written, len(asks))
	for i, a := range asks {
		w, err := s.write(ctx, a)
		if err != nil {
			return nil, fmt.Errorf("item %d of %d: %w", i+1, len(asks), err)
		}
		all[i] = w
		if progress != nil {
			progress(i + 1)
		}
	}
	return all, nil
}

func (s *Server) write(ctx context.Context, a Ask) (Written, error) {
	call, err := s.encode(a)
	if err != nil {
		return Written{}, err
	}
	var w Written
	err = s.try(ctx, a.Prompt, a.Max, func() (*dialect.Usage, error) {
		var u *dialect.Usage
		w, u, err = s.once(ctx, call)
		return u, err
	})
	return w, err
}

// encode makes the request. Where the dialect cannot be told as many texts that end an answer, none
// is sent, and what comes behind them is cut off by who judges.
func (s *Server) encode(a Ask) (dialect.Call, error) {
	o := s.Options
	o.Temperature, o.TopP, o.TopK, o.Seed, o.IgnoreEOS = 0, 0, 0, nil, false
	o.Stop = append(slices.Clone(o.Stop), a.Stop...)
	p := workload.Prompt{Text: a.Prompt, MaxTokens: a.Max, Group: -1}
	call, err := s.Kind.Dialect.Encode(p, o)
	var u *dialect.UnsupportedError
	if errors.As(err, &u) && u.Option == "stop" && len(a.Stop) > 0 {
		o.Stop = s.Options.Stop
		call, err = s.Kind.Dialect.Encode(p, o)
	}
	return call, err
}

// turnedAway is an answer that is none: the server did nothing.
type turnedAway struct {
	reason string
	busy   bool          // it has no room now
	wait   time.Duration // for so long, 0 where it is not said
}

func (e *turnedAway) Error() string { return e.reason }

// unsent is why a request was not sent.
type unsent struct{ error }

func (e *unsent) Unwrap() error { return e.error }

// try sends a request until it is answered, and again where the server has no room: which of the answers
// counts does not depend on it, since they are greedy.
func (s *Server) try(ctx context.Context, prompt string, most int, send func() (*dialect.Usage, error)) error {
	for n := 1; ; n++ {
		err := s.paid(prompt, most, send)
		var away *turnedAway
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !errors.As(err, &away) || !away.busy:
			return s.redacted(err)
		case n == mostTries:
			return s.redacted(fmt.Errorf("%w (tried %d times)", err, n))
		}
		s.Retries++
		if err := s.sleep(ctx, away.wait, n); err != nil {
			return err
		}
	}
}

// paid sends a request if the purse lets it.
func (s *Server) paid(prompt string, most int, send func() (*dialect.Usage, error)) error {
	if s.Purse == nil {
		_, err := send()
		return err
	}
	if err := s.Purse.Spend(prompt, most); err != nil {
		return &unsent{err}
	}
	u, err := send()
	var away *turnedAway
	return errors.Join(err, s.Purse.Spent(u, errors.As(err, &away)))
}

func (s *Server) redacted(err error) error {
	if err == nil {
		return nil
	}
	if text := s.Options.Key.Redact(err.Error()); text != err.Error() {
		return errors.New(text)
	}
	return err
}

// sleep waits as long as the server wants it, or a second, two, four.
func (s *Server) sleep(ctx context.Context, wanted time.Duration, try int) error {
	d := min(wanted, longestWait)
	if d <= 0 {
		d = time.Second << (try - 1)
	}
	if s.Sleep != nil {
		return s.Sleep(ctx, d)
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// post sends a body and returns the answer, of which the status is 200.
func (s *Server) post(ctx context.Context, path string, header http.Header, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, values := range header {
		req.Header[name] = values
	}
	s.Kind.Auth(s.Options.Key).Sign(req.Header)
	res, err := s.Client.Do(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode == http.StatusOK {
		return res, nil
	}
	defer res.Body.Close()
	const excerpt = 300
	text, _ := io.ReadAll(io.LimitReader(res.Body, excerpt))
	reason := fmt.Sprintf("%s answers %s: %s", s.Base+path, res.Status, bytes.TrimSpace(text))
	e := &turnedAway{reason: reason, wait: dialect.ReadHead(res.Header).RetryAfter}
	switch res.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, dialect.StatusOverloaded:
		e.busy = true
	}
	return nil, e
}

// once sends a request and reads the whole answer.
func (s *Server) once(ctx context.Context, call dialect.Call) (Written, *dialect.Usage, error) {
	res, err := s.post(ctx, call.Path, call.Header, call.Body)
	if err != nil {
		return Written{}, nil, err
	}
	defer res.Body.Close()
	var a answer
	if err := stream.ReadWhole(io.LimitReader(res.Body, largestAnswer), s.Kind.Dialect.NewDecoder(), a.take); err != nil {
		return Written{}, a.usage, fmt.Errorf("%s: %w", s.Base+call.Path, err)
	}
	return Written{Text: string(a.text), Finish: a.finish}, a.usage, nil
}

// answer is one that is being read.
type answer struct {
	text   []byte
	finish string
	usage  *dialect.Usage
}

// take adds a part of it. What a model thinks is no answer.
func (a *answer) take(d dialect.Delta) {
	if !d.Thought {
		a.text = append(a.text, d.Text...)
	}
	if d.Finish != "" {
		a.finish = d.Finish
	}
	if d.Usage != nil {
		u := *d.Usage // good until the next call
		a.usage = &u
	}
}
