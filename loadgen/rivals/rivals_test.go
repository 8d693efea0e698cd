package main

import (
	"context"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/scripted"
)

// Files of the shapes that the tools write, with made-up numbers.
const (
	vllmFile = `{"date":"20261129-115225","backend":"openai","duration":20.1,"completed":20,"failed":0,"total_output_tokens":800,
"output_throughput":39.8,"ttfts":[0.09],"mean_ttft_ms":56.9,"median_ttft_ms":53.3,"p99_ttft_ms":90.1,"mean_tpot_ms":50.03,"median_tpot_ms":50.01,"p99_tpot_ms":50.1,
"mean_itl_ms":48.8,"median_itl_ms":50,"p99_itl_ms":77.9,"mean_e2el_ms":2007.9,"median_e2el_ms":2003,"p99_e2el_ms":2040}`
	aiperfFile = `{"schema_version":"1.4","aiperf_version":"0.13.0","request_count":{"unit":"requests","avg":20.0},
"time_to_first_token":{"unit":"ms","avg":65.3,"p1":51.3,"p50":58.6,"p99":101.5},"inter_token_latency":{"unit":"ms","avg":50.2,"p50":50.04,"p99":51},
"request_latency":{"unit":"ms","avg":2023.5,"p50":2016.2,"p99":2090},"output_token_throughput":{"unit":"tokens/sec","avg":38.9}}`
	guidellmFile = `{"metadata":{"guidellm_version":"0.8.1"},"benchmarks":[{"metrics":{
"time_to_first_token_ms":{"successful":{"mean":51.1,"median":50.9,"count":20,"percentiles":{"p95":52,"p99":55}},"errored":{"mean":0}},
"time_per_output_token_ms":{"successful":{"mean":50.05,"median":50.02,"count":20,"percentiles":{"p99":50.3}}},
"inter_token_latency_ms":{"successful":{"mean":50.01,"median":50,"count":20,"percentiles":{"p99":50.2}}},
"request_latency":{"successful":{"mean":2.002,"median":2.001,"count":20,"percentiles":{"p99":2.009}}},
"output_tokens_per_second":{"successful":{"mean":39.1,"median":40,"count":20,"percentiles":{"p99":41}}}}}]}`
)

