package wire

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"sync"
	"time"
)

// DialTimeout bounds how long a connection may take to be made, also where requests
// have no deadline.
const DialTimeout = 10 * time.Second

// Pusher is a response body that can be handed over as it comes, in place of being
// read. It is so where the body is chunked, as streams are.
type Pusher interface {
	// Push calls take with what comes, until the body or its request ends. It returns
	// io.EOF for a body that came whole, and when that was, by stamp. Stamp is called
	// right after each read of the socket; take, from another goroutine than Push, once
	// for every read that held data, which is good until take returns. An error of take
	// ends the body and is returned.
	Push(stamp func() int64, take func(data []byte, at int64) error) (at int64, err error)
}

// Transport sends requests. It is made by New.
type Transport struct {
	idle   time.Duration
	dialer net.Dialer
	next   *http.Transport // for what is not plain HTTP
	poller *poller

	mu    sync.Mutex
	spare map[string][]*conn // by address: connections that may be used again, latest last
}

var _ http.RoundTripper = (*Transport)(nil)

// New makes a Transport that uses connections again which were idle for no longer than
// idle, and that sends what is not plain HTTP by next, unless there is no epoll: then
// next sends everything. It is closed by Close.
func New(idle time.Duration, next *http.Transport) *Transport {
	return &Transport{idle: idle, dialer: net.Dialer{Timeout: DialTimeout}, next: next, poller: newPoller(), spare: map[string][]*conn{}}
}

// Close closes the connections that are idle, and ends the goroutine that reads the
// others. It is called when no request is in flight.
func (t *Transport) Close() {
	t.next.CloseIdleConnections()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, conns := range t.spare {
		for _, c := range conns {
			_ = c.Close()
		}
	}
	clear(t.spare)
	if t.poller != nil {
		t.poller.close()
	}
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != "http" || t.poller == nil {
		return t.next.RoundTrip(req)
	}
	ctx := req.Context()
	if err := ctx.Err(); err != nil { // nothing is sent for who has gone
		return nil, errors.Join(err, closeBody(req))
	}
	c, err := t.connect(ctx, address(req.URL))
	if err != nil {
		return nil, errors.Join(err, closeBody(req))
	}
	trace, lease := httptrace.ContextClientTrace(ctx), c.begin()
	if trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{Conn: lease})
	}
	resp, err := c.ask(req, trace)
	if err != nil {
		_ = c.Close()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, err
	}
	t.dress(resp, c, ctx)
	return resp, nil
}

// dress gives the response a body that lets go of the connection at its end.
func (t *Transport) dress(resp *http.Response, c *conn, ctx context.Context) {
	b := &body{transport: t, conn: c, ctx: ctx, inner: resp.Body, keep: !resp.Close && !resp.Request.Close}
	b.stop = context.AfterFunc(ctx, c.interrupt)
	resp.Body = b
	if slices.Equal(resp.TransferEncoding, []string{"chunked"}) {
		resp.Body = &pushed{b}
	}
}

func closeBody(req *http.Request) error {
	if req.Body == nil {
		return nil
	}
	return req.Body.Close()
}

// address is what is dialled for a URL.
func address(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// connect returns a connection that was kept, or a new one.
func (t *Transport) connect(ctx context.Context, address string) (*conn, error) {
	for {
		c := t.take(address)
		if c == nil {
			break
		}
		if time.Since(c.since) < t.idle && c.alive() {
			return c, nil
		}
		_ = c.Close()
	}
	made, err := t.dial(ctx, address)
	if err != nil {
		return nil, err
	}
	return newConn(made, address)
}

// dialName connects to what may be a host's name.
func (t *Transport) dialName(ctx context.Context, address string) (*net.TCPConn, error) {
	made, err := t.dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return made.(*net.TCPConn), nil
}

func (t *Transport) take(address string) *conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	conns := t.spare[address]
	if len(conns) == 0 {
		return nil
	}
	c := conns[len(conns)-1]
	t.spare[address] = conns[:len(conns)-1]
	return c
}

// keep keeps a connection whose answer has been read.
func (t *Transport) keep(c *conn) {
	c.since = time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.spare[c.address] = append(t.spare[c.address], c)
}

// ask writes the request and reads the header of its answer. The context interrupts it.
func (c *conn) ask(req *http.Request, trace *httptrace.ClientTrace) (*http.Response, error) {
	stop := context.AfterFunc(req.Context(), c.interrupt)
	defer stop()
	c.lease.look = time.Now() // no answer comes before its request is sent, whatever a clock that was set says
	wrote := c.send(req)
	if trace != nil && trace.WroteRequest != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{Err: wrote})
	}
	if wrote != nil {
		// A server may answer before it has read everything, and close: its answer says more.
		_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		if resp, err := c.receive(req); err == nil {
			resp.Close = true
			return resp, c.SetReadDeadline(time.Time{})
		}
		return nil, wrote
	}
	return c.receive(req)
}

var writers = sync.Pool{New: func() any { return bufio.NewWriter(nil) }}

func (c *conn) send(req *http.Request) error {
	w := writers.Get().(*bufio.Writer)
	defer writers.Put(w)
	defer w.Reset(nil)
	w.Reset(c)
	return errors.Join(req.Write(w), w.Flush())
}

// receive reads the header of the answer, after those that only announce it.
func (c *conn) receive(req *http.Request) (*http.Response, error) {
	c.reader = readers.Get().(*bufio.Reader)
	c.reader.Reset(c)
	for {
		resp, err := http.ReadResponse(c.reader, req)
		if err != nil || resp.StatusCode >= http.StatusOK || resp.StatusCode == http.StatusSwitchingProtocols {
			return resp, err
		}
	}
}

var readers = sync.Pool{New: func() any { return bufio.NewReader(nil) }}

// body is a body that is read.
type body struct {
	transport *Transport
	conn      *conn // nil when let go of
	ctx       context.Context
	inner     io.ReadCloser
	stop      func() bool // the interruption by ctx
	keep      bool        // the connection may be used again
}

func (b *body) Read(p []byte) (int, error) {
	if b.conn == nil {
		return 0, http.ErrBodyReadAfterClose
	}
	n, err := b.inner.Read(p)
	if err != nil && !errors.Is(err, io.EOF) && b.ctx.Err() != nil {
		err = b.ctx.Err()
	}
	if errors.Is(err, io.EOF) {
		b.release(b.conn.reader.Buffered() == 0)
	}
	return n, err
}

// Close also ends a body that has not been read to its end.
func (b *body) Close() error {
	b.release(false)
	return nil
}

// release lets go of the connection: it can be used again where its answer is over.
func (b *body) release(over bool) {
	c := b.conn
	if c == nil {
		return
	}
	b.conn = nil
	if free := b.stop(); over && free && b.keep {
		c.shed()
		b.transport.keep(c)
		return
	}
	_ = c.Close()
}
