package scripted

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Received is a request as it came.
type Received struct {
	N      int    // ordinal of arrival, from 0
	From   string // the client's address, one for each connection
	Seq    uint64 // the X-Vegeta-Seq header, 0 where it is missing
	Path   string
	Header http.Header
	Body   []byte
}

// Served is what the server did with a request, by its own clock.
type Served struct {
	Received
	Arrived  time.Time // the body had been read
	Answered time.Time // just before the response header was sent; zero where none was
	Steps    []Sent    // the steps that were written
	Ended    time.Time // zero while it goes on
	Gone     bool      // the client left before the script's end
}

// Sent is a step that was written.
type Sent struct {
	Before, After time.Time // around the write: no client can have read it before Before
	Tokens        []int     // of the messages that the step completes
}

// Server is a running test server.
type Server struct {
	script   func(Received) Script
	http     *http.Server
	listener net.Listener

	mu     sync.Mutex
	served []*Served
}

// Start listens on a free loopback port. The function script is called for every
// request, concurrently.
func Start(script func(Received) Script) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("scripted server: %w", err)
	}
	return StartOn(listener, script), nil
}

// StartOn is Start on a listener, which the server closes.
func StartOn(listener net.Listener, script func(Received) Script) *Server {
	s := newServer(listener, script)
	go func() { _ = s.http.Serve(listener) }()
	return s
}

func newServer(listener net.Listener, script func(Received) Script) *Server {
	s := &Server{script: script, listener: listener}
	s.http = &http.Server{Handler: http.HandlerFunc(s.serve)}
	return s
}

// StartHTTP2 is Start for HTTP/2 without TLS, which clients have to know of beforehand. It has no way to reset a
// connection, nor to answer with bytes that are not HTTP.
func StartHTTP2(script func(Received) Script) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("scripted server: %w", err)
	}
	s := newServer(listener, script)
	s.http.Protocols = new(http.Protocols)
	s.http.Protocols.SetUnencryptedHTTP2(true)
	go func() { _ = s.http.Serve(listener) }()
	return s, nil
}

// Always is the script function that answers every request alike.
func Always(script Script) func(Received) Script {
	return func(Received) Script { return script }
}

// URL is the base URL, without a path.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() }

// Close stops the server and every answer that is under way.
func (s *Server) Close() error { return s.http.Close() }

// Served returns a copy of the record, in order of arrival.
func (s *Server) Served() []Served {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Served, len(s.served))
	for i, v := range s.served {
		out[i] = *v
		out[i].Steps = slices.Clone(v.Steps)
	}
	return out
}

// BySeq returns the record by X-Vegeta-Seq.
func (s *Server) BySeq() map[uint64]Served {
	out := map[uint64]Served{}
	for _, v := range s.Served() {
		out[v.Seq] = v
	}
	return out
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client left while it sent
	}
	seq, _ := strconv.ParseUint(r.Header.Get("X-Vegeta-Seq"), 10, 64)
	s.mu.Lock()
	rec := &Served{
		Received: Received{N: len(s.served), From: r.RemoteAddr, Seq: seq, Path: r.URL.Path, Header: r.Header.Clone(), Body: raw},
		Arrived:  time.Now(),
	}
	s.served = append(s.served, rec)
	received := rec.Received
	s.mu.Unlock()

	defer s.update(func() { rec.Ended = time.Now() })
	p := player{server: s, record: rec, w: w, ctx: r.Context()}
	if err := p.play(s.script(received)); errors.Is(err, errGone) {
		s.update(func() { rec.Gone = true })
	}
}

func (s *Server) update(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// errGone says that the client left.
var errGone = errors.New("client left")

// pause waits for d, or until the client leaves.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return errGone
	}
}

// RefusedURL returns a URL whose port refuses connections until release is called.
// The port is held by the near end of a connection, so that nobody can listen on it.
func RefusedURL() (url string, release func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("refused port: %w", err)
	}
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		return "", nil, errors.Join(fmt.Errorf("refused port: %w", err), listener.Close())
	}
	release = func() {
		_ = conn.Close()
		_ = listener.Close()
	}
	return "http://" + conn.LocalAddr().String(), release, nil
}
