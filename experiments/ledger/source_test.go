package ledger

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/assaylab/assay/experiments/promtext"
)

const (
	chatLine  = `{"id":"chatcmpl-1","object":"chat.completion","created":1793523600,"model":"gpt-4o","user":"search","choices":[{}],"usage":{"prompt_tokens":50,"completion_tokens":20,"total_tokens":70,"prompt_tokens_details":{"cached_tokens":30}}}`
	respLine  = `{"id":"resp-1","object":"response","created_at":1793523600.25,"model":"gpt-4o","metadata":{"team":"shop"},"usage":{"input_tokens":7,"output_tokens":3,"total_tokens":10,"input_tokens_details":{"cached_tokens":1}}}`
	batchLine = `{"id":"batch_req_1","custom_id":"r","response":{"status_code":200,"request_id":"x","body":{"id":"chatcmpl-2","created":1793523600,"model":"gpt-4o","usage":{"prompt_tokens":4,"completion_tokens":2}}},"error":null}`
	embedLine = `{"id":"emb-1","created":1793523600,"model":"text-embedding","usage":{"prompt_tokens":9,"total_tokens":9}}`
	spendLine = `{"request_id":"chatcmpl-9","call_type":"acompletion","api_key":"88dc28","spend":0.0012345678901234,"total_tokens":70,"prompt_tokens":50,"completion_tokens":20,"startTime":"2026-11-02T10:00:00.123000Z","endTime":"2026-11-02T10:00:01Z","model":"gpt-4o","team_id":"0b7e","metadata":{"user_api_key_team_alias":"search","user_api_key_alias":"ci","usage_object":{"prompt_tokens_details":{"cached_tokens":30}}},"request_tags":[]}`
)

func parsed(t *testing.T, kind, line string) *row {
	t.Helper()
	r, s, err := sourceOf(kind, &File{}).parse([]byte(line))
	if err == nil && r != nil {
		err = r.check()
	}
	if err != nil || s != nil || r == nil {
		t.Fatalf("%s: %+v, %v, %v", line, r, s, err)
	}
	return r
}

func TestOpenAI(t *testing.T) {
	for line, want := range map[string]string{
		chatLine: "chatcmpl-1 search 50/30 20", respLine: "resp-1 shop 7/1 3", batchLine: "chatcmpl-2  4/0 2", embedLine: "emb-1  9/0 0",
	} {
		r := parsed(t, OpenAI, line)
		if got := fmt.Sprintf("%s %s %d/%d %d", r.id, r.team, r.prompt, r.cached, r.output); got != want || r.time.Unix() != 1793523600 {
			t.Errorf("%s at %v, want %s", got, r.time, want)
		}
		if kind, err := detect([]byte(line)); err != nil || kind != OpenAI {
			t.Errorf("%s is %q, %v", line, kind, err)
		}
	}
	if r, _, err := (openAI{}).parse([]byte(`{"custom_id":"r","response":{"status_code":429,"body":{"error":{}}}}`)); r != nil || err != nil {
		t.Errorf("a request of a batch that failed: %+v, %v", r, err)
	}
}

func TestLiteLLM(t *testing.T) {
	r := parsed(t, LiteLLM, spendLine)
	if r.team != "search" || r.key != "ci" || r.spend != 1234567890 || r.money != "USD" || r.cached != 30 || r.time.Nanosecond() != 123e6 {
		t.Errorf("%+v", r)
	}
	inner := strings.NewReplacer(`"metadata":{"user_api_key_team_alias":"search","user_api_key_alias":"ci","usage_object":{"prompt_tokens_details":{"cached_tokens":30}}}`,
		`"metadata":"{\"user_api_key_alias\":\"ci\"}","status":"failure"`, "2026-11-02T10:00:00.123000Z", "2026-11-02 10:00:00.123", "0.0012345678901234", "1.5e-7").Replace(spendLine)
	if r := parsed(t, LiteLLM, inner); r.team != "0b7e" || r.key != "ci" || r.spend != 150000 || !r.failed || !r.time.Equal(time.Date(2026, 11, 2, 10, 0, 0, 123e6, time.UTC)) {
		t.Errorf("%+v", r)
	}
	l := fresh(t)
	array := file(t, "[\n "+spendLine+",\n\n"+strings.Replace(spendLine, "chatcmpl-9", "chatcmpl-10", 1)+"\n]\n")
	if d := ingest(t, l, array)[0]; d.New != 2 || d.Source != LiteLLM {
		t.Errorf("an array: %+v", d)
	}
	if d := ingest(t, l, array, file(t, spendLine+"\n")); d[0].New+d[1].New != 0 {
		t.Errorf("the array again, and one of it as a line: %+v", d)
	}
	bad := file(t, "[\n "+spendLine+",\n\n"+strings.Replace(spendLine, `"total_tokens":70`, `"total_tokens":71`, 1)+"\n]\n")
	if _, err := l.Ingest(t.Context(), []File{bad}, Options{}); err == nil || !strings.Contains(err.Error(), bad.Path+":4: total_tokens") {
		t.Error(err)
	}
}

