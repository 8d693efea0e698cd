package reports

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/reports/chart"
)

// strategies is a synthetic study whose arms have the settings given, one line an arm: "batching=none
// prefix_cache=hash". What an arm's cells measure is that of any synthetic arm.
func strategies(arms ...string) *analysis.Study {
	s := syntheticStudy(len(arms))
	for i, line := range arms {
		a := &s.Arms[i].Arm
		a.Name, a.Settings, a.Swept = line, nil, nil
		for _, field := range strings.Fields(line) {
			name, value, _ := strings.Cut(field, "=")
			a.Settings = append(a.Settings, record.Setting{Name: name, Value: value})
		}
	}
	s.Choice.Arm, s.Choice.RunnerUp = "", ""
	return s
}

func numbers(v *view, arms []*analysis.Arm) (out []int) {
	for _, a := range arms {
		out = append(out, v.number[a.Arm.ID])
	}
	return out
}

// figureOf is the section's first block.
func figureOf(t *testing.T, s Section) Figure {
	t.Helper()
	if len(s.Blocks) == 0 {
		t.Fatalf("section %q is empty", s.ID)
	}
	f, ok := s.Blocks[0].(Figure)
	if !ok {
		t.Fatalf("section %q begins with %T", s.ID, s.Blocks[0])
	}
	return f
}

