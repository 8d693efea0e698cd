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
	// Spend is asked before every request, with its prompt and the most tokens of its answer, and
	// may refuse. Spent hears what the server counted, nil where it does not say. Either may be nil.
	Spend func(prompt string, most int) error
	Spent func(prompt string, most int, u *dialect.Usage)
	// Sleep waits between tries of a request that a server has no room for; nil is time.Sleep's.
	Sleep func(ctx context.Context, d time.Duration) error

	Retries int // so far
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

// busyError is an answer of a server that has no room now.
type busyError struct {
	reason string
	wait   time.Duration // 0 where it is not said
}

func (e *busyError) Error() string { return e.reason }

// unsent is why a request was not sent.
type unsent struct{ error }

func (e *unsent) Unwrap() error { return e.error }

// try sends a request until it is answered, and again where the server has no room: which of the answers
// counts does not depend on it, since they are greedy.
func (s *Server) try(ctx context.Context, prompt string, most int, send func() (*dialect.Usage, error)) error {
	for n := 1; ; n++ {
		if s.Spend != nil {
			if err := s.Spend(prompt, most); err != nil {
				return &unsent{err}
			}
		}
		u, err := send()
		if s.Spent != nil {
			s.Spent(prompt, most, u)
		}
		var busy *busyError
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !errors.As(err, &busy):
			return s.redacted(err)
		case n == mostTries:
			return s.redacted(fmt.Errorf("%w (tried %d times)", err, n))
		}
		s.Retries++
		if err := s.sleep(ctx, busy.wait, n); err != nil {
			return err
		}
	}
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
	switch res.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, statusOverloaded:
		return nil, &busyError{reason, dialect.ReadHead(res.Header).RetryAfter}
	}
	return nil, errors.New(reason)
}

// statusOverloaded is what Anthropic's servers answer when they have no room.
const statusOverloaded = 529

// once sends a request and reads the whole answer.
func (s *Server) once(ctx context.Context, call dialect.Call) (Written, *dialect.Usage, error) {
	res, err := s.post(ctx, call.Path, call.Header, call.Body)
	if err != nil {
		return Written{}, nil, err
	}
	defer res.Body.Close()
	a := &answer{decoder: s.Kind.Dialect.NewDecoder()}
	if err := a.read(io.LimitReader(res.Body, largestAnswer)); err != nil {
		return Written{}, a.usage, fmt.Errorf("%s: %w", s.Base+call.Path, err)
	}
	return Written{Text: string(a.text), Finish: a.finish}, a.usage, nil
}

// answer is one that is being read.
type answer struct {
	decoder dialect.Decoder
	text    []byte
	finish  string
	usage   *dialect.Usage
}

func (a *answer) read(body io.Reader) error {
	raw, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	if a.decoder.Shape() == dialect.Whole {
		err = a.take(raw)
	} else {
		var parser stream.Parser
		err = parser.Feed(raw, func(e stream.Event) error { return a.take(e.Data) })
	}
	if err == nil && !a.decoder.Done() {
		err = errors.New("the answer ends without its end mark")
	}
	return err
}

// take reads one event. What a model thinks is no answer.
func (a *answer) take(payload []byte) error {
	if a.decoder.Shape() == dialect.Marked && a.decoder.Done() {
		return nil
	}
	d, err := a.decoder.Decode(payload)
	if err != nil {
		return err
	}
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
	return nil
}
