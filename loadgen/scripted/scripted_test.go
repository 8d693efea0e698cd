package scripted

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"
)

func start(t *testing.T, s Script) *Server {
	t.Helper()
	server, err := Start(Always(s))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server
}

func post(t *testing.T, ctx context.Context, url, seq string) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/completions", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Vegeta-Seq", seq)
	tr := &http.Transport{DisableKeepAlives: true}
	return tr.RoundTrip(req)
}

// finished waits until the only request is over.
func finished(t *testing.T, s *Server) Served {
	t.Helper()
	for range 2000 {
		if served := s.Served(); len(served) == 1 && !served[0].Ended.IsZero() {
			return served[0]
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("request did not end: %+v", s.Served())
	return Served{}
}

func TestBytesAndRecord(t *testing.T) {
	a := Answer{
		Prompt: 3, Cached: 2, Finish: "stop",
		Parts: []Part{Message(2*time.Millisecond, 1, "a"), Comment(0), Message(0, 2, "b c"), Message(0, 1, "d").Joined(), Message(time.Millisecond, 1, "e").Split(3, 9)},
	}
	server := start(t, a.Script())
	before := time.Now()
	resp, err := post(t, t.Context(), server.URL(), "7")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	chunk := func(choice, completion string) string {
		return `data: {"choices":[` + choice + `],"id":"cmpl-scripted","model":"scripted","object":"text_completion","usage":{"completion_tokens":` + completion +
			`,"prompt_tokens":3,"prompt_tokens_details":{"cached_tokens":2},"total_tokens":` + string('3'+completion[0]-'0') + "}}\n\n"
	}
	text := func(s string) string { return `{"finish_reason":null,"index":0,"text":"` + s + `"}` }
	want := chunk(text("a"), "1") + ": keep-alive\n\n" + chunk(text("b c"), "3") + chunk(text("d"), "4") + chunk(text("e"), "5") +
		chunk(`{"finish_reason":"stop","index":0,"text":""}`, "5") + chunk("", "5") + "data: [DONE]\n\n"
	if string(body) != want {
		t.Errorf("got\n%s\nwant\n%s", body, want)
	}
	got := finished(t, server)
	if got.Seq != 7 || got.N != 0 || got.Path != "/v1/completions" || string(got.Body) != "{}" || got.Gone {
		t.Errorf("record %+v", got)
	}
	var tokens [][]int
	last := before
	for i, s := range got.Steps {
		tokens = append(tokens, s.Tokens)
		if s.Before.Before(last) || s.After.Before(s.Before) {
			t.Errorf("step %d runs back in time", i)
		}
		last = s.After
	}
	if want := [][]int{{1}, nil, {2, 1}, nil, nil, {1}, nil}; !reflect.DeepEqual(tokens, want) {
		t.Errorf("tokens by step %v, want %v", tokens, want)
	}
	if got.Steps[0].Before.Sub(got.Answered) < 2*time.Millisecond {
		t.Error("the first gap was not kept")
	}
	if server.BySeq()[7].N != 0 || a.Tokens() != 5 {
		t.Error("record by sequence, or token count")
	}
}

func TestChatParts(t *testing.T) {
	a := Answer{Chat: true, Usage: Absent, NoDone: true, Parts: []Part{Role(0), Reasoning(0, 1, "hm"), Message(0, 1, "x"), Failure(0, "oops"), Verbatim(0, "junk\n\n")}}
	var got strings.Builder
	for _, s := range a.Script().Steps {
		got.WriteString(s.Bytes)
	}
	chunk := func(delta string) string {
		return `data: {"choices":[{"delta":` + delta + `,"finish_reason":null,"index":0}],"id":"cmpl-scripted","model":"scripted","object":"chat.completion.chunk"}` + "\n\n"
	}
	want := chunk(`{"content":"","role":"assistant"}`) + chunk(`{"reasoning_content":"hm"}`) + chunk(`{"content":"x"}`) +
		`data: {"error":{"message":"oops","type":"server_error"}}` + "\n\njunk\n\n"
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}

func TestSkewAndFinal(t *testing.T) {
	a := Answer{Usage: Final, Skew: 7, Parts: []Part{Message(0, 2, "a")}}
	steps := a.Script().Steps
	if strings.Contains(steps[0].Bytes, "usage") || !strings.Contains(steps[1].Bytes, `"completion_tokens":9`) {
		t.Errorf("%+v", steps)
	}
}

func TestEnds(t *testing.T) {
	one := []Step{{Bytes: "data: x\n\n"}}
	for _, tc := range []struct {
		name   string
		script Script
		header bool  // a response header arrives
		want   error // of reading the body, or of the request where none does
	}{
		{"complete", Script{Steps: one}, true, nil},
		{"cut", Script{Steps: one, End: Cut}, true, io.ErrUnexpectedEOF},
		{"reset", Script{Steps: one, End: Reset}, true, syscall.ECONNRESET},
		{"reset early", Script{Steps: one, End: ResetEarly}, false, syscall.ECONNRESET},
	} {
		t.Run(tc.name, func(t *testing.T) {
			resp, err := post(t, t.Context(), start(t, tc.script).URL(), "0")
			if (err == nil) != tc.header {
				t.Fatalf("header %v, error %v", err == nil, err)
			}
			if err == nil {
				_, err = io.ReadAll(resp.Body)
			}
			if !errors.Is(err, tc.want) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
		})
	}
}

func TestStallUntilGone(t *testing.T) {
	for _, s := range []Script{{Steps: []Step{{Bytes: "data: x\n\n"}}, End: Stall}, {Delay: time.Hour}, {Steps: []Step{{Bytes: "data: x\n\n"}, {Wait: time.Hour}}}} {
		server := start(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		if s.Delay > 0 {
			time.AfterFunc(10*time.Millisecond, cancel)
		}
		if resp, err := post(t, ctx, server.URL(), "0"); err == nil {
			if line, err := bufio.NewReader(resp.Body).ReadString('\n'); line != "data: x\n" {
				t.Errorf("%q, %v", line, err)
			}
		}
		cancel()
		if got := finished(t, server); !got.Gone {
			t.Errorf("client not seen to leave: %+v", got)
		}
	}
}

func TestRefuse(t *testing.T) {
	resp, err := post(t, t.Context(), start(t, Refuse(503, 2, "queue is full")).URL(), "0")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != 503 || resp.Header.Get("Retry-After") != "2" || string(body) != `{"error":{"message":"queue is full"}}` {
		t.Errorf("%d %v %s", resp.StatusCode, resp.Header, body)
	}
}

func TestRaw(t *testing.T) {
	if _, err := post(t, t.Context(), start(t, Script{Raw: "SSH-2.0\r\n"}).URL(), "0"); err == nil || !strings.Contains(err.Error(), "malformed") {
		t.Errorf("error %v", err)
	}
}

func TestRefusedURL(t *testing.T) {
	url, release, err := RefusedURL()
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if _, err := post(t, t.Context(), url, "0"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("error %v", err)
	}
}