func TestPeers(t *testing.T) {
	settings := []string{"batching", "prefill_order"}
	tests := []struct {
		name   string
		arms   []string
		chosen int // number, 0 for none
		want   []int
	}{
		{"all alike but one setting", []string{"q=8 batching=none", "q=8 batching=static"}, 0, []int{1, 2}},
		{"no other setting may differ", []string{"q=8 batching=none", "q=4 batching=static", "q=8 batching=static", "q=16 batching=none"}, 0, []int{1, 3}},
		{"the group with more values", []string{"q=8 batching=none", "q=8 batching=static", "q=4 batching=none", "q=4 batching=static", "q=4 batching=dynamic"}, 1, []int{3, 4, 5}},
		{"of equal groups the recommended arm's", []string{"q=8 batching=none", "q=8 batching=static", "q=4 batching=none", "q=4 batching=static"}, 4, []int{3, 4}},
		{"else the first", []string{"q=8 batching=none", "q=8 batching=static", "q=4 batching=none", "q=4 batching=static"}, 0, []int{1, 2}},
		{"nothing varies", []string{"q=8 batching=none", "q=4 batching=none"}, 1, nil},
		{"nothing is comparable", []string{"q=8 batching=none", "q=4 batching=static"}, 1, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := strategies(tt.arms...)
			if tt.chosen > 0 {
				s.Choice.Arm = s.Arms[tt.chosen-1].Arm.ID
			}
			v := newView(s)
			if got := numbers(v, v.peers(settings)); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// More policies than colours: the recommended arm and one of every policy are drawn before others.
func TestSchedulesDrawn(t *testing.T) {
	var arms []string
	for _, policy := range []string{"none", "static", "dynamic", "continuous"} {
		for chunk := range 3 {
			arms = append(arms, fmt.Sprintf("batching=%s prefill_order=decode-first prefill_chunk=%d", policy, chunk))
		}
	}
	s := strategies(arms...)
	s.Choice.Arm = s.Arms[8].Arm.ID
	v := newView(s)
	got, omitted := v.schedules()
	if want := []int{1, 2, 3, 4, 9, 10}; !slices.Equal(numbers(v, got), want) || omitted != 6 {
		t.Errorf("drawn %v, omitted %d, want %v and 6", numbers(v, got), omitted, want)
	}
}

func TestWaiting(t *testing.T) {
	s := strategies("q=8 batching=none", "q=8 batching=static", "q=4 batching=static", "q=8 batching=continuous")
	s.Run.SLOs = append(s.Run.SLOs, record.SLO{Metric: "itl", Percentile: 0.5, LimitNS: 20 * msec})
	fig := figureOf(t, newView(s).waiting())
	f := fig.Figure.(chart.Throughput)
	var titles []string
	for _, p := range f.Panels {
		titles = append(titles, fmt.Sprintf("%s %s limit %s", p.Title, p.Of, chart.Duration(p.Limit)))
		for i, line := range p.Lines {
			if len(line) != 2 || line[0].Tokens != 10*31.4 || line[1].Tokens != 20*31.4 {
				t.Errorf("%s: line %d is %+v", p.Title, i, line)
			}
		}
	}
	// The limit on ITL is on its median, so that this is drawn instead of p95.
	if want := []string{"p95 TTFT per request limit 200 ms", "p50 ITL of all gaps between tokens limit 20 ms"}; !slices.Equal(titles, want) || len(f.Series) != 3 {
		t.Errorf("panels %q of %d arms, want %q", titles, len(f.Series), want)
	}
	for _, want := range []string{"differ in nothing but batching.", "the gaps of each request", "in other settings as well: 1 arm."} {
		if !strings.Contains(fig.Caption, want) {
			t.Errorf("the caption does not say %q: %s", want, fig.Caption)
		}
	}
	// Percentiles that were not decided leave p95 its place.
	s.Run.SLOs[2].Percentile = 0.99
	if f := figureOf(t, newView(s).waiting()).Figure.(chart.Throughput); f.Panels[1].Title != "p95 ITL" || f.Panels[1].Limit != 0 {
		t.Errorf("%+v", f.Panels[1])
	}
	if got := newView(syntheticStudy(16)).waiting(); len(got.Blocks) != 0 {
		t.Errorf("drawn where no scheduling varies: %+v", got)
	}
}

// A line joins loads of one kind; the figure below does not repeat the one above.
func TestThroughputKeepsKindsApart(t *testing.T) {
	s := strategies("batching=none", "batching=static")
	s.Run.Loads[0].Name, s.Run.Loads[1].Name, s.Run.Loads[1].PromptTokens = "mixed poisson 10/s", "long poisson 20/s", "uniform 300..400"
	s.Run.Loads = append(s.Run.Loads, record.Load{ID: "L5", Name: "mixed poisson 5/s", Arrival: "poisson", Rate: 5, PromptTokens: "uniform 32..96", OutputTokens: "uniform 16..48", SharedPrefix: "4 groups of 32 tokens"})
	c := s.Cells[0]
	c.Load, c.Throughput = "L5", val(5*31.4, 1, 2, "tokens/s")
	s.Cells = append(s.Cells, c)
	v := newView(s)
	f := figureOf(t, v.waiting()).Figure.(chart.Throughput)
	var titles []string
	for _, p := range f.Panels {
		titles = append(titles, p.Title)
	}
	if want := []string{"p95 TTFT, mixed poisson", "p95 ITL, mixed poisson", "p95 TTFT, long poisson 20/s", "p95 ITL, long poisson 20/s"}; !slices.Equal(titles, want) {
		t.Errorf("panels %q, want %q", titles, want)
	}
	if line := f.Panels[0].Lines[0]; len(line) != 2 || line[0].Tokens != 5*31.4 {
		t.Errorf("not in the order of the rates: %+v", line)
	}
	if below := figureOf(t, v.throughput()).Figure.(chart.Throughput); len(below.Panels) != 2 || !strings.HasPrefix(below.Panels[0].Title, "p95 E2E") {
		t.Errorf("the figure of the front repeats TTFT: %+v", below.Panels)
	}
}

func TestHits(t *testing.T) {
	s := strategies("kv_tokens=64 prefix_cache=none", "kv_tokens=64 prefix_cache=hash", "kv_tokens=128 prefix_cache=none", "kv_tokens=128 prefix_cache=radix", "kv_tokens=128 prefix_cache=hash q=4")
	s.Run.Axes = []record.Axis{{Name: "prefix_cache", Values: []string{"radix", "none", "unused", "hash"}}}
	s.Choice.Arm = s.Arms[3].Arm.ID
	for i := range s.Cells {
		share := []float64{0, 0.4, 0, 0.8, 0.5}[i/2]
		s.Cells[i].PrefixHits = analysis.Value{Estimate: share, Low: share, High: share, N: 128, Unit: "ratio"}
	}
	s.Cells[2].PrefixHits = analysis.Value{Unit: "ratio", Note: analysis.NotMeasured}
	v := newView(s)
	fig := figureOf(t, v.hits())
	f := fig.Figure.(chart.Hits)
	if want := []chart.HitSetting{{Name: "prefix_cache", Values: []string{"radix", "none", "hash"}}, {Name: "kv_tokens", Values: []string{"64", "128"}}}; fmt.Sprint(f.Settings) != fmt.Sprint(want) {
		t.Errorf("told apart by %v, want %v", f.Settings, want)
	}
	if f.Latency != "p95 TTFT" || len(f.Panels) != 2 || len(f.Panels[0].Points) != 3 || len(f.Panels[1].Points) != 4 || f.Panels[0].Limit != 200*msec {
		t.Fatalf("%+v", f)
	}
	last := f.Panels[1].Points[3]
	if !last.Strong || last.Number != 4 || last.Share != 0.8 || !slices.Equal(last.Values, []int{0, 1}) || last.Latency.Value != percentile(v.cells[[2]string{"a04", "L20"}], "ttft", p95).Estimate {
		t.Errorf("arm 4 is %+v", last)
	}
	if !strings.Contains(fig.Caption, "nothing but prefix_cache and kv_tokens.") || !strings.Contains(fig.Caption, "as well: 1 arm.") {
		t.Errorf("%s", fig.Caption)
	}
	for i := range s.Cells {
		for m := range s.Cells[i].Metrics {
			s.Cells[i].Metrics[m].Quoted[1].Value = analysis.Value{Note: analysis.Insufficient}
		}
	}
	if f := figureOf(t, newView(s).hits()).Figure.(chart.Hits); f.Latency != "p50 TTFT" || f.Panels[0].Limit != 0 {
		t.Errorf("too few requests for p95: %q with limit %v", f.Latency, f.Panels[0].Limit)
	}
	for i := range s.Cells {
		s.Cells[i].PrefixHits.Estimate = 0
	}
	if got := newView(s).hits(); len(got.Blocks) != 0 {
		t.Errorf("drawn where nothing is found: %+v", got)
	}
	if got := newView(syntheticStudy(16)).hits(); len(got.Blocks) != 0 {
		t.Errorf("drawn where no prefix setting varies: %+v", got)
	}
}

func TestOccupancy(t *testing.T) {
	s := strategies("block_size=32 q=8", "q=4")
	s.Occupancies = []analysis.Occupancy{
		{Trial: record.TrialKey{ID: "x1", Arm: "a01", Load: "L10"}, Why: []string{"recommended arm", "most evictions"}, Blocks: 12, Span: 3e9, Held: 11, Preempted: 1, Evicted: 7, Lost: 2,
			Slices: []analysis.OccupancySlice{{Held: 5, Cached: 4, Free: 3}, {}, {Held: 11, Free: 1, Preempted: 2}}},
		{Trial: record.TrialKey{ID: "x2", Arm: "a02", Load: "L20"}, Why: []string{"most preemptions"}, Blocks: 6, Span: 3e9, Slices: make([]analysis.OccupancySlice, 3)},
	}
	section := newView(s).occupancy()
	fig := figureOf(t, section)
	p := fig.Figure.(chart.Occupancy).Panels
	want := []chart.OccupancySlice{{Held: 5, Cached: 4, Free: 3}, {}, {Held: 11, Free: 1, Preempted: true}}
	if len(p) != 2 || p[0].Unit != "KV blocks of 32 tokens, 12 in all" || p[1].Unit != "KV blocks, 6 in all" || p[0].Blocks != 12 || p[0].Span != 3e9 || !slices.Equal(p[0].Slices, want) || !slices.Equal(fig.Trials, []string{"x1", "x2"}) {
		t.Errorf("%+v of %v", p, fig.Trials)
	}
	words, _ := section.Blocks[1].(List)
	if len(words) != 2 || words[0] != "1 block_size=32 q=8 at poisson 10/s (recommended arm, most evictions): at most 11 of 12 blocks held; 1 preemption and 7 evictions in the whole trial; the trace lacks 2 steps." {
		t.Errorf("%q", words)
	}
	if got := newView(&analysis.Study{}).occupancy(); len(got.Blocks) != 0 {
		t.Errorf("without traces: %+v", got)
	}
}

// A page with all three is sound, in HTML and Markdown.
func TestStrategiesGiveASoundPage(t *testing.T) {
	s := strategies("batching=none prefix_cache=none", "batching=static prefix_cache=none", "batching=none prefix_cache=hash", "batching=static prefix_cache=hash")
	s.Occupancies = []analysis.Occupancy{{Trial: record.TrialKey{ID: "x", Arm: "a01", Load: "L10"}, Why: []string{"last load"}, Blocks: 2, Span: 9e8, Slices: []analysis.OccupancySlice{{Held: 1, Free: 1}}}}
	s.Cells[0].Preempted, s.Cells[1].Evicted = 3, 5
	html, md := printBoth(t, Build(s, Options{}))
	checkMarkup(t, html)
	checkMarkdown(t, md)
	rest := html
	for _, want := range []string{`<section id="waiting">`, `id="fig-waiting"`, `<section id="hits">`, `id="fig-hits"`, `<section id="occupancy">`, `id="fig-occupancy"`, "preemptions", "evictions"} {
		i := strings.Index(rest, want)
		if i < 0 {
			t.Fatalf("no %q, or not in its place", want)
		}
		rest = rest[i:]
	}
}

// Without needles, quality is drawn against memory where the form of the cache varies and
// the weights do not.
func TestMemoryOfFormats(t *testing.T) {
	draw := func(axes ...string) (all []chart.MemoryPanel) {
		s := strategies("kv_policy=full kv_format=bf16", "kv_policy=full kv_format=q8_0 v_format=q4_0", "kv_policy=full k_format=q8_0 kv_format=q4_0 v_format=same")
		s.Run.Axes = nil
		for _, name := range axes {
			s.Run.Axes = append(s.Run.Axes, record.Axis{Name: name})
		}
		for i := range s.Arms {
			s.Arms[i].MeanKVBytes = int64(4096 >> i)
			s.Arms[i].QualityLoss = analysis.Value{Estimate: 0.001 * float64(i), Low: 0, High: 0.01, Level: .95, N: 6144, Unit: "nats"}
		}
		if got := newView(s).memory(); len(got.Blocks) > 0 {
			all = figureOf(t, got).Figure.(chart.Memory).Panels
		}
		return all
	}
	got := draw("kv_format")
	if len(got) != 1 || got[0].Title != "quality loss" || len(got[0].Lines) != 2 || len(got[0].Lines[1]) != 2 || got[0].Lines[1][0].Bytes != 1024 {
		t.Errorf("formats vary: %+v", got)
	}
	if got := draw("kv_format", "quantization"); len(got) != 0 {
		t.Errorf("weights vary, too: %+v", got)
	}
	if got := draw("max_batch"); len(got) != 0 {
		t.Errorf("no format varies: %+v", got)
	}
}
