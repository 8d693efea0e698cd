package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/stream"
)

// recorder stands between a tool and a server, hands on every byte as it comes, and has
// the load generator's own stamps of the same requests: what differs then is how they
// are measured, not what.
type recorder struct {
	upstream string
	base     *http.Transport
	http     *http.Server
	listener net.Listener
	zero     time.Time

	mu   sync.Mutex
	seen []*seen
}

// seen is one request as the recorder saw it. The start of all clocks is its arrival.
type seen struct {
	result   result.Request
	messages []int64 // stamps of all messages of the answer, those without tokens included
}

func newRecorder(upstream string) (*recorder, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("recorder: %w", err)
	}
	r := &recorder{upstream: upstream, base: stream.NewBase(time.Second), listener: listener, zero: time.Now()}
	r.http = &http.Server{Handler: http.HandlerFunc(r.serve)}
	go func() { _ = r.http.Serve(listener) }()
	return r, nil
}

func (r *recorder) url() string { return "http://" + r.listener.Addr().String() }

func (r *recorder) close() error {
	defer r.base.CloseIdleConnections()
	return r.http.Close()
}

// requestClock is the clock of one request.
type requestClock struct {
	zero time.Time
	at   int64
}

func (a requestClock) Now() int64            { return int64(time.Since(a.zero)) }
func (a requestClock) Intended(uint64) int64 { return a.at }

func (r *recorder) serve(w http.ResponseWriter, req *http.Request) {
	clock := requestClock{r.zero, int64(time.Since(r.zero))}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // the tool left
	}
	if req.Method != http.MethodPost {
		r.pass(w, req)
		return
	}
	s := &seen{}
	header := http.Header{"Content-Type": {"application/json"}, "Accept": {"text/event-stream"}}
	call, err := stream.NewCall(r.upstream, 0, dialect.Call{Path: req.URL.Path, Header: header, Body: body})
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	ours := &stream.Transport{
		Base: r.base, Clock: clock, Context: req.Context(), Calls: []stream.Call{call}, Dialect: dialect.Completions{},
		Ended: func(q result.Request) { s.result = q },
	}
	resp, err := ours.RoundTrip(call.Request)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
	} else {
		s.forward(w, resp, clock)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, s)
}

// forward hands on the answer.
func (s *seen) forward(w http.ResponseWriter, resp *http.Response, clock requestClock) {
	defer resp.Body.Close()
	w.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
	w.WriteHeader(resp.StatusCode)
	flush := http.NewResponseController(w)
	var parser stream.Parser
	decoder := dialect.Completions{}.NewDecoder()
	buffer := make([]byte, 32<<10)
	for {
		n, err := resp.Body.Read(buffer)
		at := clock.Now()
		_, _ = w.Write(buffer[:n])
		_ = flush.Flush()
		_ = parser.Feed(buffer[:n], func(e stream.Event) error {
			if d, err := decoder.Decode(e.Data); err == nil && d.Message {
				s.messages = append(s.messages, at)
			}
			return nil
		})
		if err != nil {
			return
		}
	}
}

// pass hands on what is no completion, such as the list of models.
func (r *recorder) pass(w http.ResponseWriter, req *http.Request) {
	out, err := http.NewRequestWithContext(req.Context(), req.Method, r.upstream+req.URL.Path, nil)
	if err == nil {
		var resp *http.Response
		if resp, err = r.base.RoundTrip(out); err == nil {
			defer resp.Body.Close()
			w.WriteHeader(resp.StatusCode)
			_, err = io.Copy(w, resp.Body)
		}
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		http.Error(w, err.Error(), http.StatusBadGateway)
	}
}

// take returns what was seen, in order of arrival, and forgets it.
func (r *recorder) take() []*seen {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.seen
	r.seen = nil
	slices.SortFunc(out, func(a, b *seen) int { return int(a.result.Intended - b.result.Intended) })
	return out
}
