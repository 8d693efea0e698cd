package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/engine"
)

// serve runs s.Serve on a loopback port; its result comes on the channel.
func serve(t *testing.T, b Backend) (*Server, string, chan error) {
	t.Helper()
	noLeaks(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := New(testConfig(), b, byteTokenizer(t))
	done := make(chan error, 1)
	go func() { done <- s.Serve(ln) }()
	t.Cleanup(func() { s.Close() })
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return s, "http://" + ln.Addr().String(), done
}

// TestDrain: while a stream runs on, new requests and /health get 503; then Serve ends.
func TestDrain(t *testing.T) {
	gate := make(chan struct{})
	s, url, served := serve(t, always(say("a"), step{wait: gate, event: end("b", engine.FinishLength).event}))
	_, lines := openStream(t, t.Context(), url+pathCompletions, streaming)
	message(t, lines)
	down := make(chan error, 1)
	go func() { down <- s.Shutdown(t.Context()) }()
	eventually(t, func() bool { resp, _ := get(t, url+"/health"); return resp.StatusCode == 503 })
	resp, body := post(t, url+pathCompletions, streaming)
	if resp.StatusCode != 503 || resp.Header.Get("Retry-After") != "1" || !strings.Contains(body, `"code":"shutting_down"`) {
		t.Errorf("%d: %s", resp.StatusCode, body)
	}
	select {
	case err := <-down:
		t.Fatalf("Shutdown returned with a stream open: %v", err)
	default:
	}
	close(gate)
	if m := message(t, lines); !strings.Contains(m, `"text":"b"`) {
		t.Errorf("message %s", m)
	}
	if m := message(t, lines); m != "[DONE]" {
		t.Errorf("message %s", m)
	}
	if err := errors.Join(<-down, <-served); err != nil {
		t.Error(err)
	}
	if _, err := http.Get(url + "/health"); err == nil {
		t.Error("still listening")
	}
}

// TestDrainGivesUp: when the context ends first, what still runs is cut off.
func TestDrainGivesUp(t *testing.T) {
	never := make(chan struct{})
	b := always(say("a"), step{wait: never})
	s, url, served := serve(t, b)
	resp, lines := openStream(t, t.Context(), url+pathCompletions, streaming)
	message(t, lines)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown: %v", err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	if _, err := io.ReadAll(resp.Body); err == nil {
		t.Error("a stream that was cut off looks whole")
	}
	b.allClosed(t)
}

func TestServeAfterShutdown(t *testing.T) {
	s := New(testConfig(), always(), byteTokenizer(t))
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Errorf("second Shutdown: %v", err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(ln); err != nil {
		t.Error(err)
	}
	if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the listener is still open: %v", err)
	}
}

// idle waits until no request counts as running: the client sees an answer's end a
// little before the server does.
func idle(t *testing.T, s *Server) {
	t.Helper()
	eventually(t, func() bool { s.running.mu.Lock(); defer s.running.mu.Unlock(); return s.running.n == 0 })
}

// TestStuckClient: a client that stays connected and reads nothing is given up once
// one message has waited for SendTimeout.
func TestStuckClient(t *testing.T) {
	config := testConfig()
	config.SendTimeout = 20 * time.Millisecond
	long := slices.Repeat([]step{say("x")}, 512) // of wide text: far more than the sockets' buffers hold
	b := always(long...)
	s := New(config, b, wide{byteTokenizer(t)})
	url := listen(t, s)
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(streaming), streaming); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { b.mu.Lock(); defer b.mu.Unlock(); return len(b.streams) == 1 })
	b.allClosed(t)
	idle(t, s)
	if n := b.stream(0).nexts; n == len(long) {
		t.Error("every message was written")
	}
}

// wide decodes every token as 64 KiB of text.
type wide struct{ Tokenizer }

func (w wide) NewDecoder() Decoder { return wideDecoder{w.Tokenizer.NewDecoder()} }

type wideDecoder struct{ Decoder }

func (wideDecoder) Push(...int32) string { return strings.Repeat("x", 64<<10) }
