package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/loadgen/scripted"
)

// rig is a gateway in front of scripted servers.
type rig struct {
	*Gateway
	t       *testing.T
	url     string
	servers []*scripted.Server
	trace   *safe
}

// safe is a buffer that goroutines share.
type safe struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safe) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safe) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// ladderOf has a rung for each server, with more keys of each rung and more tables.
func ladderOf(more string, rungs ...string) string {
	text := "name = \"m\"\n[slo]\nttft = \"10s\"\n" + more
	for i, r := range rungs {
		text += fmt.Sprintf("\n[[rung]]\nname = \"r%d\"\nurl = \"http://127.0.0.1:%d\"\nserved_model = \"s%d\"\n%s", i, i+1, i, r)
	}
	return text
}

func start(t *testing.T, ladder string, scripts ...func(scripted.Received) scripted.Script) *rig {
	return startWith(t, ladder, Config{}, scripts...)
}

func startWith(t *testing.T, ladder string, config Config, scripts ...func(scripted.Received) scripted.Script) *rig {
	t.Helper()
	r := &rig{t: t, trace: &safe{}}
	config.Trace = r.trace
	var err error
	if r.Gateway, err = New(parsed(t, ladder), config); err != nil {
		t.Fatal(err)
	}
	for i, script := range scripts {
		s, err := scripted.Start(script)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		r.servers = append(r.servers, s)
		r.backends[i].Model = fmt.Sprintf("s%d", i)
		r.SetServer(i, s.URL())
	}
	r.Ready()
	h := httptest.NewServer(r.Gateway)
	t.Cleanup(h.Close)
	r.url = h.URL
	return r
}

// got is a whole reply.
type got struct {
	status int
	header http.Header
	body   string
	err    error // while the body was read
}

func (r *rig) post(path, body string, header ...string) got {
	r.t.Helper()
	q, err := http.NewRequest(http.MethodPost, r.url+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(q)
	if err != nil {
		return got{err: err}
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return got{res.StatusCode, res.Header, string(text), err}
}

const streamed = `{"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":8,"stream":true,"stream_options":{"include_usage":true}}`

// steady is an answer of n tokens without pauses.
func steady(n int) scripted.Answer {
	a := scripted.Steady(0, 0, n)
	a.Chat, a.Usage, a.Prompt = true, scripted.Final, 7
	a.Parts = append([]scripted.Part{scripted.Role(0)}, a.Parts...)
	return a
}

// text is all that a script sends.
func text(s scripted.Script) (all string) {
	for _, step := range s.Steps {
		all += step.Bytes
	}
	return all
}

func (r *rig) lines() (all []record.LadderRequest) {
	r.t.Helper()
	l, err := record.ParseLadder(strings.NewReader(r.trace.String()), r.born)
	if err != nil {
		r.t.Fatal(err)
	}
	return l.Requests
}

// A stream is passed on byte for byte, but for the member of its usage, whatever its frames are cut into and whatever else is in it.
func TestStreamsArePassedOnExactly(t *testing.T) {
	odd := steady(4)
	odd.Parts = append(odd.Parts, scripted.Comment(0), scripted.Verbatim(0, "event: x\r\nid: 7\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"\\\"usage\\\":{ é\"}}], \"usage\" : null}\r\n\r\n"),
		scripted.Message(0, 1, "last \"usage\":{}").Split(3, 9, 20))
	continuous := steady(5)
	continuous.Usage = scripted.Continuous
	for name, answer := range map[string]scripted.Answer{"plain": steady(6), "odd": odd, "continuous usage": continuous} {
		t.Run(name, func(t *testing.T) {
			script := answer.Script()
			r := start(t, ladderOf("", ""), scripted.Always(script))
			g := r.post("/v1/chat/completions", streamed)
			if g.status != 200 || g.err != nil || g.header.Get(HeaderRung) != "r0" || !strings.HasPrefix(g.header.Get("Content-Type"), "text/event-stream") {
				t.Fatalf("%+v", g)
			}
			const extension = `,"assay_rung":"r0"`
			n := strings.Count(g.body, extension)
			if want := text(script); strings.ReplaceAll(g.body, extension, "") != want || n < 1 {
				t.Errorf("got %q\nof  %q", g.body, want)
			}
			if want := strings.Count(text(script), `"usage":{"`); n != want {
				t.Errorf("%d extensions, %d usages", n, want)
			}
			if l := r.lines(); len(l) != 1 || l[0].Rung != "r0" || l[0].Outcome != "answered" || l[0].Output != answer.Tokens() || l[0].Prompt != 7 {
				t.Errorf("traced %+v", l)
			}
		})
	}
}

// Every message is there for the client when the server has sent it, and not later.
func TestMessagesAreFlushed(t *testing.T) {
	answer := steady(2)
	answer.Parts = append(answer.Parts, scripted.Message(0, 1, "now"))
	answer.End = scripted.Stall
	answer.Finish, answer.NoDone, answer.Usage = "", true, scripted.Absent
	r := start(t, ladderOf("", ""), scripted.Always(answer.Script()))
	ctx, stop := context.WithCancel(t.Context())
	q, _ := http.NewRequestWithContext(ctx, http.MethodPost, r.url+"/v1/chat/completions", strings.NewReader(streamed))
	res, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	want, seen := text(answer.Script()), ""
	for b := make([]byte, 64); seen != want; {
		n, err := res.Body.Read(b)
		if err != nil {
			t.Fatalf("%v after %q", err, seen)
		}
		seen += string(b[:n])
	}
	stop() // the server stalls, and learns that the client is gone
	res.Body.Close()
	eventually(t, func() bool { s := r.servers[0].Served(); return len(s) == 1 && s[0].Gone })
	eventually(t, func() bool { return r.inFlight() == 0 })
	eventually(t, func() bool { l := r.lines(); return len(l) == 1 && l[0].Outcome == "cancelled" })
}

func eventually(t *testing.T, true func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !true(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not come true")
		}
	}
}

func (r *rig) inFlight() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.backends {
		a, b := r.control.InFlight(i)
		n += a + b
	}
	return n
}

