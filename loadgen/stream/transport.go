package stream

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/result"
)

// SeqHeader is the header in which vegeta numbers its requests.
const SeqHeader = "X-Vegeta-Seq"

// Clock is the schedule's time, in nanoseconds after its zero.
type Clock interface {
	Now() int64
	Intended(seq uint64) int64 // when the request was due
}

// Call is a request made ready before the attack.
type Call struct {
	Request     *http.Request // method, URL and header; the body is Body
	Body        []byte
	AskedPrompt int // prompt tokens as the workload counted them
	AskedOutput int // max_tokens
	Class, Team string

	// Of a turn of a conversation; see workload.Prompt.
	Turn  int    // from 1; 0 where there is no conversation
	After int    // sequence number of the turn before, where Turn is above 1
	Text  string // the prompt
	New   string // its end that the user adds, where Turn is above 1

	// Compose makes the body for the text that was said and New, where the replies in it
	// are to be the server's own; nil sends Body.
	Compose func(text string) ([]byte, error)
}

// NewCall makes an encoded request ready to be sent to base, such as
// "http://127.0.0.1:8080" or one with a path in front of the dialect's.
func NewCall(base string, seq uint64, c dialect.Call) (Call, error) {
	req, err := http.NewRequest(http.MethodPost, base+c.Path, nil)
	if err != nil {
		return Call{}, fmt.Errorf("request %d: %w", seq, err)
	}
	req.Header = c.Header.Clone()
	if req.Header == nil {
		req.Header = http.Header{}
	}
	c.Auth.Sign(req.Header)
	req.Header.Set(SeqHeader, strconv.FormatUint(seq, 10))
	req.ContentLength = int64(len(c.Body))
	return Call{Request: req, Body: c.Body}, nil
}

// Transport sends the prepared Calls in place of the requests it is given.
type Transport struct {
	Base     http.RoundTripper
	Clock    Clock
	Context  context.Context // of the whole attack: when it is done, requests in flight are cancelled
	Calls    []Call          // by sequence number
	Deadline time.Duration   // of each request, after its intended time; 0 for none
	Dialect  dialect.Dialect
	Model    string          // that is asked for: one that answers is kept where it is another
	Key      dialect.Key     // of the calls; it is taken out of whatever the server says
	Counter  dialect.Counter // counts tokens where the server does not; may be nil
	Turns    *Turns          // of Calls, where some of them are turns of conversations

	Issued func(seq uint64, at int64) // a request was taken up; concurrent calls
	Ended  func(result.Request)       // exactly once per request taken up; concurrent calls

	// Streamed hears of every message with generated tokens as it comes; concurrent calls.
	// It may be nil, and is called between two stamps: it should be quick.
	Streamed func(seq uint64, m Streamed)
}

// Streamed is a message with generated tokens.
type Streamed struct {
	First  bool
	At     int64 // its stamp
	Wait   int64 // since the intended time where it is the first, else since the message before
	Tokens int   // by the server's running total, 1 where it does not say
}

var _ http.RoundTripper = (*Transport)(nil)

// RoundTrip implements http.RoundTripper for requests that carry SeqHeader.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	dequeued := t.Clock.Now()
	seq, err := strconv.ParseUint(req.Header.Get(SeqHeader), 10, 64)
	if err != nil || seq >= uint64(len(t.Calls)) {
		return nil, fmt.Errorf("header %s is %q, expected a number below %d", SeqHeader, req.Header.Get(SeqHeader), len(t.Calls))
	}
	e := t.begin(seq, dequeued)
	call := t.Calls[seq]
	content, err := e.follow(&call)
	if err != nil {
		e.fail(err)
		return nil, err
	}
	out := call.Request.WithContext(e.trace())
	// Without GetBody net/http cannot send the body again, and so retries nothing.
	out.Body, out.GetBody, out.ContentLength = io.NopCloser(bytes.NewReader(content)), nil, int64(len(content))
	resp, err := t.Base.RoundTrip(out)
	if err != nil {
		e.fail(err)
		return nil, err
	}
	e.header(resp)
	resp.Body = &body{exchange: e, inner: resp.Body}
	return resp, nil
}

func (t *Transport) begin(seq uint64, dequeued int64) *exchange {
	e := &exchange{t: t, request: result.New(seq)}
	e.request.Intended, e.request.Dequeued = t.Clock.Intended(seq), dequeued
	e.request.AskedPrompt, e.request.AskedOutput, e.request.Turn = t.Calls[seq].AskedPrompt, t.Calls[seq].AskedOutput, t.Calls[seq].Turn
	e.request.Class, e.request.Team = t.Calls[seq].Class, t.Calls[seq].Team
	e.conn.Store(result.Never)
	e.sent.Store(result.Never)
	if t.Deadline > 0 {
		left := time.Duration(e.request.Intended-dequeued) + t.Deadline
		e.ctx, e.cancel = context.WithTimeout(t.Context, left)
	} else {
		e.ctx, e.cancel = context.WithCancel(t.Context)
	}
	if t.Issued != nil {
		t.Issued(seq, dequeued)
	}
	return e
}

// DialTimeout bounds how long a connection may take to be made, also where
// requests have no deadline.
const DialTimeout = 10 * time.Second

// NewBase makes the http.Transport for an attack: HTTP/1.1, so that every request
// in flight has its own connection; connections kept alive without limit of number
// and for idle at most; no proxy, no compression. Servers drop idle connections
// too (uvicorn after 5 s), and a request that meets such a drop fails: idle should
// be shorter than the server's limit.
func NewBase(idle time.Duration) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		DialContext:         (&net.Dialer{Timeout: DialTimeout}).DialContext,
		TLSHandshakeTimeout: DialTimeout,
		MaxIdleConnsPerHost: 1 << 20,
		IdleConnTimeout:     idle,
		DisableCompression:  true,
		Protocols:           protocols,
	}
}

// Windows of HTTP/2: how much a server may send before we have read any of it. A server that waits for a window to be opened
// sends late, which would be measured as its own time. These are hundreds of times what is in flight when thousands of answers
// stream, so that it never waits while we read at all.
const (
	answerWindow     = 4 << 20
	connectionWindow = 1 << 30
)

// NewBaseFor is NewBase for a dialect: HTTP/2 where that frames its messages as gRPC does, known beforehand without TLS and
// agreed on with it. Requests then share connections, as many at a time as the server lets each have (100 until it has said,
// 1000 where it never does); where that is not enough, another is made.
func NewBaseFor(d dialect.Dialect, idle time.Duration) *http.Transport {
	base := NewBase(idle)
	if Framed(d) {
		base.Protocols.SetHTTP1(false)
		base.Protocols.SetHTTP2(true)
		base.Protocols.SetUnencryptedHTTP2(true)
		base.DialContext = sockets(base.DialContext)
		base.HTTP2 = &http.HTTP2Config{MaxReceiveBufferPerStream: answerWindow, MaxReceiveBufferPerConnection: connectionWindow}
	}
	return base
}

// Framed says that the answers of a dialect are gRPC's, for which HTTP/1.1 does not do.
func Framed(d dialect.Dialect) bool { return d.NewDecoder().Shape() == dialect.Framed }
