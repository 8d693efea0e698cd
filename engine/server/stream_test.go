package server

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/assaylab/assay/engine"
)

// openStream posts a body and gives a reader of the stream's messages.
func openStream(t *testing.T, ctx context.Context, url, body string) (*http.Response, *bufio.Scanner) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp, bufio.NewScanner(resp.Body)
}

// message is the next data line of a stream, without its prefix.
func message(t *testing.T, lines *bufio.Scanner) string {
	t.Helper()
	for lines.Scan() {
		if data, found := strings.CutPrefix(lines.Text(), "data: "); found {
			return data
		}
		if lines.Text() != "" {
			t.Fatalf("line %q is no message", lines.Text())
		}
	}
	t.Fatalf("the stream ended: %v", lines.Err())
	return ""
}

const streaming = `{"model":"tiny","prompt":"abc","stream":true}`

// TestFlushes gates every step behind the reading of the message before it, so that
// a message that is held back anywhere would be a deadlock.
func TestFlushes(t *testing.T) {
	gates := []chan struct{}{make(chan struct{}), make(chan struct{}), make(chan struct{})}
	b := always(
		step{wait: gates[0], event: say("a").event},
		step{wait: gates[1], event: say("b").event},
		step{wait: gates[2], event: end("c", engine.FinishLength).event})
	_, url := start(t, testConfig(), b)
	_, lines := openStream(t, t.Context(), url+pathChat, chatWith(`"stream":true`))
	if m := message(t, lines); !strings.Contains(m, `"delta":{"role":"assistant"}`) {
		t.Errorf("first message %s", m)
	}
	for i, text := range []string{"a", "b", "c"} {
		close(gates[i])
		if m := message(t, lines); !strings.Contains(m, fmt.Sprintf(`"delta":{"content":%q}`, text)) {
			t.Errorf("message %d is %s", i, m)
		}
	}
	if m := message(t, lines); m != "[DONE]" {
		t.Errorf("last message %s", m)
	}
}

