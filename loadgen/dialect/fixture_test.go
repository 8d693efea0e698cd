package dialect_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/stream"
	"github.com/assaylab/assay/loadgen/workload"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// planted is the key that every request of these tests carries, and that some fixtures repeat.
const planted = "sk-planted-0123456789abcdef"

// fixture is a recorded answer: testdata/DIALECT/NAME.http, headers and all.
type fixture struct {
	name    string // DIALECT/NAME
	kind    dialect.Kind
	raw     []byte
	trailer http.Header // of gRPC
}

func fixtures(t testing.TB) []fixture {
	t.Helper()
	files, err := filepath.Glob("testdata/*/*.http")
	if err != nil || len(files) < 90 {
		t.Fatalf("%d fixtures: %v", len(files), err)
	}
	var all []fixture
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Base(filepath.Dir(file))
		kind, ok := dialect.Named(dir)
		if !ok {
			t.Fatalf("%s: %s is no dialect", file, dir)
		}
		f := fixture{name: dir + "/" + strings.TrimSuffix(filepath.Base(file), ".http"), kind: kind, raw: raw}
		if stream.Framed(kind.Dialect) {
			f.raw, f.trailer = rpc(t, f.name, raw)
		}
		all = append(all, f)
	}
	return all
}

// body is what follows the header.
func (f fixture) body() []byte {
	_, body, _ := bytes.Cut(f.raw, []byte("\n\n"))
	return body
}

// decoded is what became of an answer, without stamps.
type decoded struct {
	Outcome    string    `json:"outcome"`
	Status     int       `json:"status"`
	Error      string    `json:"error,omitempty"`
	ID         string    `json:"id,omitempty"`
	RequestID  string    `json:"request_id,omitempty"`
	Model      string    `json:"model,omitempty"`
	Finish     string    `json:"finish,omitempty"`
	Said       string    `json:"said,omitempty"`
	RetryMS    int64     `json:"retry_after_ms,omitempty"`
	Limits     []int     `json:"limits,omitempty"` // requests, of them left, tokens, of them left
	Prompt     int       `json:"prompt_tokens"`
	Cached     int       `json:"cached_tokens,omitempty"`
	Written    int       `json:"written_tokens,omitempty"`
	Output     int       `json:"output_tokens"`
	Reasoning  int       `json:"reasoning_tokens,omitempty"`
	Estimated  bool      `json:"estimated,omitempty"`
	Messages   []int     `json:"messages,omitempty"` // tokens of each message that had some
	Texts      []channel `json:"texts,omitempty"`
	Unanswered bool      `json:"unanswered,omitempty"` // no token came
}

// channel is text, and whether it is reasoning.
type channel struct {
	Text    string `json:"text"`
	Thought bool   `json:"thought,omitempty"`
}

func summary(r result.Request, texts []channel) decoded {
	d := decoded{
		Outcome: r.Outcome, Status: r.Status, Error: r.Error, ID: r.ID, RequestID: r.RequestID, Model: r.Model, Finish: r.Finish, Said: r.Said,
		RetryMS: r.RetryAfter / 1e6, Prompt: r.PromptTokens, Cached: r.CachedTokens, Written: r.Written, Output: r.OutputTokens, Reasoning: r.Reasoning,
		Estimated: r.Estimated, Texts: texts, Unanswered: len(r.Events) == 0,
	}
	if r.LimitRequests > 0 || r.LimitTokens > 0 {
		d.Limits = []int{r.LimitRequests, r.LeftRequests, r.LimitTokens, r.LeftTokens}
	}
	for _, e := range r.Events {
		d.Messages = append(d.Messages, e.Tokens)
	}
	return d
}

// listening is a dialect that keeps the texts of what it decodes.
type listening struct {
	dialect.Dialect
	texts *[]channel
}

func (l listening) NewDecoder() dialect.Decoder { return ear{l.Dialect.NewDecoder(), l.texts} }

type ear struct {
	dialect.Decoder
	texts *[]channel
}

func (e ear) Decode(payload []byte) (dialect.Delta, error) {
	d, err := e.Decoder.Decode(payload)
	if d.Text != "" {
		*e.texts = append(*e.texts, channel{d.Text, d.Thought})
	}
	return d, err
}

// words counts words: the tokenizer of these tests.
type words struct{}

func (words) Count(text string) int { return len(strings.Fields(text)) }

// clock is one that stands still.
type clock struct{}

func (clock) Now() int64            { return 1 }
func (clock) Intended(uint64) int64 { return 0 }

