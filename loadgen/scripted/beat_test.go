package scripted

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

func startBeat(t *testing.T, gap time.Duration) *Beat {
	t.Helper()
	b, err := StartBeat("127.0.0.1:0", gap)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// ask sends a request of n tokens and returns status and body.
func ask(t *testing.T, ctx context.Context, b *Beat, seq int, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Vegeta-Seq", fmt.Sprint(seq))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil && ctx.Err() == nil {
		t.Error(err)
	}
	return resp.StatusCode, string(raw)
}

// Streams at once get the bytes that Answer defines, each over the connection that its
// next request uses too, and every message has its time.
func TestBeatAnswers(t *testing.T) {
	b := startBeat(t, time.Millisecond)
	before := MachineTime(time.Now())
	var wg sync.WaitGroup
	for i := range 30 {
		wg.Go(func() {
			for range 2 {
				path, body := "/v1/completions", fmt.Sprintf(`{"max_tokens":%d,"stream":true}`, i+1)
				a := Answer{Prompt: 1, Finish: "length", Usage: Absent}
				if i%3 == 1 {
					path, a.Chat, a.Usage = "/v1/chat/completions", true, Final
					body = fmt.Sprintf(`{"max_completion_tokens":%d,"stream":true,"stream_options":{"include_usage":true}}`, i+1)
				}
				if i%3 == 2 {
					a.Usage = Continuous
					body = fmt.Sprintf(`{"max_tokens":%d,"stream":true,"stream_options":{"include_usage":true,"continuous_usage_stats":true}}`, i+1)
				}
				for k := range i + 1 {
					a.Parts = append(a.Parts, Message(0, 1, words[k%len(words)]))
				}
				want := ""
				for _, s := range a.Script().Steps {
					want += s.Bytes
				}
				if status, got := ask(t, t.Context(), b, i, path, body); status != 200 || got != want {
					t.Errorf("stream %d: status %d\ngot  %s\nwant %s", i, status, got, want)
				}
			}
		})
	}
	wg.Wait()
	after := MachineTime(time.Now())
	all := b.Record()
	if len(all) != 60 {
		t.Fatalf("%d streams in the record", len(all))
	}
	for _, s := range all {
		last := before
		if len(s.At) != int(s.Seq)+1 || len(s.Late) != len(s.At) || s.Arrived < before {
			t.Fatalf("%+v", s)
		}
		for k, at := range s.At {
			if due := s.Arrived + int64(k+1)*int64(time.Millisecond); at < last || at > after || at < due || s.Late[k] != at-due {
				t.Fatalf("stream %d, message %d at %d after %d, due %d, late %d", s.Seq, k, at, last, due, s.Late[k])
			}
			last = at
		}
	}
	response := httptest.NewRecorder()
	b.record(response, nil)
	if read, err := ReadBeats(response.Body); err != nil || !reflect.DeepEqual(read, all) {
		t.Errorf("read back %d streams, %v", len(read), err)
	}
	if len(b.Record()) != 0 {
		t.Error("the record was not forgotten")
	}
}

func TestBeatRefuses(t *testing.T) {
	b := startBeat(t, time.Millisecond)
	for _, body := range []string{`{`, `{"stream":true}`, `{"max_tokens":1}`, `{"max_tokens":5000,"stream":true}`} {
		if status, text := ask(t, t.Context(), b, 0, "/v1/completions", body); status != 400 || text == "" {
			t.Errorf("%s: %d %q", body, status, text)
		}
	}
	if _, err := StartBeat("127.0.0.1:0", 0); err == nil {
		t.Error("gap of 0 accepted")
	}
	if _, err := ReadBeats(strings.NewReader(`{"seq":1}{"seq":`)); err == nil || !strings.Contains(err.Error(), "stream 1") {
		t.Errorf("record cut short: %v", err)
	}
}

// A client that leaves ends its stream and no other, and Close ends all.
func TestBeatClientLeaves(t *testing.T) {
	b := startBeat(t, time.Millisecond)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { ask(t, ctx, b, 1, "/v1/completions", `{"max_tokens":4000,"stream":true}`) })
	for len(b.Record()) == 0 || len(b.Record()[0].At) < 3 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if status, text := ask(t, t.Context(), b, 2, "/v1/completions", `{"max_tokens":5,"stream":true}`); status != 200 || !strings.Contains(text, "[DONE]") {
		t.Errorf("%d %q", status, text)
	}
	wg.Go(func() {
		resp, err := http.Post(b.URL()+"/v1/completions", "application/json", strings.NewReader(`{"max_tokens":4000,"stream":true}`))
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
		if err == nil {
			t.Error("a stream that was cut off ended well")
		}
	})
	for len(b.Record()) < 3 {
		time.Sleep(time.Millisecond)
	}
	_ = b.Close()
	wg.Wait()
	if n := len(b.Record()[0].At); n >= 4000 {
		t.Errorf("all %d messages were written to a client that had left", n)
	}
}