// A client that leaves before the first token leaves the server, too.
func TestLeavingBeforeTheFirstToken(t *testing.T) {
	r := start(t, ladderOf("", "", ""), scripted.Always(scripted.Script{End: scripted.Stall}), scripted.Always(steady(1).Script()))
	ctx, stop := context.WithCancel(t.Context())
	q, _ := http.NewRequestWithContext(ctx, http.MethodPost, r.url+"/v1/chat/completions", strings.NewReader(streamed))
	failed := make(chan error, 1)
	go func() { _, err := http.DefaultClient.Do(q); failed <- err }()
	eventually(t, func() bool { return len(r.servers[0].Served()) == 1 })
	stop()
	if err := <-failed; err == nil {
		t.Error("there was an answer")
	}
	eventually(t, func() bool { return r.servers[0].Served()[0].Gone && r.inFlight() == 0 })
	if n := len(r.servers[1].Served()); n != 0 {
		t.Errorf("another server was asked %d times", n)
	}
}

func broken(end scripted.End, parts ...scripted.Part) scripted.Script {
	a := scripted.Answer{Chat: true, Parts: parts, Usage: scripted.Absent, NoDone: true, End: end}
	return a.Script()
}

// A server that fails before the first token is replaced by the next rung's, and the client sees nothing of it.
func TestFailover(t *testing.T) {
	good := steady(3).Script()
	want := strings.ReplaceAll(text(good), `"total_tokens":10}`, `"total_tokens":10,"assay_rung":"r1"}`)
	for name, bad := range map[string]scripted.Script{
		"reset":                        {End: scripted.ResetEarly},
		"nothing but a header":         {End: scripted.Cut},
		"500":                          scripted.Refuse(500, 0, "boom"),
		"503":                          scripted.Refuse(503, 1, "full"),
		"429":                          scripted.Refuse(429, 1, "slow down"),
		"wrong key":                    scripted.Refuse(401, 0, "no"),
		"no such model":                scripted.Refuse(404, 0, "no"),
		"a redirect":                   {Status: 302, Header: map[string]string{"Location": "http://127.0.0.1:1/"}},
		"the role and a cut":           broken(scripted.Cut, scripted.Role(0), scripted.Comment(0)),
		"the role and a reset":         broken(scripted.Reset, scripted.Role(0)),
		"the role and an end":          broken(scripted.Complete, scripted.Role(0)),
		"an error in place of a token": broken(scripted.Complete, scripted.Role(0), scripted.Failure(0, "no memory")),
		"no HTTP at all":               {Raw: "hello\r\n\r\n"},
		"an answer without its end":    {Raw: "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"},
		"half a message":               {Steps: []scripted.Step{{Bytes: `data: {"choices":[{"delta":{"con`}}, End: scripted.Cut},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, ladderOf("", "", ""), scripted.Always(bad), scripted.Always(good))
			g := r.post("/v1/chat/completions", streamed)
			if g.status != 200 || g.err != nil || g.header.Get(HeaderRung) != "r1" || g.body != want {
				t.Fatalf("%+v, want %q", g, want)
			}
			if l := r.lines(); l[0].Rung != "r1" || l[0].Retries != 1 || l[0].Best != "r0" {
				t.Errorf("traced %+v", l[0])
			}
			if r.inFlight() != 0 {
				t.Error("something is left in flight")
			}
		})
	}
}