// recorded answers with a fixture, whose body comes in pieces.
type recorded struct {
	of     fixture
	pieces func(body []byte) io.Reader
	sent   *http.Request
}

func (r *recorded) RoundTrip(req *http.Request) (*http.Response, error) {
	r.sent = req
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(r.of.raw)), req)
	if err != nil {
		return nil, err
	}
	resp.Body, resp.Trailer = io.NopCloser(r.pieces(r.of.body())), r.of.trailer
	return resp, nil
}

// play sends one request of a dialect to a fixture.
func play(t testing.TB, f fixture, pieces func([]byte) io.Reader) (decoded, result.Request) {
	t.Helper()
	key, err := dialect.NewKey(planted)
	if err != nil {
		t.Fatal(err)
	}
	o := dialect.Options{Model: "small", Key: key, Usage: dialect.UsageFinal}
	call, err := f.kind.Dialect.Encode(workload.Prompt{Text: "Count.", MaxTokens: 16}, o)
	if err != nil {
		t.Fatal(err)
	}
	ready, err := stream.NewCall("http://server", 0, call)
	if err != nil {
		t.Fatal(err)
	}
	var texts []channel
	var ended []result.Request
	tr := &stream.Transport{
		Base: &recorded{of: f, pieces: pieces}, Clock: clock{}, Context: t.Context(), Calls: []stream.Call{ready},
		Dialect: listening{f.kind.Dialect, &texts}, Model: o.Model, Key: key, Counter: words{},
		Ended: func(r result.Request) { ended = append(ended, r) },
	}
	req, err := http.NewRequest(http.MethodPost, "http://elsewhere", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set(stream.SeqHeader, "0")
	resp, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body) // how it ended is in the request
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if len(ended) != 1 {
		t.Fatalf("%s: %d requests ended", f.name, len(ended))
	}
	return summary(ended[0], texts), ended[0]
}

func atOnce(body []byte) io.Reader { return bytes.NewReader(body) }

// byteByByte hands over one byte a read.
func byteByByte(body []byte) io.Reader { return &single{left: body} }

type single struct{ left []byte }

func (s *single) Read(p []byte) (int, error) {
	if len(s.left) == 0 {
		return 0, io.EOF
	}
	p[0] = s.left[0]
	s.left = s.left[1:]
	return 1, nil
}

