package stream

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"testing"
	"testing/synctest"
	"time"

	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/result"
)

// since is a clock that begins when it is made.
type since struct{ zero time.Time }

func (s since) Now() int64            { return int64(time.Since(s.zero)) }
func (s since) Intended(uint64) int64 { return 0 }

// tardy answers over a socket: what it sends is read from that at once, and handed over when the reader has been kept waiting.
type tardy struct {
	socket *socket
	wait   time.Duration
	bytes  []byte
}

func (l *tardy) RoundTrip(r *http.Request) (*http.Response, error) {
	httptrace.ContextClientTrace(r.Context()).GotConn(httptrace.GotConnInfo{Conn: l.socket})
	header := http.Header{"Content-Type": {"application/grpc"}}
	return &http.Response{StatusCode: 200, Header: header, Trailer: http.Header{"Grpc-Status": {"0"}}, Body: io.NopCloser(l), Request: r}, nil
}

func (l *tardy) Read(p []byte) (int, error) {
	if l.bytes == nil {
		buffer := make([]byte, 1<<10)
		n, err := l.socket.Read(buffer)
		if err != nil {
			return 0, err
		}
		l.bytes = buffer[:n]
		time.Sleep(l.wait)
	}
	n := copy(p, l.bytes)
	if l.bytes = nil; n == 0 {
		return 0, errors.New("nothing was sent")
	}
	return n, nil
}

// What comes over a socket has the stamp of its read, not of when its reader got its turn; an end without anything that came has the
// moment's.
func TestStampsAreTheSockets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		clock := since{time.Now()}
		base := &tardy{socket: &socket{Conn: near, made: time.Now()}, wait: 30 * time.Millisecond}
		call, err := NewCall("http://server", 0, dialect.Call{Path: "/", Body: []byte("x")})
		if err != nil {
			t.Fatal(err)
		}
		var got result.Request
		tr := &Transport{Base: base, Clock: clock, Context: t.Context(), Calls: []Call{call}, Dialect: dialect.TritonGRPC{}, Ended: func(r result.Request) { got = r }}
		go func() {
			for range 3 { // a response with the text "a", at 100, 200 and 300 ms: each is read when it is written
				time.Sleep(100*time.Millisecond - clock.untilWhole())
				_, _ = far.Write(framed("\x12\x1d\x2a\x14\x0a\x0btext_output\x12\x05BYTES\x32\x05\x01\x00\x00\x00a"))
			}
			time.Sleep(100*time.Millisecond - clock.untilWhole())
			_ = far.Close()
		}()
		resp := trip(t, tr)
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		want := []result.Event{{At: 100e6, Tokens: 1, Read: 0}, {At: 200e6, Tokens: 1, Read: 1}, {At: 300e6, Tokens: 1, Read: 2}}
		if len(got.Events) != 3 || got.Events[0] != want[0] || got.Events[1] != want[1] || got.Events[2] != want[2] || got.End != 400e6 || got.Outcome != result.OK {
			t.Errorf("%s %q, events %+v, end %d", got.Outcome, got.Error, got.Events, got.End)
		}
	})
}

// untilWhole is how far the clock is behind a whole tenth of a second.
func (s since) untilWhole() time.Duration { return time.Since(s.zero) % (100 * time.Millisecond) }

// A connection that no socket is below has none, with and without TLS in between.
func TestSocketOf(t *testing.T) {
	plain, other := net.Pipe()
	defer plain.Close()
	defer other.Close()
	s := &socket{Conn: plain}
	if datedOf(plain) != nil || datedOf(nil) != nil || datedOf(s) != s || datedOf(covered{s}) != s || datedOf(covered{plain}) != nil {
		t.Error("sockets are not found, or found where there are none")
	}
}

// covered is as TLS lies over a connection.
type covered struct{ net.Conn }

func (c covered) NetConn() net.Conn { return c.Conn }
