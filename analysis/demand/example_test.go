package demand

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write scenarios/data/demand-example.csv again")

const exampleFile = "../../scenarios/data/demand-example.csv"

// example is forty weeks that nobody measured: 6 % growth a month, levels of weeks that differ by 5 % with φ = 0.5, a shape of the
// day and of the week by the clocks of Berlin, which change twice, hours that differ by 8 %, and one evening without service.
func example(t *testing.T) string {
	z := zone(t, "Europe/Berlin")
	shape := (&Shape{PeakToMean: 2.1, PeakHour: 14, Weekend: 0.35}).Hours()
	rng := rand.New(rand.NewPCG(2026, 11))
	var b strings.Builder
	b.WriteString("# Made up for examples (analysis/demand/example_test.go): nobody asked for any of this.\n" + plainHeader)
	level := 0.0
	for i := range 40 * Week {
		at := time.Date(2026, 2, 2, 0, 0, 0, 0, z).Add(time.Duration(i) * time.Hour)
		if i%Week == 0 {
			level = 0.5*level + 0.045*rng.NormFloat64()
		}
		rate := 1800 * math.Pow(1.06, float64(i)/730.5) * shape[HourOfWeek(at)] * math.Exp(level+0.08*rng.NormFloat64())
		input, output := 820*math.Exp(0.06*rng.NormFloat64()), 210*math.Exp(0.05*rng.NormFloat64())
		if at.Format("2006-01-02") == "2026-06-18" && at.Hour() >= 19 && at.Hour() < 22 {
			rate = 0
		}
		n := math.Round(rate)
		fmt.Fprintf(&b, "%s,%.0f,%.0f,%.0f\n", at.Format("2006-01-02T15:04Z07:00"), n, n*input, n*output)
	}
	return b.String()
}

// TestExample holds the example that comes with Assay to what made it.
func TestExample(t *testing.T) {
	want := example(t)
	if *update {
		if err := os.WriteFile(exampleFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != want {
		t.Errorf("%s is not what this test makes; make golden rewrites it", exampleFile)
	}
	h, err := ReadFile(exampleFile, Options{Zone: "Europe/Berlin"})
	if err != nil {
		t.Fatal(err)
	}
	if h.Weeks() != 40 || h.Filled+h.Zeroed+h.Absent+h.Trimmed > 0 {
		t.Errorf("%g weeks, %+v", h.Weeks(), h.Filled)
	}
	if _, err := ReadFile(exampleFile, Options{}); err == nil || !strings.Contains(err.Error(), "declare the zone") {
		t.Errorf("without its zone: %v", err)
	}
}