// Every recorded answer becomes what the golden file beside it says, whole or byte by byte.
func TestFixtures(t *testing.T) {
	for _, f := range fixtures(t) {
		t.Run(f.name, func(t *testing.T) {
			got, _ := play(t, f, atOnce)
			if bytewise, _ := play(t, f, byteByByte); !reflect.DeepEqual(bytewise, got) {
				t.Errorf("byte by byte %+v, at once %+v", bytewise, got)
			}
			raw, err := json.MarshalIndent(got, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			raw = append(raw, '\n')
			golden := filepath.Join("testdata", f.name+".golden.json")
			if *update {
				if err := os.WriteFile(golden, raw, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil || !bytes.Equal(raw, want) {
				t.Errorf("got\n%s\nwant\n%s%v", raw, want, err)
			}
		})
	}
}

// Wherever a stream is cut in two, a decoder is given the same payloads.
func TestFixturesCutAnywhere(t *testing.T) {
	for _, f := range fixtures(t) {
		if f.kind.Dialect.NewDecoder().Shape() == dialect.Whole {
			continue
		}
		body := f.body()
		want := f.payloads(body, nil)
		for cut := range body {
			if got := f.payloads(body[:cut], body[cut:]); !slices.Equal(got, want) {
				t.Fatalf("%s cut at %d: %q, want %q", f.name, cut, got, want)
			}
		}
	}
}

func (f fixture) payloads(pieces ...[]byte) (all []string) {
	var events stream.Parser
	var frames stream.Frames
	for _, piece := range pieces {
		if stream.Framed(f.kind.Dialect) {
			_ = frames.Feed(piece, func(message []byte) error {
				all = append(all, string(message))
				return nil
			})
			continue
		}
		_ = events.Feed(piece, func(e stream.Event) error {
			all = append(all, string(e.Data))
			return nil
		})
	}
	return all
}

// Facts of the fixtures that hold whatever the golden files say: what a stream is called is what
// becomes of it, an answer's tokens add up, and nothing is lost between text and counts.
func TestFixturesHold(t *testing.T) {
	outcomes := map[string]string{
		"stream-error": result.StreamErr, "failed": result.StreamErr, "error": "", "truncated": "", "no-reason": result.Truncated, "no-response": result.Truncated,
		"overloaded": result.Overloaded, "rate-limited": result.Overloaded, "refused-key": result.HTTPError, "not-found": result.HTTPError,
		"no-output": result.Malformed, "not-text": result.Malformed,
		"truncated-with-status": result.Truncated, "no-status": result.Truncated, "no-final": result.Truncated, "exhausted": result.Overloaded, "queue-full": result.Overloaded, "unknown-model": result.StreamErr, "raised": result.StreamErr, "gateway": result.Overloaded,
		"odd-status": result.HTTPError, "not-grpc": result.Malformed, "compressed": result.Malformed, "not-protobuf": result.Malformed, "wrong-counts": result.Malformed,
		"not-grown": result.Malformed,
	}
	for _, f := range fixtures(t) {
		got, r := play(t, f, atOnce)
		_, name, _ := strings.Cut(f.name, "/")
		want, special := outcomes[name]
		switch {
		case name == "truncated" && f.kind.Dialect.NewDecoder().Shape() == dialect.Whole:
			want = result.Malformed
		case name == "truncated":
			want = result.Truncated
		case name == "error" && got.Status == http.StatusOK:
			want = result.StreamErr
		case name == "error":
			want = result.HTTPError
		case !special:
			want = result.OK
		}
		if got.Outcome != want {
			t.Errorf("%s: outcome %s (%s), want %s", f.name, got.Outcome, got.Error, want)
		}
		sum := 0
		for _, n := range got.Messages {
			sum += n
		}
		if got.Outcome == result.OK && len(got.Messages) > 0 && sum != got.Output && !strings.HasSuffix(f.name, "safety") && !strings.HasSuffix(f.name, "after-the-reason") {
			t.Errorf("%s: messages of %v tokens, %d in all", f.name, got.Messages, got.Output)
		}
		if strings.HasPrefix(name, "usage-") && name != "usage-late" && (!got.Estimated || got.Output != 3) {
			t.Errorf("%s: %d tokens, estimated %v, want the counter's 3", f.name, got.Output, got.Estimated)
		}
		if r.Outcome != result.OK && r.Error == "" {
			t.Errorf("%s: %s without a reason", f.name, r.Outcome)
		}
		if all, _ := json.Marshal([]any{got, r}); bytes.Contains(all, []byte(planted)) || name == "refused-key" && !strings.Contains(r.Error, "[API key]") {
			t.Errorf("%s: the key is in %s", f.name, all)
		}
	}
}

// A server that sends the same reason in other words is heard as saying the same.
func TestFinishReasonsAgree(t *testing.T) {
	want := map[string][]string{
		"normal": {dialect.FinishStop}, "tool-call": {dialect.FinishTool}, "usage-zero": {dialect.FinishStop},
	}
	for _, f := range fixtures(t) {
		_, name, _ := strings.Cut(f.name, "/")
		if !f.kind.Managed || want[name] == nil {
			continue
		}
		if got, _ := play(t, f, atOnce); !slices.Contains(want[name], got.Finish) {
			t.Errorf("%s: finish %q (said %q), want %q", f.name, got.Finish, got.Said, want[name])
		}
	}
}

// A body that goes on for ever is given up at a bound, whatever shape it has.
func TestEndlessAnswers(t *testing.T) {
	for _, k := range dialect.Kinds() {
		endless := func(body []byte) io.Reader { return io.MultiReader(bytes.NewReader(body), &flood{left: 8 << 20}) }
		f := fixture{name: k.Name, kind: k, raw: []byte("HTTP/1.1 200 OK\nContent-Type: text/event-stream\n\ndata: ")}
		if stream.Framed(k.Dialect) {
			f.raw = []byte("HTTP/2.0 200 OK\nContent-Type: application/grpc\n\n\x00\x7f\xff\xff\xff")
		}
		got, _ := play(t, f, endless)
		if got.Outcome != result.Malformed || !strings.Contains(got.Error, "larger than 1048576 bytes") {
			t.Errorf("%s: %+v", k.Name, got)
		}
	}
}

// flood is many bytes without an end to any frame.
type flood struct{ left int }

var errDrained = errors.New("the flood was read to its end: nothing bounds it")

func (f *flood) Read(p []byte) (int, error) {
	if f.left <= 0 {
		return 0, errDrained
	}
	for i := range p {
		p[i] = 'x'
	}
	f.left -= len(p)
	return len(p), nil
}