// A server that fails after the first token is seen to fail, as it did: nothing is sent twice, and nothing is invented.
func TestNoFailoverAfterTheFirstToken(t *testing.T) {
	begun := []scripted.Part{scripted.Role(0), scripted.Message(0, 1, "one")}
	for name, row := range map[string]struct {
		script scripted.Script
		cut    bool
	}{
		"cut":      {broken(scripted.Cut, begun...), true},
		"reset":    {broken(scripted.Reset, begun...), true},
		"an end":   {broken(scripted.Complete, begun...), false},
		"an error": {broken(scripted.Complete, append(begun, scripted.Failure(0, "no memory"))...), false},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, ladderOf("", "", ""), scripted.Always(row.script), scripted.Always(steady(3).Script()))
			g := r.post("/v1/chat/completions", streamed)
			if (g.err != nil) != row.cut || !strings.HasPrefix(text(row.script), g.body) || !strings.Contains(g.body, "one") {
				t.Errorf("%+v", g)
			}
			if n := len(r.servers[1].Served()); n != 0 {
				t.Errorf("another server was asked %d times", n)
			}
			eventually(t, func() bool { l := r.lines(); return len(l) == 1 && l[0].Outcome == "failed" && l[0].Rung == "r0" })
		})
	}
}

// An answer in one piece can be asked for again until it is whole.
func TestWholeAnswers(t *testing.T) {
	const body = `{"id":"x","choices":[{"text":"a \"usage\": {}"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}`
	good := scripted.Script{Header: map[string]string{"Content-Type": "application/json", "X-Request-Id": "7", "Openai-Organization": "secret"}, Steps: []scripted.Step{{Bytes: body}}}
	torn := scripted.Script{Header: good.Header, Steps: []scripted.Step{{Bytes: body[:50]}}, End: scripted.Cut}
	r := start(t, ladderOf("", "", ""), scripted.Always(torn), scripted.Always(good))
	g := r.post("/v1/completions", `{"model":"m","prompt":"p","max_tokens":4}`)
	if want := strings.Replace(body, `"total_tokens":5}`, `"total_tokens":5,"assay_rung":"r1"}`, 1); g.body != want || g.header.Get("X-Request-Id") != "7" || g.header.Get("Openai-Organization") != "" {
		t.Errorf("%+v, want %s", g, want)
	}
	if asked := string(r.servers[1].Served()[0].Body); asked != `{"model":"s1","prompt":"p","max_tokens":4}` {
		t.Errorf("the server was asked %s", asked)
	}
}

// What the client did wrong is the server's to say, once.
func TestRefusalsOfTheServerArePassedOn(t *testing.T) {
	r := start(t, ladderOf("", "", ""), scripted.Always(scripted.Refuse(400, 0, "temperature")), scripted.Always(steady(1).Script()))
	if g := r.post("/v1/chat/completions", streamed); g.status != 400 || !strings.Contains(g.body, "temperature") || g.header.Get(HeaderRung) != "r0" || len(r.servers[1].Served()) != 0 {
		t.Errorf("%+v", g)
	}
}

// After as many tries as there are to be, the client is told; a server that keeps failing is asked no more.
func TestEveryServerFails(t *testing.T) {
	bad := scripted.Always(scripted.Script{End: scripted.ResetEarly})
	r := start(t, ladderOf("[breaker]\nfailures = 2\nopen = \"1h\"\n", "", ""), bad, bad)
	for i, want := range []int{502, 502, 503, 503} {
		g := r.post("/v1/chat/completions", streamed)
		if g.status != want || g.header.Get(HeaderRung) != "refused" || g.header.Get("Retry-After") == "" {
			t.Errorf("request %d: %+v", i, g)
		}
	}
	if a, b := len(r.servers[0].Served()), len(r.servers[1].Served()); a != 2 || b != 2 {
		t.Errorf("the servers were asked %d and %d times, want 2 each", a, b)
	}
	if g := r.get("/health"); g.status != 503 {
		t.Errorf("health %+v", g)
	}
	if m := r.get("/metrics").body; !strings.Contains(m, `assay_ladder_breaker_state{server="r0"} 1`) {
		t.Error("the open breaker is not in the metrics")
	}
}

func (r *rig) get(path string) got {
	r.t.Helper()
	res, err := http.Get(r.url + path)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return got{res.StatusCode, res.Header, string(text), err}
}

