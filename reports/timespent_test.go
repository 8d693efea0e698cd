package reports

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/compare"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
)

// profiled is a run whose slow arm spends more in matrices; hostile is in a function's name.
func profiled(t *testing.T, hostile string) *record.Set {
	t.Helper()
	p := recordtest.Small()
	p.Repetitions, p.Requests, p.Unprofiled = 3, 60, 3
	p.Stacks = func(k record.TrialKey) []recordtest.Stack {
		const engine = "github.com/assaylab/assay/engine"
		loop := engine + ".(*loop).run"
		n := int64(k.Repetition)
		return []recordtest.Stack{
			{Functions: []string{loop, engine + "/kernel.(*Set).Mul", engine + "/kernel.lineQ8_0AVX2"}, Samples: map[string]int64{"slow": 400, "fast": 200}[k.Arm] + n},
			{Functions: []string{loop, engine + "/kernel.(*Set).Attend"}, Samples: 100 + n},
			{Functions: []string{"net/http.(*conn).serve" + hostile}, Samples: 30 + n},
		}
	}
	return recordtest.Make(t, p)
}

var flameTitle = regexp.MustCompile(`<g><title>([^<]*)</title><rect`)

// The section names both arms, has every stage once, and draws both and what differs.
func TestTimeSpent(t *testing.T) {
	const hostile = `<script>alert("1")</script>`
	study, err := analysis.Analyse(profiled(t, hostile), analysis.Options{Draws: 100})
	if err != nil {
		t.Fatal(err)
	}
	html, markdown := printBoth(t, Build(study, Options{}))
	checkMarkup(t, html)
	_, section, _ := strings.Cut(html, `<section id="time">`)
	section, _, _ = strings.Cut(section, "</section>")
	for _, want := range []string{"Where the time went", "2 fast (recommended) took", "1 slow (runner-up) took", "matrix products", "attention and KV cache", "HTTP and text",
		"was run 3 times more without one", "samples per second of processor time, the engine-busy time per generated token changed by 0 %", `id="flame-1-520-t"`, `id="flame-2-328-t"`, `id="flame-difference-1060-t"`,
		"− kernel.(*Set).Mul"} {
		if !strings.Contains(section, want) {
			t.Errorf("the section lacks %q", want)
		}
	}
	tips := flameTitle.FindAllStringSubmatch(section, -1)
	if len(tips) != 3*2*6 { // three figures at two widths, of the root and five functions
		t.Errorf("%d functions are drawn", len(tips))
	}
	if strings.Contains(html, "<script") || strings.Contains(markdown, "Where the time went") {
		t.Error("markup from a name, or detail in the summary")
	}
}

func TestTimeSpentOfOneArm(t *testing.T) {
	set := profiled(t, "")
	for i := range set.Trials {
		if x := &set.Trials[i]; x.Profile != nil && x.Key.Arm == "slow" {
			x.Profile.Missing = "this build gives none"
		}
	}
	study, err := analysis.Analyse(set, analysis.Options{Draws: 100})
	if err != nil {
		t.Fatal(err)
	}
	html, _ := printBoth(t, Build(study, Options{}))
	checkMarkup(t, html)
	if !strings.Contains(html, "runner-up, slow: this build gives none.") || strings.Contains(html, "flame-difference") || !strings.Contains(html, "flame-1-1060-t") || !strings.Contains(html, "was not measured") {
		t.Error("one arm is not shown alone")
	}
}

// Runs of versions that took no profiles have no section.
func TestNoTimeSpent(t *testing.T) {
	html, _ := printBoth(t, Build(syntheticStudy(4), Options{}))
	if strings.Contains(html, "Where the time went") {
		t.Error("a section of nothing")
	}
}

func TestWhy(t *testing.T) {
	set := profiled(t, "")
	o := compare.Options{First: "slow", Second: "fast", Load: "r20"}
	reasons, err := compare.Why(set, set, o)
	if err != nil {
		t.Fatal(err)
	}
	reasons = append(reasons, compare.Reason{Arm: "other", Load: "poisson 20/s", Missing: "the first run has no profile of it: none of its trials was profiled"})
	for name, markdown := range map[string]bool{"why.txt": false, "why.md": true} {
		var b strings.Builder
		if err := Why(&b, reasons, markdown); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if b.String() != string(want) {
			t.Errorf("%s differs; read the diff, then run with -update:\n%s", path, b.String())
		}
	}
	o.Draws = 100
	c, err := compare.Runs(set, set, o)
	if err != nil {
		t.Fatal(err)
	}
	html, _ := printBoth(t, WhyPage(c, reasons))
	checkMarkup(t, html)
	if !strings.Contains(html, "why-1-difference-1060-t") || !strings.Contains(html, "Not known: the first run has no profile of it") {
		t.Error("the page lacks a figure or a reason")
	}
}
