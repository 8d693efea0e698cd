package stream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"

	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/wire"
)

// exchange is one request and its answer. All of it belongs to the goroutine of
// the vegeta worker, but for the stamps that net/http's writing goroutine makes, and
// while a body is pushed, when the worker waits and take is called by who pushes.
type exchange struct {
	t          *Transport
	ctx        context.Context
	cancel     context.CancelFunc
	request    result.Request
	conn, sent atomic.Int64
	socket     dated // nil where the connection is another
	latest     int64 // stamp of what came
	resp       *http.Response
	said       string // the conversation up to and with the prompt, where it is a turn of one

	parser   Parser
	frames   Frames // in place of parser where the answer is Framed
	decoder  dialect.Decoder
	whole    whole // of an answer that is one document
	timeline timeline
	reads    int
	events   int
	refused  []byte // the beginning of the body of a status other than 200
	ended    bool
}

// maxRefusal is how much of the body of a refusal is read for its message.
const maxRefusal = 4096

// trace is the request's context with the hooks that stamp it.
func (e *exchange) trace() context.Context {
	return httptrace.WithClientTrace(e.ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			e.conn.Store(e.t.Clock.Now())
			e.socket = datedOf(info.Conn)
		},
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err == nil {
				e.sent.Store(e.t.Clock.Now())
			}
		},
	})
}

func (e *exchange) header(resp *http.Response) {
	e.request.Headers = e.came()
	e.request.Status = resp.StatusCode
	e.resp = resp
	e.decoder = e.t.Dialect.NewDecoder()
	e.head(dialect.ReadHead(resp.Header))
}

// head keeps what the header says of the request and of limits.
func (e *exchange) head(h dialect.Head) {
	r := &e.request
	r.RequestID, r.RetryAfter = h.RequestID, h.RetryAfter.Nanoseconds()
	r.LimitRequests, r.LeftRequests = h.Requests.Limit, h.Requests.Left
	r.LimitTokens, r.LeftTokens = h.Tokens.Limit, h.Tokens.Left
}

// fail ends a request that got no response header.
func (e *exchange) fail(err error) {
	at := e.t.Clock.Now()
	outcome := stopped(e.t.Context, e.ctx)
	if outcome == "" {
		outcome = broken(e.conn.Load() != result.Never, err)
	}
	e.end(at, outcome, err.Error())
	e.cancel()
}

// errStop ends the reading of a body that is not worth more.
var errStop = errors.New("stream: not read further")

// read takes up one read of the body and its stamp. Only io.EOF and errors end it.
func (e *exchange) read(p []byte, at int64, err error) error {
	if e.ended {
		return errStop
	}
	if bad := e.take(p, at); bad != nil {
		e.end(at, result.Malformed, bad.Error())
		return errStop
	}
	if err == nil {
		return nil
	}
	if bad := e.document(err); bad != nil {
		e.end(at, result.Malformed, bad.Error())
		return errStop
	}
	outcome, message := e.verdict(err)
	e.end(at, outcome, message)
	return err
}

// take parses p. An error says that it is not of the dialect.
func (e *exchange) take(p []byte, at int64) error {
	if len(p) == 0 {
		return nil
	}
	read := e.reads
	e.reads++
	if e.request.Status != http.StatusOK {
		e.refused = append(e.refused, p[:min(len(p), maxRefusal-len(e.refused))]...)
		return nil
	}
	switch e.decoder.Shape() {
	case dialect.Whole:
		return e.whole.take(p, at, read)
	case dialect.Framed:
		if read == 0 {
			if bad := noFrames(e.resp); bad != "" {
				return errors.New(bad)
			}
		}
		return e.frames.Feed(p, func(message []byte) error { return e.event(message, at, read) })
	}
	return e.parser.Feed(p, func(ev Event) error { return e.event(ev.Data, at, read) })
}

// event takes up one event of a stream.
func (e *exchange) event(data []byte, at int64, read int) error {
	e.events++
	if e.decoder.Shape() == dialect.Marked && e.decoder.Done() {
		return nil
	}
	if err := e.decode(data, at, read); err != nil {
		return fmt.Errorf("event %d: %w", e.events, err)
	}
	return nil
}

// decode takes up one payload, which came at a time and with a read.
func (e *exchange) decode(payload []byte, at int64, read int) error {
	d, err := e.decoder.Decode(payload)
	var failed *dialect.ServerError
	if errors.As(err, &failed) {
		e.timeline.id = cmp.Or(e.timeline.id, d.ID)
		e.noteError(err, failed.Message)
		return nil
	}
	if err != nil {
		return err
	}
	if e.timeline.add(d, at, read) && e.t.Streamed != nil {
		e.t.Streamed(e.request.Seq, e.timeline.latest(e.request.Intended))
	}
	return nil
}

// document decodes an answer that is one document, once io.EOF says that all of it is there.
func (e *exchange) document(err error) error {
	if !errors.Is(err, io.EOF) || e.request.Status != http.StatusOK || e.decoder.Shape() != dialect.Whole {
		return nil
	}
	return e.decode(e.whole.data, e.whole.at, e.whole.read)
}

// whole is a document as far as it is there, and when its latest part came.
type whole struct {
	data []byte
	at   int64
	read int
}

func (w *whole) take(p []byte, at int64, read int) error {
	if len(w.data)+len(p) > MaxEvent {
		return fmt.Errorf("answer larger than %d bytes", MaxEvent)
	}
	w.data, w.at, w.read = append(w.data, p...), at, read
	return nil
}

