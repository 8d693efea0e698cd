package predict

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/cost"
)

func known(t testing.TB) []Trial {
	t.Helper()
	all, err := Known()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// However a figure is printed, its origin is printed with it.
func TestFiguresCarryTheirMark(t *testing.T) {
	for _, origin := range []Origin{Measured, Published, Scaled} {
		for _, e := range []cost.Estimate{{Value: 12.34, Low: 8, High: 16}, {Value: 5, Low: 5, High: 5}} {
			f, err := NewFigure(e, "req/s", origin)
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(struct{ F Figure }{f})
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range []string{f.String(), fmt.Sprint(f), fmt.Sprintf("%v", f), fmt.Sprintf("%+v", f), fmt.Sprintf("%q", f), string(text)} {
				if !strings.Contains(s, string(origin)) {
					t.Errorf("%s has no mark", s)
				}
			}
			if f.Estimate() != e || f.Origin() != origin {
				t.Errorf("%+v", f)
			}
		}
	}
	if f, _ := NewFigure(cost.Estimate{Value: 12.34, Low: 8, High: 16}, "req/s", Scaled); f.String() != "12.3 req/s (scaled; 8 to 16)" {
		t.Error(f)
	}
	if _, err := NewFigure(cost.Estimate{}, "", ""); err == nil {
		t.Error("a figure of no origin")
	}
	if (Figure{}).String() != "not known" {
		t.Error("the zero figure has a number")
	}
}

func TestWorse(t *testing.T) {
	for _, o := range [][3]Origin{{Measured, Measured, Measured}, {Measured, Published, Published}, {Scaled, Published, Scaled}, {Published, Scaled, Scaled}} {
		if got := o[0].Worse(o[1]); got != o[2] {
			t.Errorf("%s and %s: %s", o[0], o[1], got)
		}
	}
}

// By hand: shares of 0.5, 0.4 and 0.25 predict each other with factors of 1.25, 2 and 1.6.
func TestAssessByHand(t *testing.T) {
	var trials []Trial
	for i, share := range []float64{0.5, 0.4, 0.25} {
		trials = append(trials, Trial{Machine: fmt.Sprint(i), Work: "w", Phase: Decode, Speed: share, Roof: 1},
			Trial{Machine: fmt.Sprint(i), Work: "w", Phase: Prefill, Speed: 1e-9 * share * share, Roof: 1})
	}
	e, err := Assess(trials, Decode, ToMachine)
	if err != nil {
		t.Fatal(err)
	}
	if e.Predictions != 6 || e.Sources != 3 || math.Abs(e.Worst-2) > 1e-12 || math.Abs(e.Within-2) > 1e-12 {
		t.Errorf("%+v", e)
	}
	if _, err := Assess(trials, Decode, ToWork); err == nil || !strings.Contains(err.Error(), "0 predictions: expected at least 6") {
		t.Errorf("of other works: %v", err)
	}
}

// document is what docs/capacity.md says.
func document(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/capacity.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What the document says of the model's error is what the trials that come with the program give.
func TestErrorsOfTheModel(t *testing.T) {
	doc, all := document(t), known(t)
	for _, c := range []struct {
		trials string
		origin Origin
		phase  Phase
		across Carrying
		words  string
	}{
		{"accelerators", Published, Decode, ToMachine, "another machine"},
		{"accelerators", Published, Prefill, ToMachine, "another machine"},
		{"accelerators", Published, Decode, ToWork, "another model or format"},
		{"accelerators", Published, Prefill, ToWork, "another model or format"},
		{"processors", Measured, Decode, ToWork, "another model or format"},
		{"processors", Measured, Prefill, ToWork, "another model or format"},
		{"processors", Measured, Prefill, ToMachine, "other instructions"},
		{"all", "", Decode, ToEngine, "from one kind to the other"},
		{"all", "", Prefill, ToEngine, "from one kind to the other"},
	} {
		trials := slices.DeleteFunc(slices.Clone(all), func(t Trial) bool { return c.origin != "" && t.Origin != c.origin })
		e, err := Assess(trials, c.phase, c.across)
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		what := map[Phase]string{Decode: "tokens", Prefill: "prompts"}[c.phase]
		row := fmt.Sprintf("| %s | %s | %s | %d | %.2fx | %.2fx | %.2f |", c.trials, what, c.words, e.Predictions, e.Within, e.Worst, e.Up)
		if !strings.Contains(doc, row) {
			t.Errorf("docs/capacity.md lacks the row\n%s", row)
		}
	}
}

// The error that was found without a machine holds for predictions to it about as often as the document says.
func TestErrorHoldsForAMachineLeftOut(t *testing.T) {
	all := slices.DeleteFunc(known(t), func(t Trial) bool { return t.Origin != Published })
	inside, total := 0, 0
	for _, out := range all {
		rest := slices.DeleteFunc(slices.Clone(all), func(t Trial) bool { return t.Machine == out.Machine })
		e, err := Assess(rest, out.Phase, ToMachine)
		if err != nil {
			t.Fatal(err)
		}
		for _, from := range rest {
			if from.Work != out.Work || from.Phase != out.Phase {
				continue
			}
			total++
			if f := math.Exp(math.Abs(math.Log(from.Share() / out.Share()))); f <= e.Within {
				inside++
			}
		}
	}
	if said := fmt.Sprintf("%.0f %%", 100*float64(inside)/float64(total)); !strings.Contains(document(t), said+" of the predictions to\nit are within") {
		t.Errorf("%d of %d predictions, %s, are within the error: docs/capacity.md says otherwise", inside, total, said)
	}
}

// What is not declared, or not needed, has no roof.
func TestRoofsRefused(t *testing.T) {
	to := Machine{Name: "b", Bandwidth: 4e12}
	for want, call := range map[string]func() error{
		"bytes for a token":      func() error { _, err := to.Roof(Work{}, Decode); return err },
		"0 bytes a second":       func() error { _, err := Machine{}.Roof(Work{Bytes: 1}, Decode); return err },
		"0 operations a second":  func() error { _, err := to.Roof(Work{Ops: 1}, Prefill); return err },
		"share of time":          func() error { _, err := Between(to, to, Work{}, 2, Error{}, Error{}); return err },
		"-1 operations a second": func() error { _, err := Machine{Ops: -1}.Roof(Work{Ops: 1}, Prefill); return err },
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// Twice the arithmetic and three times the bandwidth: prompts twice, tokens three times as fast, both by the time they take.
func TestBetween(t *testing.T) {
	a, b := Machine{Name: "a", Ops: 1e12, Bandwidth: 1e11}, Machine{Name: "b", Ops: 2e12, Bandwidth: 3e11}
	w := Work{Name: "w", Ops: 1e9, Bytes: 1e9}
	s, err := Between(a, b, w, 0.5, Error{Within: 1.5}, Error{Within: 1.25})
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(s.Speed.Value-2.4) > 1e-12 || math.Abs(s.Speed.Low-2/1.5) > 1e-12 || math.Abs(s.Speed.High-3.75) > 1e-12 {
		t.Errorf("%+v", s.Speed)
	}
	if !strings.Contains(s.Model, "scaled from a to b") || !strings.Contains(s.Model, "prompts 2 times") {
		t.Error(s.Model)
	}
	for share, want := range map[float64]float64{0: 3, 1: 2} {
		if s, _ := Between(a, b, w, share, Error{Within: 1}, Error{Within: 1}); math.Abs(s.Speed.Value-want) > 1e-12 {
			t.Errorf("with %v of the time on prompts: %v", share, s.Speed)
		}
	}
}

func TestFilesRefused(t *testing.T) {
	for want, text := range map[string]string{
		"columns":                      "a,b\n1,2\n",
		"line 3: speed is \"fast\"":    "machine,work,phase,speed,share\nm,w,decode,1,0.5\nm,w,decode,fast,0.5\n",
		"line 2: share is \"0\"":       "machine,work,phase,speed,share\nm,w,decode,1,0\n",
		"wrong number of fields":       "machine,work,phase,speed,share\nm,w\n",
		"EOF":                          "",
		"line 2: speed is \"Inf\"":     "machine,work,phase,speed,share\nm,w,decode,Inf,1\n",
		"line 2: speed is \"NaN\"":     "machine,work,phase,speed,share\nm,w,decode,NaN,1\n",
		"phase \"sleep\": expected \"": "machine,work,phase,speed,share\nm,w,sleep,1,1\n",
	} {
		if _, err := readCPUs(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func FuzzFiles(f *testing.F) {
	f.Add(gpus)
	f.Add(cpus)
	f.Fuzz(func(t *testing.T, text string) {
		for _, read := range []func(string) ([]Trial, error){
			func(s string) ([]Trial, error) { return readGPUs(strings.NewReader(s)) },
			func(s string) ([]Trial, error) { return readCPUs(strings.NewReader(s)) },
		} {
			trials, err := read(text)
			for _, x := range trials {
				if err == nil && !(x.Share() > 0) {
					t.Fatalf("%+v", x)
				}
			}
		}
	})
}