func TestBadRows(t *testing.T) {
	for _, c := range []struct{ kind, line, old, bad, want string }{
		{OpenAI, chatLine, `"total_tokens":70`, `"total_tokens":71`, "total_tokens: found 71, expected 50 + 20"},
		{OpenAI, chatLine, `"id":"chatcmpl-1",`, ``, "id:"},
		{OpenAI, chatLine, `"created":1793523600`, `"created":"soon"`, "JSON"},
		{OpenAI, chatLine, `"created":1793523600`, `"created":-5`, "created"},
		{OpenAI, chatLine, `"created":1793523600,`, ``, "created"},
		{OpenAI, chatLine, `"model":"gpt-4o"`, `"model":""`, "model"},
		{OpenAI, chatLine, `"cached_tokens":30`, `"cached_tokens":51`, "cached"},
		{OpenAI, chatLine, `"prompt_tokens":50`, `"prompt_tokens":-50`, "total_tokens"},
		{OpenAI, chatLine, `"prompt_tokens":50`, `"prompt_tokens":5.5`, "JSON"},
		{OpenAI, chatLine, `"usage"`, `"useage"`, "usage"},
		{OpenAI, chatLine, `}}}`, `}}} {}`, "more after"},
		{LiteLLM, spendLine, `"spend":0.0012345678901234`, `"spend":-1`, "spend: found -1"},
		{LiteLLM, spendLine, `"spend":0.0012345678901234`, `"spend":1e300`, "spend"},
		{LiteLLM, spendLine, `"spend":0.0012345678901234,`, ``, "spend"},
		{LiteLLM, spendLine, `2026-11-02T10:00:00.123000Z`, `yesterday`, `startTime: found "yesterday"`},
		{LiteLLM, spendLine, `2026-11-02T10:00:00.123000Z`, `1926-11-02T10:00:00Z`, "time: found 1926"},
		{LiteLLM, spendLine, `"request_id":"chatcmpl-9"`, `"request_id":""`, "id:"},
		{LiteLLM, spendLine, `"metadata":{`, `"metadata":"{",` + `"m":{`, "metadata"},
	} {
		line := strings.Replace(c.line, c.old, c.bad, 1)
		if line == c.line {
			t.Fatalf("%s is not in %s", c.old, c.line)
		}
		r, _, err := sourceOf(c.kind, &File{}).parse([]byte(line))
		if err == nil {
			err = r.check()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.bad, err, c.want)
		}
	}
}

// scraped is a page of counters, as they stand after n requests.
func scraped(n int, more string) string {
	return fmt.Sprintf(`# HELP vllm:prompt_tokens_total Prompt tokens asked.
# TYPE vllm:prompt_tokens_total counter
vllm:prompt_tokens_total{model_name="m",engine="0"} %d
vllm:generation_tokens_total{engine="0",model_name="m"} %d.0
vllm:prefix_cache_hits_total{model_name="m"} %d
vllm:request_success_total{model_name="m",finished_reason="stop"} %d
vllm:request_success_total{model_name="m",finished_reason="length"} 0
vllm:num_requests_running{model_name="m"} 3
some_histogram_bucket{le="+Inf"} 1e+06
%s`, 100*n, 10*n, n, n, more)
}

func scrapeAt(t *testing.T, text, target, at string) File {
	t.Helper()
	f := file(t, text)
	f.Target = target
	var err error
	if f.At, err = time.Parse(time.RFC3339, at); err != nil {
		t.Fatal(err)
	}
	return f
}

