package reports

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func printBoth(t *testing.T, p Page) (html, md string) {
	t.Helper()
	var h, m strings.Builder
	if err := HTML(&h, p); err != nil {
		t.Fatal(err)
	}
	if err := Markdown(&m, p); err != nil {
		t.Fatal(err)
	}
	return h.String(), m.String()
}

var (
	svgBody   = regexp.MustCompile(`(?s)(<svg [^>]*>).*?</svg>`)
	styleBody = regexp.MustCompile(`(?s)<style>.*?</style>`)
)

// TestGolden leaves the drawings, which package chart tests, and the style sheet
// out of the golden HTML.
func TestGolden(t *testing.T) {
	html, md := printBoth(t, Build(syntheticStudy(4), Options{RunDir: "runs/a b", HTMLFile: "report.html"}))
	html = styleBody.ReplaceAllString(svgBody.ReplaceAllString(html, "$1</svg>"), "<style></style>")
	for name, got := range map[string]string{"synthetic.html": html, "synthetic.md": md} {
		checkGolden(t, name, got)
	}
}

// checkGolden holds a text to a file of testdata.
func checkGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; read the diff, then run with -update", path)
	}
}

func TestSameStudySameBytes(t *testing.T) {
	h1, m1 := printBoth(t, Build(syntheticStudy(16), Options{}))
	h2, m2 := printBoth(t, Build(syntheticStudy(16), Options{}))
	if h1 != h2 || m1 != m2 {
		t.Error("two reports of one study differ")
	}
}

var tag = regexp.MustCompile(`<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-zA-Z:-]+(?:="[^"]*")?)*)\s*(/?)>`)

