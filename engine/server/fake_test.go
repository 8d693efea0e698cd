package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/chat"
	"github.com/assaylab/assay/engine/tokenizer"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Ids of the test vocabulary: a byte is its own id, then come the control tokens.
const (
	idEnd  = 256
	idUser = 257
	ids    = 258
)

// byteTokenizer has one token per byte, so that tests can write tokens as text.
func byteTokenizer(t testing.TB) Tokenizer {
	t.Helper()
	v := tokenizer.Vocab{Pre: "gpt-2", BOS: -1, EOS: idEnd}
	shifted := rune(256)
	for b := range 256 {
		r := rune(b)
		if b <= ' ' || b > '~' && b < 0xA1 || b == 0xAD {
			r, shifted = shifted, shifted+1
		}
		v.Tokens, v.Types = append(v.Tokens, string(r)), append(v.Types, tokenizer.TypeNormal)
	}
	for _, control := range []string{"<|end|>", "<|user|>"} {
		v.Tokens, v.Types = append(v.Tokens, control), append(v.Types, tokenizer.TypeControl)
	}
	tok, err := tokenizer.New(v)
	if err != nil {
		t.Fatal(err)
	}
	return FromTokenizer(tok)
}

// tokens are the ids of text's bytes.
func tokens(text string) []int32 {
	out := make([]int32, len(text))
	for i := range len(text) {
		out[i] = int32(text[i])
	}
	return out
}

// say is an event of text's bytes.
func say(text string) step { return step{event: engine.Event{Tokens: tokens(text)}} }

// end finishes an answer with a last text.
func end(text string, reason engine.FinishReason) step {
	return step{event: engine.Event{Tokens: tokens(text), Finish: reason}}
}

// step is one scripted Next.
type step struct {
	wait  <-chan struct{} // nil does not wait
	event engine.Event
	err   error
}

// script is a Backend whose answers are written down beforehand.
type script struct {
	answer func(choice int, r engine.Request) ([]step, error)
	stats  engine.Stats
	used   engine.Use // of every request

	mu       sync.Mutex
	requests []engine.Request
	streams  []*scripted
	early    error            // of Refuses
	asked    []engine.Request // there
}

func (s *script) Submit(_ context.Context, r engine.Request) (Stream, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	steps, err := s.answer(len(s.requests), r)
	if err != nil {
		return nil, err
	}
	stream := &scripted{steps: steps, closed: make(chan struct{}), used: s.used}
	s.requests = append(s.requests, r)
	s.streams = append(s.streams, stream)
	return stream, nil
}

func (s *script) Stats() engine.Stats { return s.stats }

func (s *script) Refuses(r engine.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r)
	return s.early
}

// stream is the i-th that was submitted, which must exist.
func (s *script) stream(i int) *scripted {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.streams[i]
}

// allClosed fails unless every stream that was handed out has been closed once.
func (s *script) allClosed(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, stream := range s.streams {
		select {
		case <-stream.closed:
		case <-time.After(5 * time.Second):
			t.Errorf("stream %d was not closed", i)
		}
	}
}

// scripted is a Stream that plays steps.
type scripted struct {
	steps   []step
	closed  chan struct{} // a second Close panics
	stopped atomic.Bool
	nexts   int
	used    engine.Use
}

func (s *scripted) Next(ctx context.Context) (engine.Event, error) {
	if len(s.steps) == 0 {
		return engine.Event{}, io.EOF
	}
	now := s.steps[0]
	if now.wait != nil {
		select {
		case <-now.wait:
		case <-ctx.Done():
			return engine.Event{}, ctx.Err()
		}
	}
	s.steps = s.steps[1:]
	s.nexts++
	return now.event, now.err
}

func (s *scripted) Used() engine.Use { return s.used }

func (s *scripted) Stop()  { s.stopped.Store(true) }
func (s *scripted) Close() { close(s.closed) }

// always gives every request the same answer.
func always(steps ...step) *script {
	return &script{answer: func(int, engine.Request) ([]step, error) { return steps, nil }}
}

// refusing fails every Submit.
func refusing(err error) *script {
	return &script{answer: func(int, engine.Request) ([]step, error) { return nil, err }}
}

// tags is a renderer in the manner of a chat template.
type tags struct{}

func (tags) Render(c chat.Input) (string, error) {
	var b strings.Builder
	for _, raw := range c.Messages {
		var m struct{ Role, Content string }
		if err := json.Unmarshal(raw, &m); err != nil {
			return "", err
		}
		if m.Content == "refuse me" {
			return "", errors.New("messages must alternate")
		}
		b.WriteString("<|user|>" + m.Role + ":" + m.Content + "\n")
	}
	if c.AddGenerationPrompt {
		b.WriteString("assistant:")
	}
	return b.String(), nil
}

func testConfig() Config {
	return Config{Model: "tiny", Context: 64, Chat: tags{}, Version: "v0", DraftLength: 4,
		Now:     func() time.Time { return time.Unix(1700000000, 0) },
		NewID:   func() string { return "id" },
		NewSeed: func() uint64 { return 42 }}
}

// start serves b on a real socket.
func start(t *testing.T, c Config, b Backend) (*Server, string) {
	t.Helper()
	s := New(c, b, byteTokenizer(t))
	return s, listen(t, s)
}

// listen runs s until the test ends, and gives its address.
func listen(t *testing.T, s *Server) string {
	t.Helper()
	noLeaks(t)
	hs := httptest.NewServer(s)
	t.Cleanup(hs.Close)
	return hs.URL
}

// noLeaks fails a test that leaves a goroutine of this package behind.
func noLeaks(t *testing.T) {
	t.Cleanup(func() {
		const tries = 500
		stacks := make([]byte, 1<<20)
		for range tries {
			all := string(stacks[:runtime.Stack(stacks, true)])
			if !strings.Contains(all, "server.(*group)") && !strings.Contains(all, "server.(*Server)") {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Errorf("goroutines left behind:\n%s", stacks[:runtime.Stack(stacks, true)])
	})
}

// post sends a body and reads the whole answer.
func post(t *testing.T, url, body string) (*http.Response, string) {
	t.Helper()
	resp, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return resp, readAll(t, resp)
}

func get(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	return resp, readAll(t, resp)
}

func readAll(t *testing.T, resp *http.Response) string {
	t.Helper()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// golden compares got with testdata/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, []byte(got)) {
		t.Errorf("%s differs; got:\n%s\nwant:\n%s", path, got, want)
	}
}