// What a rung changes of a request.
func TestRungsChangeRequests(t *testing.T) {
	for _, row := range []struct{ rung, asked, want string }{
		{"", `{"model":"m","a":1.50,"messages":[],"b":"é"}`, `{"model":"s0","a":1.50,"messages":[],"b":"é"}`},
		{"max_tokens = 5", `{"model":"m","messages":[]}`, `{"model":"s0","messages":[],"max_tokens":5}`},
		{"max_tokens = 5", `{"model":"m","max_tokens":9,"messages":[]}`, `{"model":"s0","max_tokens":5,"messages":[]}`},
		{"max_tokens = 5", `{"model":"m","max_tokens":3,"messages":[]}`, `{"model":"s0","max_tokens":3,"messages":[]}`},
		{"max_tokens = 5", `{"model":"m","max_completion_tokens":9,"messages":[]}`, `{"model":"s0","max_completion_tokens":5,"messages":[]}`},
		{"drafts = false", `{"model":"m","messages":[]}`, `{"model":"s0","messages":[],"num_speculative_tokens":0}`},
		{"drafts = false", `{"num_speculative_tokens":4,"model":"m"}`, `{"num_speculative_tokens":0,"model":"s0"}`},
	} {
		r := start(t, ladderOf("", row.rung), scripted.Always(scripted.Refuse(400, 0, "x")))
		r.post("/v1/chat/completions", row.asked)
		if got := string(r.servers[0].Served()[0].Body); got != row.want {
			t.Errorf("%s %s: got %s, want %s", row.rung, row.asked, got, row.want)
		}
	}
}

func TestBadRequests(t *testing.T) {
	r := startWith(t, ladderOf("", ""), Config{MaxBody: 1000}, scripted.Always(steady(1).Script()))
	for _, row := range []struct {
		body   string
		status int
		want   string
	}{
		{"", 400, "no JSON object"}, {"[]", 400, "no JSON object"}, {`{"model":"m"} x`, 400, "something follows"}, {`{"model":"m","model":"m"}`, 400, "model is given twice"},
		{`{"model":3}`, 400, "model: expected a string"}, {`{"model":"m","max_tokens":-1}`, 400, "expected 0 or more"}, {`{"model":"m","n":0}`, 400, "expected at least 1"},
		{`{"model":"other"}`, 404, "no model"}, {`{"model":"m","user":"` + strings.Repeat("x", 1000) + `"}`, 413, "larger than 1000"},
	} {
		g := r.post("/v1/chat/completions", row.body)
		var e struct {
			Error struct{ Message, Type string }
		}
		if err := json.Unmarshal([]byte(g.body), &e); err != nil || g.status != row.status || !strings.Contains(e.Error.Message, row.want) || e.Error.Type == "" {
			t.Errorf("%.40s: %+v", row.body, g)
		}
	}
	if len(r.servers[0].Served()) != 0 {
		t.Error("a bad request was passed on")
	}
	if g := r.get("/v1/chat/completions"); g.status != 405 || g.header.Get("Allow") != "POST" {
		t.Errorf("%+v", g)
	}
	for path, want := range map[string]int{"/v1/models": 200, "/v1/models/m": 200, "/v1/models/x": 404, "/health": 200, "/version": 200, "/stats": 200, "/metrics": 200, "/x": 404} {
		if g := r.get(path); g.status != want {
			t.Errorf("%s: %d, want %d", path, g.status, want)
		}
	}
}

// Keys say whose requests are whose, and then nothing else does.
func TestTeamsOfRequests(t *testing.T) {
	answer := scripted.Always(steady(1).Script())
	open := start(t, ladderOf("", ""), answer)
	open.post("/v1/chat/completions", streamed, HeaderTeam, "a")
	open.post("/v1/chat/completions", strings.Replace(streamed, "{", `{"user":"b",`, 1))
	keyed := startWith(t, ladderOf("", ""), Config{Teams: map[string]string{"k": "c"}}, answer)
	keyed.post("/v1/chat/completions", streamed, HeaderTeam, "a", "Authorization", "Bearer k")
	for _, header := range []string{"", "Bearer x", "Basic k"} {
		if g := keyed.post("/v1/chat/completions", streamed, "Authorization", header); g.status != 401 || g.header.Get("Www-Authenticate") == "" {
			t.Errorf("%q: %+v", header, g)
		}
	}
	for path, want := range map[string]int{"/v1/models": 401, "/v1/models/m": 401, "/stats": 401, "/health": 200, "/metrics": 200, "/version": 200} {
		if g := keyed.get(path); g.status != want {
			t.Errorf("%s without a key: %d, want %d", path, g.status, want)
		}
	}
	eventually(t, func() bool { return len(open.lines()) == 2 && len(keyed.lines()) == 1 })
	if a, b, c := open.lines()[0].Team, open.lines()[1].Team, keyed.lines()[0].Team; a != "a" || b != "b" || c != "c" {
		t.Errorf("teams %q, %q, %q", a, b, c)
	}
	if got := keyed.servers[0].Served()[0].Header.Get("Authorization"); got != "" {
		t.Errorf("the client's key %q went to the server", got)
	}
}