// noteError keeps the first error that the server reports inside the stream. The
// stream is read on, but how it ends changes the outcome no more.
func (e *exchange) noteError(err error, message string) {
	if e.request.Outcome != "" {
		return
	}
	e.request.Outcome, e.request.Error = result.StreamErr, message
	if busy := (dialect.OverloadedError{}); errors.As(err, &busy) {
		e.request.Outcome = result.Overloaded
	}
}

// verdict says how a body that err ended (io.EOF where it came whole) turned out.
func (e *exchange) verdict(err error) (outcome, message string) {
	switch {
	case e.request.Status != http.StatusOK:
		return refusal(e.resp, e.refused)
	case e.complete(err):
		return result.OK, ""
	case !errors.Is(err, io.EOF):
		if outcome := stopped(e.t.Context, e.ctx); outcome != "" {
			return outcome, err.Error()
		}
		return broken(true, err), err.Error()
	case e.decoder.Shape() == dialect.Framed:
		return unfinished(e.resp, e.events)
	case e.events == 0 && e.decoder.Shape() != dialect.Whole && !e.eventStream():
		return result.Malformed, fmt.Sprintf("content type is %q, expected text/event-stream", e.resp.Header.Get("Content-Type"))
	}
	return result.Truncated, fmt.Sprintf("the stream ended after %d events without its end mark", e.events)
}

// complete says that the answer is: by its end mark, by its status, or by an end in order where it has neither.
func (e *exchange) complete(err error) bool {
	switch {
	case !e.decoder.Done() || e.decoder.Shape() == dialect.Marked:
		return e.decoder.Done()
	case !errors.Is(err, io.EOF):
		return false
	case e.decoder.Shape() == dialect.Framed:
		status, told := dialect.ReadStatus(e.resp.Header, e.resp.Trailer)
		return told && status.OK() && !e.frames.Pending()
	}
	return !e.parser.Pending()
}

func (e *exchange) eventStream() bool { return mediaType(e.resp) == "text/event-stream" }

// mediaType is the type of an answer's content, "" where it is not said.
func mediaType(resp *http.Response) string {
	media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return media
}

// end completes the request and hands it over, once.
func (e *exchange) end(at int64, outcome, message string) {
	if e.ended {
		return
	}
	e.ended = true
	r := &e.request
	r.End = at
	if r.Outcome == "" {
		r.Outcome, r.Error = outcome, message
	}
	r.Conn, r.Sent = e.conn.Load(), e.sent.Load()
	if r.Headers != result.Never && (r.Sent == result.Never || r.Sent > r.Headers) {
		// The write is stamped when it returns, by net/http on another goroutine. An answer
		// may overtake that, and wire's has the kernel's stamp: the request had been written by then.
		r.Sent = r.Headers
	}
	e.timeline.fill(r, e.t.Counter)
	if r.Model == e.t.Model {
		r.Model = ""
	}
	e.redact()
	e.t.Ended(*r)
	if e.t.Turns != nil {
		e.t.Turns.Done(r.Seq, e.said+e.timeline.reply())
	}
}

// redact takes the key out of what came from the server: some repeat what they refuse.
func (e *exchange) redact() {
	r := &e.request
	for _, text := range []*string{&r.Error, &r.ID, &r.RequestID, &r.Model, &r.Finish, &r.Said} {
		*text = e.t.Key.Redact(*text)
	}
}

// body stamps every read of a response body before anything looks at it.
type body struct {
	exchange *exchange
	inner    io.ReadCloser
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.inner.Read(p)
	at := b.exchange.stamp(n, err)
	return n, b.exchange.read(p[:n], at, err)
}

// stamp is that of a read: of what came, or of the moment where nothing did, such as when the request was cancelled.
func (e *exchange) stamp(n int, err error) int64 {
	if n > 0 || errors.Is(err, io.EOF) {
		return e.came()
	}
	return e.t.Clock.Now()
}

// WriteTo implements io.WriterTo: vegeta reads the body by io.Copy, which then brings no
// buffer of its own. There is nothing to write, for what is read is taken up here.
func (b *body) WriteTo(io.Writer) (int64, error) {
	if p, ok := b.inner.(wire.Pusher); ok {
		return 0, b.pushed(p)
	}
	buffer := make([]byte, readSize)
	for {
		if _, err := b.Read(buffer); errors.Is(err, io.EOF) {
			return 0, nil
		} else if err != nil {
			return 0, err
		}
	}
}

// readSize is how much is read at once: what net/http's own buffer holds.
const readSize = 4 << 10

// pushed is read for a body that comes by itself. Its stamps are of the socket's reads.
func (b *body) pushed(p wire.Pusher) error {
	e := b.exchange
	var bad error
	at, err := p.Push(e.t.Clock.Now, func(p []byte, at int64) error {
		e.latest = max(e.latest, at) // what came while the header was read came after it
		bad = e.take(p, e.latest)
		return bad
	})
	at = max(at, e.latest)
	switch {
	case bad != nil:
		e.end(at, result.Malformed, bad.Error())
		return errStop
	case errors.Is(err, io.EOF):
		_ = e.read(nil, at, io.EOF)
		return nil
	}
	return e.read(nil, at, err)
}

var errUnread = errors.New("the answer was not read to its end")

// Close also ends a request whose body was not read to its end.
func (b *body) Close() error {
	e := b.exchange
	outcome, message := e.verdict(errUnread)
	e.end(e.t.Clock.Now(), outcome, message)
	err := b.inner.Close()
	e.cancel()
	return err
}