// checkMarkup fails on tags that do not nest, on unknown elements, on handlers, on
// repeated ids, on headings that skip a level, and on anything loaded from outside.
func checkMarkup(t *testing.T, html string) {
	t.Helper()
	known := strings.Fields("html head meta title style body main header h1 h2 h3 p section nav ol ul li a div span dl dt dd figure figcaption pre code aside details summary table caption thead tbody tr th td small svg desc g path text rect")
	var open []string
	ids := map[string]bool{}
	level := 0
	rest := html[len("<!DOCTYPE html>"):]
	rest = styleBody.ReplaceAllString(rest, "<style></style>")
	if n := strings.Count(rest, "<"); n != len(tag.FindAllString(rest, -1)) {
		t.Errorf("%d signs <, %d tags", n, len(tag.FindAllString(rest, -1)))
	}
	for _, m := range tag.FindAllStringSubmatch(rest, -1) {
		name := m[2]
		if !slices.Contains(known, name) {
			t.Errorf("element %q", m[0])
		}
		for _, attr := range regexp.MustCompile(`\s(on[a-z]+|src|srcset|style|href|id|xmlns)="([^"]*)"`).FindAllStringSubmatch(m[3], -1) {
			checkAttribute(t, name, attr[1], attr[2], ids)
		}
		if len(name) == 2 && name[0] == 'h' && name[1] <= '9' && m[1] == "" {
			if h := int(name[1] - '0'); h > level+1 {
				t.Errorf("h%d after h%d", h, level)
			} else {
				level = h
			}
		}
		switch {
		case m[1] == "/":
			if len(open) == 0 || open[len(open)-1] != name {
				t.Fatalf("</%s> closes %v", name, open)
			}
			open = open[:len(open)-1]
		case m[4] == "" && name != "meta":
			open = append(open, name)
		}
	}
	if len(open) > 0 {
		t.Errorf("left open: %v", open)
	}
	for _, bad := range []string{"url(", "@import", "<script", "<link", "<img", "<iframe"} {
		if strings.Contains(html, bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
}

func checkAttribute(t *testing.T, element, name, value string, ids map[string]bool) {
	t.Helper()
	switch name {
	case "id":
		if ids[value] {
			t.Errorf("id %q twice", value)
		}
		ids[value] = true
	case "href":
		if !strings.HasPrefix(value, "#") {
			t.Errorf("link to %q", value)
		}
	case "xmlns": // names the namespace, is never fetched
	case "style":
		if !slices.Contains([]string{"path", "text", "rect", "span"}, element) { // figures, and the colours of their legends
			t.Errorf("style on %s", element)
		}
	default:
		t.Errorf("%s has %s", element, name)
	}
}

// studies are the cases a report must survive, with what must and must not be in it.
func studies() map[string]func() *analysis.Study {
	edit := func(n int, f func(s *analysis.Study)) func() *analysis.Study {
		return func() *analysis.Study {
			s := syntheticStudy(n)
			f(s)
			return s
		}
	}
	return map[string]func() *analysis.Study{
		"sixteen arms": edit(16, func(*analysis.Study) {}),
		"one arm":      edit(1, func(*analysis.Study) {}),
		"empty":        func() *analysis.Study { return &analysis.Study{} },
		"no cells":     edit(4, func(s *analysis.Study) { s.Cells = nil }),
		"no arms":      edit(4, func(s *analysis.Study) { s.Arms, s.Cells = nil, nil }),
		"no loads":     edit(4, func(s *analysis.Study) { s.Run.Loads = nil }),
		"no slos":      edit(4, func(s *analysis.Study) { s.Run.SLOs = nil }),
		"forty arms with long names": edit(40, func(s *analysis.Study) {
			for i := range s.Arms {
				s.Arms[i].Arm.Name += strings.Repeat(" and-another-setting=with-a-long-value", 4)
			}
		}),
		"nothing recommended": edit(4, func(s *analysis.Study) {
			s.Choice = analysis.Recommendation{Paragraph: "No arm meets every limit."}
		}),
		"an unknown arm recommended": edit(4, func(s *analysis.Study) { s.Choice.Arm, s.Choice.RunnerUp = "gone", "gone too" }),
		"not proven": edit(4, func(s *analysis.Study) {
			s.Choice.Proven, s.Choice.NeedMore, s.Choice.Confirmed = false, 79, nil
		}),
		"contradicted": edit(4, func(s *analysis.Study) {
			s.Choice.Proven, s.Choice.Confirmed.Verdict = false, analysis.Missed
		}),
		"no interval of quality": edit(4, func(s *analysis.Study) {
			for i := range s.Arms {
				s.Arms[i].QualityLoss.Low, s.Arms[i].QualityLoss.High = math.Inf(-1), math.Inf(1)
			}
		}),
		"partial": edit(4, func(s *analysis.Study) {
			s.Finished = 9
			s.Warnings = []string{"The run is not finished: 9 of 16 trials have a record."}
			s.Cells = s.Cells[:3]
			s.Failed = []analysis.FailedTrial{{Key: record.TrialKey{ID: "t1", Arm: "a02", Load: "L10", Repetition: 1}, Reason: "the engine exited with status 2"},
				{Key: record.TrialKey{ID: "t2", Arm: "a99", Load: "L99", Repetition: record.Confirmation}, Reason: "port in use"}}
		}),
		"failures": edit(4, func(s *analysis.Study) {
			for i := range s.Cells {
				c := &s.Cells[i]
				c.OK, c.Outcomes = 100, map[string]int{"ok": 100, "overloaded": 20, "timeout": 8}
				c.Valid, c.Invalid = false, []string{"The schedule lagged by 9 ms at p99."}
				for m := range c.Metrics {
					c.Metrics[m].Quoted[1].Value = analysis.Value{Estimate: math.Inf(1), Low: 2e9, High: math.Inf(1), Level: .95, N: 128, Unit: "ns"}
				}
				for k, pts := range c.CDF {
					c.CDF[k] = pts[:len(pts)*3/4]
				}
			}
			for i := range s.Arms {
				s.Arms[i].P95E2E = analysis.Value{Note: "beyond the slowest success", N: 128, Unit: "ns"}
			}
		}),
		"nothing but notes": edit(4, func(s *analysis.Study) {
			none := analysis.Value{Note: "insufficient", N: 3}
			for i := range s.Cells {
				c := &s.Cells[i]
				c.Metrics, c.CDF = nil, nil
				c.Throughput, c.Goodput, c.Attainment, c.BusyPerRequest = none, none, none, none
			}
			for i := range s.Arms {
				a := &s.Arms[i]
				a.Perplexity, a.QualityLoss, a.KL, a.SameTop, a.P95E2E, a.P95TTFT = none, none, none, none, none, none
				a.Cost = analysis.Cost{PerMillion: none}
			}
		}),
		"nine closed loops": edit(4, func(s *analysis.Study) {
			var loads []record.Load
			var cells []analysis.Cell
			for i := range 9 {
				l := record.Load{ID: fmt.Sprint("C", i), Name: fmt.Sprintf("closed %d", 1<<i), Arrival: "closed", Concurrency: 1 << i, Requests: 64}
				c := s.Cells[0]
				c.Load = l.ID
				loads, cells = append(loads, l), append(cells, c)
			}
			s.Run.Loads, s.Cells = loads, cells
		}),
	}
}

func TestEveryStudyGivesASoundPage(t *testing.T) {
	for name, study := range studies() {
		t.Run(name, func(t *testing.T) {
			html, md := printBoth(t, Build(study(), Options{}))
			checkMarkup(t, html)
			for _, bad := range []string{"NaN", "+Inf", "%!"} {
				if strings.Contains(styleBody.ReplaceAllString(html, ""), bad) || strings.Contains(md, bad) {
					t.Errorf("the report contains %q", bad)
				}
			}
		})
	}
}

func TestWhatAReportSays(t *testing.T) {
	tests := []struct {
		study  string
		html   []string // in this order
		absent []string
	}{
		{"sixteen arms", []string{`<section id="recommendation">`, "Recommended deployment", "✓ proven", "assay serve", "[engine]", "Runner-up", "fresh prompts",
			`<section id="tradeoff">`, `<section id="distributions">`, `<section id="throughput">`, `<section id="arms">`, `<section id="limits">`, `<section id="cells">`,
			`<section id="quality">`, `<section id="cost">`, "tokens/s) =", `<section id="machine">`, `<section id="method">`, `<section id="missing">`, "another vocabulary", `<section id="provenance">`},
			[]string{"not finished", "No recommendation"}},
		{"nothing recommended", []string{"No recommendation", "No arm meets every limit."}, []string{"Deploy it", "Recommended deployment"}},
		{"an unknown arm recommended", []string{"No recommendation"}, []string{"Deploy it"}},
		{"not proven", []string{"Best candidate", "? not proven, 79 more requests", "not run again"}, []string{"Recommended deployment", "✓ proven"}},
		{"partial", []string{"on a run that is not finished", "9 of 16 trials", "the engine exited with status 2", "port in use"}, nil},
		{"failures", []string{"beyond the slowest success", "100 ok, 20 overloaded, 8 timeout", "invalid", "The schedule lagged by 9 ms at p99."}, nil},
		{"contradicted", []string{"? not proven, a limit is missed on fresh prompts"}, []string{"✓ proven"}},
		{"nothing but notes", []string{"insufficient"}, []string{`id="tradeoff"`, `id="distributions"`}},
		{"nine closed loops", []string{`id="throughput"`, "Closed loop", "concurrency 256"}, nil},
		{"empty", []string{"No recommendation"}, []string{`id="arms"`}},
	}
	for _, tt := range tests {
		t.Run(tt.study, func(t *testing.T) {
			html, _ := printBoth(t, Build(studies()[tt.study](), Options{}))
			rest := html
			for _, want := range tt.html {
				i := strings.Index(rest, want)
				if i < 0 {
					t.Fatalf("no %q, or not in its place", want)
				}
				rest = rest[i:]
			}
			for _, bad := range tt.absent {
				if strings.Contains(html, bad) {
					t.Errorf("the page says %q", bad)
				}
			}
		})
	}
}

// Every figure and every table of measurements names its trials.
func TestTrialsAreNamed(t *testing.T) {
	s := syntheticStudy(4)
	html, _ := printBoth(t, Build(s, Options{}))
	for _, c := range s.Cells {
		for _, id := range c.Trials {
			if strings.Count(html, id) < 3 {
				t.Errorf("trial %s is named %d times", id, strings.Count(html, id))
			}
		}
	}
	figures := strings.Count(html, `<figure class="chart"`)
	if n := strings.Count(html, `<details class="source">`); figures == 0 || n < figures+3 {
		t.Errorf("%d sources for %d figures and the tables", n, figures)
	}
}

func TestFiguresHaveAnAlternative(t *testing.T) {
	html, _ := printBoth(t, Build(syntheticStudy(16), Options{}))
	n := strings.Count(html, "<svg ")
	if n < 8 || strings.Count(html, `role="img" aria-labelledby=`) != n || strings.Count(html, "<desc id=") != n {
		t.Errorf("%d figures, %d labelled, %d described", n, strings.Count(html, `role="img" aria-labelledby=`), strings.Count(html, "<desc id="))
	}
}

func TestDrawnArms(t *testing.T) {
	s := syntheticStudy(40)
	for i := range s.Arms {
		s.Arms[i].OnFront, s.Arms[i].FrontProbability = true, 1/float64(i+1)
	}
	s.Choice.Arm, s.Choice.RunnerUp = s.Arms[30].Arm.ID, s.Arms[20].Arm.ID
	v := newView(s)
	arms, omitted := v.drawn()
	var got []int
	for _, a := range arms {
		got = append(got, v.number[a.Arm.ID])
	}
	if want := []int{31, 21, 2, 3, 4, 1}; !slices.Equal(got, want) || omitted != 34 {
		t.Errorf("drawn %v, omitted %d; want %v and 34", got, omitted, want)
	}
}