func TestReadOutputs(t *testing.T) {
	for _, tc := range []struct {
		file, text string
		read       func(string) (theirs, error)
		want       theirs
		broken     [][3]string // old, new, part of the error
	}{
		{"vllm.json", vllmFile, readVLLM, theirs{
			Requests: 20, Throughput: 39.8, TTFT: summary{56.9, 53.3, 90.1}, TPOT: summary{50.03, 50.01, 50.1}, ITL: summary{48.8, 50, 77.9}, E2E: summary{2007.9, 2003, 2040},
		}, [][3]string{
			{`"failed":0`, `"failed":1`, "1 failed"}, {`"completed":20`, `"completed":0`, "0 requests completed"},
			{`"p99_itl_ms":77.9,`, ``, "p99_itl_ms is <nil>, expected a number"}, {`"p99_itl_ms":77.9`, `"p99_itl_ms":"x"`, "p99_itl_ms is x"}, {`{`, ``, "invalid character"},
		}},
		{"profile_export_aiperf.json", aiperfFile, readAIPerf, theirs{
			Version: "0.13.0", Requests: 20, Throughput: 38.9, TTFT: summary{65.3, 58.6, 101.5}, TPOT: summary{50.2, 50.04, 51}, ITL: summary{50.2, 50.04, 51}, E2E: summary{2023.5, 2016.2, 2090},
		}, [][3]string{
			{`"inter_token_latency"`, `"other"`, "inter_token_latency has no avg"}, {`"unit":"ms","avg":65.3`, `"unit":"s","avg":65.3`, `unit of time_to_first_token is "s", expected ms`},
		}},
		{"guidellm.json", guidellmFile, readGuideLLM, theirs{
			Version: "0.8.1", Requests: 20, Throughput: 39.1, TTFT: summary{51.1, 50.9, 55}, TPOT: summary{50.05, 50.02, 50.3}, ITL: summary{50.01, 50, 50.2}, E2E: summary{2002, 2001, 2009},
		}, [][3]string{
			{`"time_per_output_token_ms":{"successful"`, `"time_per_output_token_ms":{"errored"`, "found no time_per_output_token_ms of successful requests"},
			{`"benchmarks":[{"metrics"`, `"benchmarks":[{},{"metrics"`, "found 2 benchmarks, expected 1"},
		}},
	} {
		t.Run(tc.file, func(t *testing.T) {
			dir := t.TempDir()
			put := func(text string) {
				if err := os.WriteFile(filepath.Join(dir, tc.file), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := tc.read(dir); err == nil || !strings.Contains(err.Error(), "result of the tool") {
				t.Errorf("without a file: %v", err)
			}
			put(tc.text)
			if got, err := tc.read(dir); err != nil || !near(got, tc.want) {
				t.Errorf("got %+v, %v, want %+v", got, err, tc.want)
			}
			for _, b := range tc.broken {
				changed := strings.Replace(tc.text, b[0], b[1], 1)
				if changed == tc.text {
					t.Fatalf("%q is not in the file", b[0])
				}
				put(changed)
				if _, err := tc.read(dir); err == nil || !strings.Contains(err.Error(), b[2]) {
					t.Errorf("%q for %q: error %v, want %q", b[1], b[0], err, b[2])
				}
			}
		})
	}
}

func near(a, b theirs) bool {
	flat := func(t theirs) (all []float64) {
		for _, s := range []summary{t.TTFT, t.TPOT, t.ITL, t.E2E} {
			all = append(all, s.Mean, s.P50, s.P99)
		}
		return append(all, t.Throughput, float64(t.Requests))
	}
	x, y := flat(a), flat(b)
	for i := range x {
		if math.Abs(x[i]-y[i]) > 1e-9*max(1, math.Abs(y[i])) {
			return false
		}
	}
	return a.Version == b.Version
}

// oneSeen has messages at 100, 120 (of two tokens), 150 and, without a token, 152 ms
// after its arrival at 1 s, and ends at 155 ms.
func oneSeen() *seen {
	at := func(x float64) int64 { return int64((1000 + x) * ms) }
	r := result.New(0)
	r.Intended, r.Sent, r.First, r.Last, r.End, r.Outcome = at(0), at(0), at(100), at(150), at(155), result.OK
	r.OutputTokens, r.FirstTokens = 4, 1
	r.Events = []result.Event{{At: at(100), Tokens: 1}, {At: at(120), Tokens: 2, Read: 1}, {At: at(150), Tokens: 1, Read: 2}}
	return &seen{r, []int64{at(100), at(120), at(150), at(152)}}
}

// Every definition on one request whose numbers are worked out by hand.
func TestDefinitions(t *testing.T) {
	one := func(x float64) summary { return summary{x, x, x} }
	all := []*seen{oneSeen()}
	overall := 4 / 0.155
	want := theirs{Requests: 1, Throughput: overall, TTFT: one(100), TPOT: one(52.0 / 3), ITL: summary{52.0 / 3, 20, 20 + 0.98*10}, E2E: one(152)}
	if got := asVLLM(all); !near(got, want) {
		t.Errorf("vLLM %+v, want %+v", got, want)
	}
	want.ITL = want.TPOT
	if got := asAIPerf(all); !near(got, want) {
		t.Errorf("AIPerf %+v, want %+v", got, want)
	}
	want = theirs{Requests: 1, Throughput: overall, TTFT: one(100), TPOT: one(150.0 / 4), ITL: one(50.0 / 3), E2E: one(155)}
	if got := asGuideLLM(all); !near(got, want) {
		t.Errorf("GuideLLM %+v, want %+v", got, want)
	}
	want = theirs{Requests: 1, Throughput: 4 / 0.150, TTFT: one(100), TPOT: one(50.0 / 3), ITL: summary{50.0 / 3, 10, 30}, E2E: one(150)}
	if got := own(requestsOf(all)); !near(got, want) {
		t.Errorf("ours %+v, want %+v", got, want)
	}
	for name, d := range definitions {
		if got := d(nil); got.Requests != 0 || got.Throughput != 0 {
			t.Errorf("%s of nothing: %+v", name, got)
		}
	}
}

// Of two values, numpy's percentiles lie between them and nearest rank takes one.
func TestPercentileRules(t *testing.T) {
	if got := interpolated([]float64{20, 10}); got != (summary{15, 15, 19.9}) {
		t.Errorf("interpolated %+v", got)
	}
	if got := nearest([]float64{20, 10}); got != (summary{15, 10, 20}) {
		t.Errorf("nearest rank %+v", got)
	}
}

func TestMissed(t *testing.T) {
	a := agreement{Tool: "T", Server: "S"}
	for _, x := range []*theirs{&a.Theirs, &a.Same} {
		*x = theirs{Throughput: 10, TTFT: summary{10, 10, 10}, TPOT: summary{10, 10, 10}, ITL: summary{10, 10, 10}, E2E: summary{10, 10, 10}}
	}
	a.Theirs.TTFT.Mean, a.Theirs.ITL.P99, a.Theirs.TPOT.P50 = 10.19, 99, 9.7
	if got := a.missed(); len(got) != 1 || got[0] != "T on S: TPOT p50 is 9.7, 10 by our stamps (-3.0 %)" {
		t.Errorf("%q", got)
	}
}

// What passes through the recorder arrives unchanged, and is stamped.
func TestRecorder(t *testing.T) {
	server, err := scripted.Start(scripted.Always(scripted.Answer{Prompt: 3, Finish: "length", Parts: []scripted.Part{
		scripted.Message(0, 1, "a"), scripted.Message(time.Millisecond, 2, "b c"),
	}}.Script()))
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	r, err := newRecorder(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	ask := func(url string) string {
		resp, err := http.Post(url+"/v1/completions", "application/json", strings.NewReader(`{"model":"m"}`))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		raw, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
			t.Fatalf("%d %v %v", resp.StatusCode, resp.Header, err)
		}
		return string(raw)
	}
	if direct, through := ask(server.URL()), ask(r.url()); direct != through {
		t.Errorf("direct %q, through the recorder %q", direct, through)
	}
	if got := string(server.Served()[1].Body); got != `{"model":"m"}` {
		t.Errorf("the server got %s", got)
	}
	for range 1000 {
		if r.mu.Lock(); len(r.seen) > 0 {
			r.mu.Unlock()
			break
		}
		r.mu.Unlock()
		time.Sleep(time.Millisecond)
	}
	all := r.take()
	if len(all) != 1 || len(r.take()) != 0 {
		t.Fatalf("%d requests", len(all))
	}
	s := all[0]
	if q := s.result; q.Outcome != result.OK || q.OutputTokens != 3 || len(q.Events) != 2 || q.Intended < 0 || q.First < q.Intended || len(s.messages) != 3 {
		t.Errorf("%+v, messages %v", q, s.messages)
	}
}

// The whole of `streams` on a few streams, in one process: every message is stamped at or
// after the server's record of its write.
func TestFire(t *testing.T) {
	b, err := scripted.StartBeat("127.0.0.1:0", 10*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	l := load{Streams: 20, Gap: 10 * time.Millisecond, Ramp: 200 * time.Millisecond, Hold: 300 * time.Millisecond}
	got, err := fire(context.Background(), b.URL(), l)
	if err != nil {
		t.Fatal(err)
	}
	if got.Held != 20 || got.Outcomes[result.OK] != 20 || got.Stamp.P50 < 0 || got.Stamp.P99 < got.Stamp.P50 || got.Rate <= 0 || got.Server.P50 < 0 {
		t.Errorf("%+v", got)
	}
}

func TestPlateau(t *testing.T) {
	at := func(x float64) int64 { return int64(x * 1e9) }
	var beats []scripted.Beats
	for i := range 6 { // a closed loop of two: pairs at 0, 2 and 4 s, a message a second
		start := float64(i / 2 * 2)
		beats = append(beats, scripted.Beats{Arrived: at(start), At: []int64{at(start + 0.5), at(start + 1.5)}})
	}
	if held, rate := plateau(beats, 2); held != 2 || rate != 2 {
		t.Errorf("held %d, %v messages/s, want 2 and 2", held, rate)
	}
	if held, rate := plateau(beats[:2], 2); held != 0 || rate != 0 {
		t.Errorf("of one round: %d, %v", held, rate)
	}
}

func TestMerge(t *testing.T) {
	got := merge([]streamsResult{{Tool: "A", Streams: 1}, {Tool: "B", Streams: 1}}, []streamsResult{{Tool: "A", Streams: 2}})
	if want := []streamsResult{{Tool: "A", Streams: 2}, {Tool: "B", Streams: 1}}; !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}

func TestTokenizer(t *testing.T) {
	seen := map[rune]bool{}
	for b := range 256 {
		seen[byteRune(b)] = true
	}
	if len(seen) != 256 || byteRune(' ') != 'Ġ' || byteRune('a') != 'a' || byteRune(0) != 'Ā' || byteRune(0xad) != 'Ń' {
		t.Errorf("%d characters, space %c, soft hyphen %c", len(seen), byteRune(' '), byteRune(0xad))
	}
	if err := writeTokenizer(t.TempDir()); err != nil {
		t.Error(err)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"nothing"}, {"streams", "-ours", "0"}, {"streams", "extra"}, {"agree", "-requests", "x"}} {
		if code := run(context.Background(), strings.NewReader(""), io.Discard, io.Discard, args); code != exitUsage {
			t.Errorf("%q: code %d", args, code)
		}
	}
}

// docs/cross-check.md says what the results say.
func TestDocument(t *testing.T) {
	t.Chdir("../..")
	r, err := loadResults()
	if err != nil {
		t.Fatal(err)
	}
	want, err := render(r)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(documentFile); err != nil || string(got) != want {
		t.Errorf("%s is not what loadgen/rivals page writes (%v)", documentFile, err)
	}
}
