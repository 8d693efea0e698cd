package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// transport is one of ours and its server.
func transport(t *testing.T, handler http.HandlerFunc) (*Transport, *httptest.Server) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	tr := New(time.Minute, &http.Transport{})
	t.Cleanup(tr.Close)
	return tr, server
}

func get(t *testing.T, ctx context.Context, tr http.RoundTripper, url string, body io.Reader) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return tr.RoundTrip(req)
}

// all is the text of a body, pushed where it can be.
func all(t *testing.T, resp *http.Response) (string, error) {
	t.Helper()
	p, ok := resp.Body.(Pusher)
	if !ok {
		text, err := io.ReadAll(resp.Body)
		return string(text), errors.Join(err, resp.Body.Close())
	}
	var text strings.Builder
	last, begun := int64(0), time.Now().Add(-time.Hour) // when the header was yet to come
	at, err := p.Push(func() int64 { return int64(time.Since(begun)) }, func(data []byte, at int64) error {
		if len(data) == 0 || at < last {
			t.Errorf("%d bytes at %d after %d", len(data), at, last)
		}
		last = at
		text.Write(data)
		return nil
	})
	if at < last {
		t.Errorf("ended at %d, after data at %d", at, last)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return text.String(), errors.Join(err, resp.Body.Close())
}

// Bodies of every framing arrive as they were sent, over one connection.
func TestBodies(t *testing.T) {
	long := strings.Repeat("0123456789", 30_000)
	handlers := map[string]http.HandlerFunc{
		"/length":  func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "short") },
		"/empty":   func(http.ResponseWriter, *http.Request) {},
		"/nothing": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"/long":    func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, long) },
		"/hints": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			fmt.Fprint(w, "after hints")
		},
		"/pieces": func(w http.ResponseWriter, _ *http.Request) {
			for i := range 50 {
				fmt.Fprint(w, i, ",")
				_ = http.NewResponseController(w).Flush()
			}
		},
		"/echo": func(w http.ResponseWriter, r *http.Request) {
			_ = http.NewResponseController(w).EnableFullDuplex()
			_, _ = io.Copy(w, r.Body)
		},
	}
	tr, server := transport(t, func(w http.ResponseWriter, r *http.Request) { handlers[r.URL.Path](w, r) })
	pieces := ""
	for i := range 50 {
		pieces += fmt.Sprint(i, ",")
	}
	for range 3 {
		for path, want := range map[string]string{"/length": "short", "/empty": "", "/nothing": "", "/long": long, "/hints": "after hints", "/pieces": pieces, "/echo": long} {
			var body io.Reader
			if path == "/echo" {
				body = strings.NewReader(long)
			}
			resp, err := get(t, t.Context(), tr, server.URL+path, body)
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			if got, err := all(t, resp); err != nil || got != want {
				t.Errorf("%s: %d bytes, want %d, error %v", path, len(got), len(want), err)
			}
		}
	}
	if n := len(tr.spare[strings.TrimPrefix(server.URL, "http://")]); n != 1 {
		t.Errorf("%d connections are kept, want 1", n)
	}
}

// The same body read in place of pushed, and closed before its end.
func TestReadAndClose(t *testing.T) {
	tr, server := transport(t, func(w http.ResponseWriter, _ *http.Request) {
		for range 10 {
			fmt.Fprint(w, "piece")
			_ = http.NewResponseController(w).Flush()
		}
	})
	resp, err := get(t, t.Context(), tr, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil || string(text) != strings.Repeat("piece", 10) {
		t.Errorf("%q, %v", text, err)
	}
	if resp, err = get(t, t.Context(), tr, server.URL, nil); err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if _, err := resp.Body.Read(make([]byte, 1)); err == nil {
		t.Error("read from a closed body")
	}
	if _, err := resp.Body.(Pusher).Push(func() int64 { return 0 }, nil); err == nil {
		t.Error("pushed a closed body")
	}
	if n := len(tr.spare[strings.TrimPrefix(server.URL, "http://")]); n != 0 {
		t.Errorf("a connection whose answer was not read is kept")
	}
}

// A kept connection that the server has closed is not used, and one that was idle for
// too long neither.
func TestDeadConnections(t *testing.T) {
	tr, server := transport(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "x") })
	ask := func() {
		t.Helper()
		resp, err := get(t, t.Context(), tr, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := all(t, resp); text != "x" || err != nil {
			t.Fatal(text, err)
		}
	}
	ask()
	kept := func() *conn { return tr.spare[strings.TrimPrefix(server.URL, "http://")][0] }
	first := kept()
	ask()
	if kept() != first {
		t.Error("a good connection was not used again")
	}
	server.CloseClientConnections()
	for first.alive() {
		runtime.Gosched()
	}
	ask()
	second := kept()
	if second == first {
		t.Error("a dead connection was used")
	}
	second.since = time.Now().Add(-time.Hour)
	ask()
	if kept() == second {
		t.Error("a connection was used that had been idle for too long")
	}
}