// TestClientGone: the streams of a client that goes away are closed while they wait.
func TestClientGone(t *testing.T) {
	never := make(chan struct{})
	for _, c := range []struct{ name, body string }{
		{"streaming", streaming},
		{"whole", `{"model":"tiny","prompt":"abc"}`},
		{"many choices", `{"model":"tiny","prompt":["a","b"],"n":3,"stream":true}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			submitted := make(chan struct{}, 16)
			b := &script{answer: func(int, engine.Request) ([]step, error) {
				submitted <- struct{}{}
				return []step{say("a"), {wait: never}}, nil
			}}
			_, url := start(t, testConfig(), b)
			ctx, cancel := context.WithCancel(t.Context())
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+pathCompletions, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			failed := make(chan error, 1)
			go func() {
				resp, err := http.DefaultClient.Do(r)
				if err == nil {
					_, err = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
				failed <- err
			}()
			choices := 1
			if strings.Contains(c.body, `"n":3`) {
				choices = 6
			}
			for range choices {
				<-submitted
			}
			cancel()
			if err := <-failed; !errors.Is(err, context.Canceled) {
				t.Errorf("client: %v", err)
			}
			eventually(t, func() bool { b.mu.Lock(); defer b.mu.Unlock(); return len(b.streams) == choices })
			b.allClosed(t)
		})
	}
}

func eventually(t *testing.T, done func() bool) {
	t.Helper()
	for range 500 {
		if done() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("did not happen")
}

// TestStopCloses: at a stop string the engine's request ends as one that is complete, and
// its other choices go on.
func TestStopCloses(t *testing.T) {
	never := make(chan struct{})
	other := make(chan struct{})
	b := &script{answer: func(choice int, _ engine.Request) ([]step, error) {
		if choice == 0 {
			return []step{say("oneEND"), {wait: never}}, nil
		}
		return []step{{wait: other, event: end("two", engine.FinishLength).event}}, nil
	}}
	_, url := start(t, testConfig(), b)
	_, lines := openStream(t, t.Context(), url+pathCompletions, `{"model":"tiny","prompt":"a","n":2,"stop":"END","stream":true}`)
	if m := message(t, lines); !strings.Contains(m, `"index":0,"text":"one","logprobs":null,"finish_reason":"stop"`) {
		t.Errorf("message %s", m)
	}
	<-b.stream(0).closed
	if !b.stream(0).stopped.Load() || b.stream(1).stopped.Load() {
		t.Error("the choice that met its stop string counts as aborted, or the other as stopped")
	}
	close(other)
	if m := message(t, lines); !strings.Contains(m, `"index":1,"text":"two","logprobs":null,"finish_reason":"length"`) {
		t.Errorf("message %s", m)
	}
	if m := message(t, lines); m != "[DONE]" {
		t.Errorf("message %s", m)
	}
	b.allClosed(t)
}

// TestRefusedByEngine maps the errors of Submit.
func TestRefusedByEngine(t *testing.T) {
	for _, c := range []struct {
		name   string
		err    error
		status int
		code   string
		retry  string
	}{
		{"overloaded", engine.ErrOverloaded, 503, "overloaded", "3"},
		{"too late", &engine.OverloadError{Predicted: 3200 * time.Millisecond, Limit: 2 * time.Second}, 503, "overloaded", "3"},
		{"wrapped", fmt.Errorf("submit: %w", engine.ErrOverloaded), 503, "overloaded", "3"},
		{"too long", fmt.Errorf("%w: 70 tokens", engine.ErrTooLong), 400, "context_length_exceeded", ""},
		{"closed", engine.ErrClosed, 503, "shutting_down", "3"},
		{"other", errors.New("broken"), 500, "engine_failed", ""},
	} {
		for _, body := range []string{streaming, `{"model":"tiny","prompt":"abc"}`} {
			t.Run(c.name, func(t *testing.T) {
				config := testConfig()
				config.RetryAfter = func() time.Duration { return 2100 * time.Millisecond }
				_, url := start(t, config, refusing(c.err))
				resp, got := post(t, url+pathCompletions, body)
				var r refusal
				if err := json.Unmarshal([]byte(got), &r); err != nil {
					t.Fatal(err)
				}
				if resp.StatusCode != c.status || deref(r.Error.Code) != c.code || resp.Header.Get("Retry-After") != c.retry {
					t.Errorf("status %d, retry %q: %s", resp.StatusCode, resp.Header.Get("Retry-After"), got)
				}
			})
		}
	}
}

// TestRefusedUnread: where nothing could be admitted, no work is done on a request; whether it
// makes sense is not looked at.
func TestRefusedUnread(t *testing.T) {
	b := always(end("x", engine.FinishStop))
	b.early = engine.ErrOverloaded
	config := testConfig()
	config.APIKeys = []APIKey{{Key: "sk-1", Client: Client{Tenant: "shop", Priority: 3}}}
	_, url := start(t, config, b)
	q, err := http.NewRequest(http.MethodPost, url+pathCompletions, strings.NewReader("{"))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer sk-1")
	resp, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" || len(b.requests) != 0 {
		t.Errorf("%s, %d submitted", resp.Status, len(b.requests))
	}
	if len(b.asked) != 1 || b.asked[0].Tenant != "shop" || b.asked[0].Priority != 3 {
		t.Errorf("asked for %+v", b.asked)
	}
}

// TestOverloadedHalfway: of several choices all run or none.
func TestOverloadedHalfway(t *testing.T) {
	never := make(chan struct{})
	b := &script{answer: func(choice int, _ engine.Request) ([]step, error) {
		if choice == 2 {
			return nil, engine.ErrOverloaded
		}
		return []step{{wait: never}}, nil
	}}
	_, url := start(t, testConfig(), b)
	resp, got := post(t, url+pathCompletions, `{"model":"tiny","prompt":"a","n":4,"stream":true}`)
	if resp.StatusCode != 503 {
		t.Errorf("status %d: %s", resp.StatusCode, got)
	}
	b.allClosed(t)
	if len(b.streams) != 2 {
		t.Errorf("%d streams", len(b.streams))
	}
}

// TestConcurrentStreams runs many clients at once: each must get its own text whole.
func TestConcurrentStreams(t *testing.T) {
	const clients = 40
	b := &script{answer: func(_ int, r engine.Request) ([]step, error) {
		var steps []step
		for _, id := range r.Prompt {
			steps = append(steps, step{event: engine.Event{Tokens: []int32{id}}})
		}
		return append(steps, end("", engine.FinishLength)), nil
	}}
	s, url := start(t, testConfig(), b)
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			text := fmt.Sprintf("client %d says héllo 日本", i)
			body := fmt.Sprintf(`{"model":"tiny","prompt":%q,"n":2,"stream":true,"stream_options":{"include_usage":true}}`, text)
			resp, err := http.Post(url+pathCompletions, "application/json", strings.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			all, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Error(err)
				return
			}
			texts, usage := join(t, all)
			if texts[0] != text || texts[1] != text || usage != 2*len(text) {
				t.Errorf("client %d got %q and %d tokens", i, texts, usage)
			}
		})
	}
	wg.Wait()
	b.allClosed(t)
	idle(t, s)
}

// join reads a whole stream of completions with two choices.
func join(t *testing.T, stream []byte) (texts [2]string, tokens int) {
	for line := range bytes.Lines(stream) {
		data, found := bytes.CutPrefix(line, []byte("data: "))
		if !found || bytes.HasPrefix(data, []byte("[DONE]")) {
			continue
		}
		var m struct {
			Choices []struct {
				Index int
				Text  string
			}
			Usage struct {
				CompletionTokens int `json:"completion_tokens"`
			}
		}
		if err := json.Unmarshal(data, &m); err != nil {
			t.Errorf("%v in %s", err, data)
		}
		for _, c := range m.Choices {
			texts[c.Index] += c.Text
		}
		tokens += m.Usage.CompletionTokens
	}
	return texts, tokens
}

// TestAnswerHoweverSplit holds the texts, counts and finish of an answer against an
// independent reading of the whole text, over random texts, stops and splits.
func TestAnswerHoweverSplit(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	tok := byteTokenizer(t)
	alphabet := []string{"a", "b", "é", "日", "\xC3", "\xE6\x97"}
	for round := range 3000 {
		var text, stop string
		for range rng.IntN(20) {
			text += alphabet[rng.IntN(len(alphabet))]
		}
		for range 1 + rng.IntN(3) {
			stop += alphabet[rng.IntN(4)]
		}
		a := newAnswer(tok, &request{stop: []string{stop}})
		var got piece
		for rest := text; ; {
			n := rng.IntN(min(4, len(rest)+1))
			event := engine.Event{Tokens: tokens(rest[:n])}
			if rest = rest[n:]; rest == "" {
				event.Finish = engine.FinishLength
			}
			got.extend(a.push(event))
			if a.done {
				break
			}
		}
		want := wholeAnswer(text, stop)
		if got.text != want.text || got.tokens != want.tokens || got.finish != want.finish {
			t.Fatalf("round %d, %q with stop %q: got %+v, want %+v", round, text, stop, got, want)
		}
	}
}

// wholeAnswer tries every number of tokens in turn: the first after which the stop
// string is in the text is where the answer ends.
func wholeAnswer(text, stop string) piece {
	for n := 1; n <= len(text); n++ {
		if before, _, found := strings.Cut(settled(text[:n]), stop); found {
			return piece{text: before, tokens: n, finish: engine.FinishStop}
		}
	}
	whole := lossy(text)
	if before, _, found := strings.Cut(whole, stop); found {
		return piece{text: before, tokens: len(text), finish: engine.FinishStop}
	}
	return piece{text: whole, tokens: len(text), finish: engine.FinishLength}
}

// lossy writes one U+FFFD for each maximal part of a character, as the Unicode
// standard recommends. Of the test's alphabet only E6 97 is a part of two bytes; for
// the others that is Go's own conversion.
func lossy(text string) string {
	text = strings.ReplaceAll(text, "日", "\x00")
	text = strings.ReplaceAll(text, "\xE6\x97", "\xFF")
	return strings.ReplaceAll(string([]rune(text)), "\x00", "日")
}

// settled is lossy without what more bytes could still complete.
func settled(text string) string {
	for _, open := range []string{"\xE6\x97", "\xE6", "\xC3"} {
		if cut, found := strings.CutSuffix(text, open); found {
			return lossy(cut)
		}
	}
	return lossy(text)
}