// TestCounters: differences of scrapes, in any order, over a reset and a month's end, of two servers.
func TestCounters(t *testing.T) {
	p := november(t)
	files := []File{
		scrapeAt(t, scraped(1000, ""), "a", "2026-10-31T23:00:00Z"),
		scrapeAt(t, scraped(1010, ""), "a", "2026-11-01T00:00:00Z"), // October's, to the last
		scrapeAt(t, scraped(1015, ""), "a", "2026-11-10T00:00:00Z"),
		scrapeAt(t, scraped(3, ""), "a", "2026-11-20T00:00:00Z"), // after a restart
		scrapeAt(t, scraped(7, ""), "a", "2026-12-01T00:00:00Z"), // November's
		scrapeAt(t, scraped(9, ""), "a", "2026-12-02T00:00:00Z"),
		scrapeAt(t, scraped(500, ""), "b", "2026-11-05T00:00:00Z"),
		scrapeAt(t, scraped(600, ""), "b", "2026-11-06T00:00:00Z"),
	}
	want := "112 requests, 0 failed, 112 of 11200 cached, 1120 out, 0s, 0, 0, 0 lost" // 5, 3 and 4 of a, 100 of b
	for _, order := range [][]int{{0, 1, 2, 3, 4, 5, 6, 7}, {7, 3, 0, 6, 5, 1, 4, 2}} {
		l := fresh(t)
		for _, i := range order {
			ingest(t, l, files[i])
			ingest(t, l, files[i])
		}
		if got := totals(t, l, p); got != want {
			t.Errorf("in the order %v: %s, want %s", order, got, want)
		}
		u, err := l.Uses(t.Context(), p)
		if err != nil || len(u.Notes) != 1 || !strings.Contains(u.Notes[0], "reset") {
			t.Errorf("notes %q, %v", u.Notes, err)
		}
	}
	l := fresh(t)
	ingest(t, l, files[0], files[2])
	if u, err := l.Uses(t.Context(), p); err != nil || len(u.Notes) != 1 || !strings.Contains(u.Notes[0], "217.0 hours") {
		t.Errorf("a difference over the month's beginning: %q, %v", u.Notes, err)
	}
	other := scrapeAt(t, scraped(1001, ""), "a", "2026-10-31T23:00:00Z")
	if _, err := l.Ingest(t.Context(), []File{other}, Options{}); err == nil || !strings.Contains(err.Error(), "has 100000 for this moment, found 100100") {
		t.Errorf("another value of the same moment: %v", err)
	}
}

func TestBadScrapes(t *testing.T) {
	at := "2026-11-01T00:00:00Z"
	for more, want := range map[string]string{
		"vllm:prompt_tokens_total{model_name=\"n\"} NaN\n":      "found NaN",
		"vllm:prompt_tokens_total{model_name=\"n\"} -1\n":       "found -1",
		"vllm:prompt_tokens_total{model_name=\"n\"}\n":          "expected a value",
		"vllm:prompt_tokens_total{model_name=\"n\"} 1 2 3\n":    "expected a value",
		"vllm:prompt_tokens_total{model_name=\"n\"} 1 5\n":      "timestamp",
		"vllm:prompt_tokens_total{model_name=\"n} 1\n":          "no end",
		"vllm:prompt_tokens_total{model_name=n} 1\n":            "in quotes",
		"vllm:prompt_tokens_total{a=\"1\",a=\"2\"} 1\n":         "given twice",
		"vllm:prompt_tokens_total 1\n":                          "label model_name",
		"{} 1\n":                                                "a metric's name",
		"vllm:prompt_tokens_total{model_name=\"n\"} 1":          "ends within a line",
		"vllm:prompt_tokens_total{model_name=\"\\x\"} 1\n":      "expected \\\\",
		"vllm:prompt_tokens_total{model_name=\"n\" x=\"\"} 1\n": "comma",
	} {
		f := scrapeAt(t, scraped(1, more), "a", at)
		_, err := fresh(t).Ingest(t.Context(), []File{f}, Options{})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), f.Path+":10") {
			t.Errorf("%q: %v, want %s", more, err, want)
		}
	}
	f := scrapeAt(t, scraped(1, ""), "", at)
	if _, err := fresh(t).Ingest(t.Context(), []File{f}, Options{}); err == nil || !strings.Contains(err.Error(), "--target") {
		t.Error(err)
	}
	f.Target, f.At = "a", time.Time{}
	if _, err := fresh(t).Ingest(t.Context(), []File{f}, Options{}); err == nil || !strings.Contains(err.Error(), "--at") {
		t.Error(err)
	}
	stamped := file(t, "vllm:prompt_tokens_total{model_name=\"m\",instance=\"gpu-1:8000\"} 5 1793523600000\nvllm:prompt_tokens_total{model_name=\"m\",instance=\"gpu-1:8000\"} 8 1793527200000\n")
	l := fresh(t)
	ingest(t, l, stamped)
	if got := totals(t, l, november(t)); !strings.Contains(got, "0 of 3 cached") {
		t.Error(got)
	}
}

// TestScrapesAreReadAsPrometheusDoes: our server's own page, line by line, against the reference parser.
func TestScrapesAreReadAsPrometheusDoes(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "metrics.txt"))
	if err != nil {
		t.Fatal(err)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	want, got := map[string]float64{}, map[string]float64{}
	for name, f := range families {
		for _, m := range f.Metric {
			if m.Counter != nil {
				labels := map[string]string{}
				for _, l := range m.Label {
					labels[l.GetName()] = l.GetValue()
				}
				want[name+"{"+canonical(labels)+"}"] = m.Counter.GetValue()
			}
		}
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		s, _, err := promtext.ParseLine(line)
		if err != nil {
			t.Fatal(err)
		}
		if key := s.Name + "{" + canonical(s.Labels) + "}"; want[key] != 0 || strings.HasSuffix(s.Name, "_total") {
			got[key] = s.Value
		}
	}
	if len(want) < 20 || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%d counters, want %d:\n%v\n%v", len(got), len(want), got, want)
	}
}