// The context ends a request wherever it is, with its own error.
func TestContext(t *testing.T) {
	hold := make(chan struct{})
	defer close(hold)
	tr, server := transport(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/stream" {
			fmt.Fprint(w, "begun")
			_ = http.NewResponseController(w).Flush()
		}
		select {
		case <-hold:
		case <-r.Context().Done():
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { cancel() }})
	if _, err := get(t, traced, tr, server.URL+"/header", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("before the header: %v", err)
	}
	if _, err := get(t, ctx, tr, server.URL, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("before the connection: %v", err)
	}
	for _, read := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		resp, err := get(t, ctx, tr, server.URL+"/stream", nil)
		if err != nil {
			t.Fatal(err)
		}
		if read {
			if _, err := io.ReadFull(resp.Body, make([]byte, 5)); err != nil {
				t.Fatal(err)
			}
			cancel()
			_, err = resp.Body.Read(make([]byte, 1))
		} else {
			_, err = resp.Body.(Pusher).Push(func() int64 { return 0 }, func([]byte, int64) error { cancel(); return nil })
		}
		if !errors.Is(err, context.Canceled) {
			t.Errorf("in the body, read %t: %v", read, err)
		}
		cancel()
	}
	if n := len(tr.spare[strings.TrimPrefix(server.URL, "http://")]); n != 0 {
		t.Errorf("%d connections of cancelled requests are kept", n)
	}
}

// For who has gone nothing is sent, not even over a connection that is there.
func TestGoneBefore(t *testing.T) {
	var served atomic.Int32
	tr, server := transport(t, func(w http.ResponseWriter, _ *http.Request) { served.Add(1); fmt.Fprint(w, "x") })
	resp, err := get(t, t.Context(), tr, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := all(t, resp); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := get(t, ctx, tr, server.URL, nil); !errors.Is(err, context.Canceled) || served.Load() != 1 {
		t.Errorf("%v, %d requests served", err, served.Load())
	}
	if n := len(tr.spare[strings.TrimPrefix(server.URL, "http://")]); n != 1 {
		t.Errorf("%d connections are there, want the one that was", n)
	}
}

// An error of whoever takes ends the body.
func TestTakerStops(t *testing.T) {
	tr, server := transport(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "a")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	resp, err := get(t, t.Context(), tr, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	if _, err := resp.Body.(Pusher).Push(func() int64 { return 0 }, func([]byte, int64) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("error %v", err)
	}
}

// Raw answers that are not as they should be.
func TestBrokenAnswers(t *testing.T) {
	const header = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	for _, tc := range []struct{ name, raw, text, err string }{
		{"cut in a chunk", header + "5\r\nabc", "abc", "unexpected EOF"},
		{"cut after a chunk", header + "3\r\nabc\r\n", "abc", "unexpected EOF"},
		{"no chunk", header + "hello\r\n", "", "malformed chunked encoding"},
		{"more after the end", header + "1\r\na\r\n0\r\n\r\nHTTP/1.1 200 OK", "a", ""},
		{"not http", "hello\r\n", "", "malformed HTTP"},
		{"nothing", "", "", "EOF"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tr, server := transport(t, func(w http.ResponseWriter, _ *http.Request) {
				conn, _, err := http.NewResponseController(w).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.WriteString(conn, tc.raw)
				_ = conn.Close()
			})
			text := ""
			resp, err := get(t, t.Context(), tr, server.URL, nil)
			if err == nil {
				text, err = all(t, resp)
			}
			if text != tc.text || (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Errorf("%q, %v, want %q, %q", text, err, tc.text, tc.err)
			}
			if len(tr.spare[strings.TrimPrefix(server.URL, "http://")]) != 0 {
				t.Error("the connection is kept")
			}
		})
	}
}

// A server that answers before it has read everything is heard.
func TestEarlyAnswer(t *testing.T) {
	tr, server := transport(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
		_ = conn.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, conn)
		_ = conn.Close()
	})
	resp, err := get(t, t.Context(), tr, server.URL, strings.NewReader(strings.Repeat("x", 1<<20)))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := all(t, resp); resp.StatusCode != 413 || text != "no" || err != nil {
		t.Errorf("%d %q %v", resp.StatusCode, text, err)
	}
}

// Many streams at once, some of which are cancelled, each get what is theirs.
func TestManyStreams(t *testing.T) {
	const streams, pieces = 200, 20
	before := runtime.NumGoroutine()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for i := range pieces {
			fmt.Fprint(w, r.URL.Path, ":", i, " ")
			if http.NewResponseController(w).Flush() != nil {
				return
			}
			runtime.Gosched()
		}
	}))
	tr := New(time.Minute, &http.Transport{})
	var wg sync.WaitGroup
	for i := range streams {
		wg.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			path := fmt.Sprint("/", i)
			resp, err := get(t, ctx, tr, server.URL+path, nil)
			if err != nil {
				t.Error(err)
				return
			}
			got, n := "", 0
			_, err = resp.Body.(Pusher).Push(func() int64 { return 0 }, func(data []byte, _ int64) error {
				if got += string(data); i%7 == 3 && n == 2 {
					cancel()
				}
				n++
				return nil
			})
			want := ""
			for k := range pieces {
				want += fmt.Sprint(path, ":", k, " ")
			}
			if i%7 == 3 && errors.Is(err, context.Canceled) && strings.HasPrefix(want, got) {
				return
			}
			if !errors.Is(err, io.EOF) || got != want {
				t.Errorf("stream %d: %q, %v", i, got, err)
			}
		})
	}
	wg.Wait()
	if tr.poller != nil {
		for slot, s := range tr.poller.slots {
			if s != nil {
				t.Errorf("slot %d is still in use", slot)
			}
		}
	}
	tr.Close()
	server.Close()
	for range 5000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines before, %d after", before, runtime.NumGoroutine())
}

// What is not plain HTTP goes to net/http.
func TestTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "safe") }))
	defer server.Close()
	tr := New(time.Minute, server.Client().Transport.(*http.Transport))
	defer tr.Close()
	resp, err := get(t, t.Context(), tr, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := all(t, resp); text != "safe" || err != nil {
		t.Error(text, err)
	}
}
