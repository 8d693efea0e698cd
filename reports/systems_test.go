package reports

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/record/recordtest"
)

func TestGoldenSystems(t *testing.T) {
	asked := recordtest.Asked(recordtest.Systems())
	asked.Least = .5
	for name, p := range map[string]recordtest.Plan{"systems": asked, "systems-many": recordtest.ManySystems()} {
		html, md := printBoth(t, Build(analysed(t, p), Options{RunDir: "runs/systems", HTMLFile: "report.html"}))
		checkMarkup(t, html)
		checkMarkdown(t, md)
		html = styleBody.ReplaceAllString(svgBody.ReplaceAllString(html, "$1</svg>"), "<style></style>")
		for ext, got := range map[string]string{".html": html, ".md": md} {
			checkGolden(t, name+ext, got)
		}
	}
}

func TestSystemsReport(t *testing.T) {
	html, md := printBoth(t, Build(analysed(t, recordtest.ManySystems()), Options{}))
	rest := html
	for _, want := range []string{`<section id="tradeoff">`, `id="fig-systems"`, "Quality not measured, and so not above: 7, 8, 10.", // in this order
		`<section id="volume">`, `id="fig-volume"`, "Whole machines with", "not compared", `<section id="incomparable">`, "vllm block_size=16", "nobody outside can see", `<section id="arms">`, "Settings of the included engine&#39;s arms",
		`<section id="truth">`, "not given", "✓ agrees", "Counts that differ", "batch, mean", `<section id="services">`, "eu-west", "made-up-large-2025-12-01", "112 of 120", "442 of 500",
		`<section id="systems">`, "max_num_seqs", "Commands that start it", "quantization<small>declared</small>"} {
		i := strings.Index(rest, want)
		if i < 0 {
			t.Fatalf("no %q, or not in its place", want)
		}
		rest = rest[i:]
	}
	for _, want := range []string{"stale: 214 days old", "No price is stated for it", "by the token: input $0.25, output $2.00, cached input $0.05 per million"} {
		if !strings.Contains(md, want) {
			t.Errorf("the summary does not say %q", want)
		}
	}
	for _, bad := range []string{"NaN", "+Inf", "%!", `id="fig-tradeoff"`} {
		if strings.Contains(styleBody.ReplaceAllString(html, ""), bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
}

// What is recommended is said with how to have it: a command for what is started, who to call for what is there.
func TestHowToDeploySystems(t *testing.T) {
	p := recordtest.Systems()
	p.Windows = 0
	for _, c := range []struct {
		arm  string
		want []string
	}{
		{"vllm-16", []string{"Run vLLM 0.32.0 as vllm-16 (max_num_seqs 16)", "vllm-made-up --port PORT --max-num-seqs 16"}},
		{"api", []string{"Call api (model made-up-mini and dialect openai-chat)", "<dt>URL</dt><dd>https://api.example.com</dd>", "<dt>Model</dt><dd>made-up-mini</dd>", "Cost by the price list, per thousand requests"}},
	} {
		one := p
		one.Arms = nil
		for _, a := range p.Arms {
			if a.ID == c.arm {
				one.Arms = append(one.Arms, a)
			}
		}
		html, _ := printBoth(t, Build(analysed(t, one), Options{}))
		checkMarkup(t, html)
		for _, want := range c.want {
			if !strings.Contains(html, want) {
				t.Errorf("%s: the page does not say %q", c.arm, want)
			}
		}
	}
}

// What servers say and scenarios declare is shown and does nothing else.
func TestHostileSystems(t *testing.T) {
	s := analysed(t, recordtest.ManySystems())
	poison(reflect.ValueOf(s))
	for i := range s.Cells {
		for m := range s.Cells[i].Metrics {
			s.Cells[i].Metrics[m].Metric = strings.TrimSuffix(s.Cells[i].Metrics[m].Metric, payload)
		}
	}
	for i := range s.Arms {
		a := &s.Arms[i]
		for _, v := range []*analysis.Value{&a.QualityLoss, &a.P95E2E, &a.Cost.PerThousandRequests} {
			v.Note = strings.TrimSuffix(v.Note, payload)
		}
	}
	html, md := printBoth(t, Build(s, Options{}))
	if !strings.Contains(html, `id="fig-systems"`) || !strings.Contains(html, `id="fig-volume"`) || !strings.Contains(html, `id="services"`) {
		t.Fatal("the parts that are to be tested are not in the page")
	}
	checkMarkup(t, html)
	checkMarkdown(t, md)
}

// TestSystemsByTasks: where no loss of perplexity is known the choice's quality is its right answers, and two targets of one product have
// their own names.
func TestSystemsByTasks(t *testing.T) {
	p := recordtest.Systems()
	p.Arms = append(slices.Clone(p.Arms[:2]), p.Arms[1:]...)
	p.Arms[2].ID, p.Arms[2].Deployment = "twin-16", clone(p.Arms[1].Deployment)
	p.Arms[2].Deployment.Target = "twin"
	p.Windows = 0
	html, _ := printBoth(t, Build(analysed(t, recordtest.Asked(p)), Options{}))
	for _, want := range []string{"Right answers: ", "no bound is held against it", "vllm, vLLM ", "twin, vLLM "} {
		if !strings.Contains(html, want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(html, "Quality loss (perplexity)</span><span class=\"value\">not measured") {
		t.Error("the tile says that quality is not measured")
	}
}

func clone[T any](v *T) *T {
	c := *v
	return &c
}
