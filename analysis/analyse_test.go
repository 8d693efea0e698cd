package analysis

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/analysis/record/recordtest"
	"github.com/assaylab/assay/loadgen/result"
)

// study writes the plan as a run directory and analyses it.
func study(t testing.TB, p recordtest.Plan) *Study {
	t.Helper()
	return analyse(t, read(t, p))
}

func analyse(t testing.TB, set *record.Set) *Study {
	t.Helper()
	s, err := Analyse(set, Options{Draws: 200})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func read(t testing.TB, p recordtest.Plan) *record.Set {
	t.Helper()
	return recordtest.Make(t, p)
}

func armOf(t testing.TB, s *Study, id string) Arm {
	t.Helper()
	i := slices.IndexFunc(s.Arms, func(a Arm) bool { return a.Arm.ID == id })
	if i < 0 {
		t.Fatalf("no arm %q", id)
	}
	return s.Arms[i]
}

func cellOf(t testing.TB, s *Study, arm, load string) Cell {
	t.Helper()
	i := slices.IndexFunc(s.Cells, func(c Cell) bool { return c.Arm == arm && c.Load == load })
	if i < 0 {
		t.Fatalf("no cell %q at %q", arm, load)
	}
	return s.Cells[i]
}

func wantWarning(t testing.TB, s *Study, part string) {
	t.Helper()
	if !slices.ContainsFunc(s.Warnings, func(w string) bool { return strings.Contains(w, part) }) {
		t.Errorf("no warning contains %q: %q", part, s.Warnings)
	}
}

func TestSmall(t *testing.T) {
	s := study(t, recordtest.Small())
	if s.Choice.Arm != "fast" || !s.Choice.Proven || s.Choice.RunnerUp != "slow" || s.Choice.NeedMore != 0 {
		t.Errorf("choice %+v", s.Choice)
	}
	fast, slow := armOf(t, s, "fast"), armOf(t, s, "slow")
	if fast.Excluded != "" || slow.Excluded == "" {
		t.Errorf("excluded: fast %q, slow %q", fast.Excluded, slow.Excluded)
	}
	if want := (Capacity{Rate: 40, Load: "r40", Verdict: Met}); fast.Capacity != want {
		t.Errorf("capacity of fast %+v, want %+v", fast.Capacity, want)
	}
	if want := (Capacity{Rate: 20, Next: 40, Load: "r20", Verdict: Met}); slow.Capacity != want {
		t.Errorf("capacity of slow %+v, want %+v", slow.Capacity, want)
	}
	if s.Planned != 4 || s.Finished != 4 || len(s.Failed) != 0 || len(s.Cells) != 4 {
		t.Errorf("%d of %d trials, %d failed, %d cells", s.Finished, s.Planned, len(s.Failed), len(s.Cells))
	}
	if !fast.OnFront || !slow.OnFront || s.Front.Load != "r40" || fast.FrontLoad != "r40" {
		t.Errorf("front %+v: fast %v, slow %v (no loss of quality)", s.Front, fast.OnFront, slow.OnFront)
	}
}

func TestSameDirectorySameStudy(t *testing.T) {
	set := read(t, recordtest.Demo())
	a := analyse(t, set)
	again, err := record.Read(set.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if b := analyse(t, again); !reflect.DeepEqual(a, b) {
		t.Error("two analyses of one directory differ")
	}
}

// The order in which requests were written and numbered is not the order in which
// they were intended, and must not matter.
func TestRequestOrderDoesNotMatter(t *testing.T) {
	p := recordtest.Small()
	straight := study(t, p)
	rng := rand.New(rand.NewPCG(9, 9))
	p.Edit = func(_ *record.Trial, requests []result.Request) bool {
		rng.Shuffle(len(requests), func(i, j int) { requests[i], requests[j] = requests[j], requests[i] })
		for i := range requests {
			requests[i].Seq = uint64(i)
		}
		return true
	}
	if shuffled := study(t, p); !reflect.DeepEqual(straight, shuffled) {
		t.Error("a shuffled requests.jsonl gives another study")
	}
}

func TestHalfFinishedRun(t *testing.T) {
	for _, c := range []struct {
		name string
		keep func(*record.Trial) bool
		want string // recommended arm
	}{
		{"nothing yet", func(*record.Trial) bool { return false }, ""},
		{"one trial", func(r *record.Trial) bool { return r.Order == 0 }, "slow"},
		{"one arm", func(r *record.Trial) bool { return r.Key.Arm == "fast" }, "fast"},
		{"one load", func(r *record.Trial) bool { return r.Key.Load == "r20" }, "fast"},
	} {
		p := recordtest.Small()
		p.Edit = func(r *record.Trial, _ []result.Request) bool { return c.keep(r) }
		s := study(t, p)
		if s.Choice.Arm != c.want {
			t.Errorf("%s: recommends %q, want %q", c.name, s.Choice.Arm, c.want)
		}
		if s.Choice.Paragraph == "" || s.Planned != 4 || s.Finished == 4 {
			t.Errorf("%s: %q, %d of %d", c.name, s.Choice.Paragraph, s.Finished, s.Planned)
		}
		wantWarning(t, s, "not finished")
		everyOtherArmIsExcluded(t, s)
	}
}

func TestMissingQualityFileExcludes(t *testing.T) {
	set := read(t, recordtest.Small())
	if err := os.Remove(filepath.Join(set.Dir, record.QualityDir, "q-Q8_0.json")); err != nil {
		t.Fatal(err)
	}
	set, err := record.Read(set.Dir)
	if err != nil {
		t.Fatal(err)
	}
	s := analyse(t, set)
	if fast := armOf(t, s, "fast"); fast.Eligible || fast.QualityLoss.Note != NotMeasured || s.Choice.Arm != "slow" {
		t.Errorf("recommends %q; fast: eligible %v, %+v", s.Choice.Arm, fast.Eligible, fast.QualityLoss)
	}
	wantWarning(t, s, "Quality is not measured for 1 arm")
}

func TestRunWithoutQuality(t *testing.T) {
	p := recordtest.Small()
	p.Windows = 0
	s := study(t, p)
	if s.Choice.Arm != "fast" || !armOf(t, s, "slow").Eligible || !armOf(t, s, "fast").OnFront {
		t.Errorf("recommends %q", s.Choice.Arm)
	}
	wantWarning(t, s, "Quality is not part of this run")
}

func TestBadOptions(t *testing.T) {
	if _, err := Analyse(read(t, recordtest.Small()), Options{Draws: 5}); err == nil || !strings.Contains(err.Error(), "bootstrap draws") {
		t.Errorf("5 draws: %v", err)
	}
}

func BenchmarkAnalyseDemo(b *testing.B) {
	set := read(b, recordtest.Demo())
	for b.Loop() {
		if _, err := Analyse(set, Options{Draws: 1000}); err != nil {
			b.Fatal(err)
		}
	}
}

// Counts that the server leaves out altogether are not those of which it only leaves out the division among messages.
func TestWarnsOfCounts(t *testing.T) {
	const none, whole = "60 responses came without token counts from the server", "Of 60 responses the server counts the tokens as a whole"
	for _, c := range []struct {
		prompt    bool
		want, not string
	}{{true, whole, none}, {false, none, whole}} {
		p := recordtest.Small()
		p.Edit = edit("fast", "r20", func(_ *record.Trial, requests []result.Request) {
			for i := range requests {
				if requests[i].Estimated = true; !c.prompt {
					requests[i].PromptTokens = 0
				}
			}
		})
		s := study(t, p)
		wantWarning(t, s, c.want)
		if slices.ContainsFunc(s.Warnings, func(w string) bool { return strings.Contains(w, c.not) }) {
			t.Errorf("%q", s.Warnings)
		}
	}
}
