package cost

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/money"
)

func perHour(t *testing.T, text string) money.Amount {
	t.Helper()
	a, err := ParsePerHour(text, "USD")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestParsePerHour(t *testing.T) {
	for _, bad := range []string{"", "-1", "+1", "1e3", "1/2", "1,50", ".5", "5.", "0", "0.00", "$1", " 1", "NaN", "Inf", "0x10"} {
		if p, err := ParsePerHour(bad, "USD"); err == nil {
			t.Errorf("%q was read as %v", bad, p)
		}
	}
	if got, err := ParsePerHour("0.50", ""); err != nil || got.Currency() != "USD" || got.Exact() != "$0.50" {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := ParsePerHour("0.50", "dollars"); err == nil {
		t.Error("dollars are no currency")
	}
}

func near(t *testing.T, name string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-12*math.Abs(want) && got != want {
		t.Errorf("%s: %v, want %v", name, got, want)
	}
}

// By hand: $0.90 an hour is $0.00025 a second. At 60 % use and 1000 tokens a second
// 600 are paid for in each, so a million takes 1666.67 s and costs $0.416667.
func TestAt(t *testing.T) {
	c, err := At(Plan{PerHour: perHour(t, "0.90"), Utilisation: 0.6, Source: "price list", UserMonth: 40},
		Rates{Issued: Estimate{12, 12, 12}, Requests: Estimate{10, 8, 12.5}, Tokens: Estimate{1000, 800, 1250}, Input: Estimate{500, 500, 500}, Output: Estimate{400, 400, 400}, Cached: 100},
		Work{Prefill: 3000, Decode: 1000})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "per million", c.PerMillion.Value, 0.25/0.6)
	near(t, "low, from the high rate", c.PerMillion.Low, 0.25/0.6/1.25)
	near(t, "high, from the low rate", c.PerMillion.High, 0.25/0.6/0.8)
	near(t, "per thousand requests", c.PerThousandRequests.Value, 0.00025/0.6*1000/10)
	near(t, "per thousand issued", c.PerThousandIssued.Value, 0.00025/0.6*1000/12)
	near(t, "per user and month", c.PerUserMonth.Value, 40*0.00025/0.6/10)
	near(t, "per user and month at most", c.PerUserMonth.High, 40*0.00025/0.6/8)
	near(t, "input", c.PerMillionInput.Value, 0.75*0.00025/0.6*1e6/500)
	near(t, "output", c.PerMillionOutput.Value, 0.25*0.00025/0.6*1e6/400)
	if want := "$0.90/h x 1,000,000 / (3,600 s/h x 0.6 x 1,000 tokens/s) = $0.417 per million tokens"; c.Formula != want {
		t.Errorf("formula %q, want %q", c.Formula, want)
	}
	if len(c.Assumptions) != 5 || !slices.ContainsFunc(c.Assumptions, func(s string) bool { return strings.Contains(s, "price list") }) {
		t.Errorf("assumptions %q", c.Assumptions)
	}
}

// What the split charges for input and for output adds up to the whole.
func TestSplitAddsUp(t *testing.T) {
	c, err := At(Plan{PerHour: perHour(t, "1.23"), Utilisation: 0.5},
		Rates{Requests: Estimate{7, 7, 7}, Tokens: Estimate{900, 900, 900}, Input: Estimate{550, 550, 550}, Output: Estimate{290, 290, 290}, Cached: 60},
		Work{Prefill: 71, Decode: 29})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "dollars per second", c.PerMillionInput.Value*550+c.PerMillionOutput.Value*290, c.PerMillion.Value*900)
}

func TestAtRefuses(t *testing.T) {
	p := perHour(t, "1")
	full := Rates{Requests: Estimate{1, 1, 1}, Tokens: Estimate{1, 1, 1}}
	for _, u := range []float64{0, -1, 1.01, math.NaN(), math.Inf(1)} {
		if _, err := At(Plan{PerHour: p, Utilisation: u}, full, Work{}); !errors.Is(err, ErrUtilisation) {
			t.Errorf("utilisation %v: %v", u, err)
		}
	}
	if _, err := At(Plan{PerHour: p, Utilisation: 1}, Rates{}, Work{}); !errors.Is(err, ErrNoTokens) {
		t.Errorf("nothing delivered: %v", err)
	}
	c, err := At(Plan{PerHour: p, Utilisation: 1}, full, Work{})
	if err != nil || c.Split {
		t.Errorf("without work: split %v, %v", c.Split, err)
	}
}

func TestCostWithoutUpperEnd(t *testing.T) {
	e, err := AsRun(perHour(t, "3.6"), Estimate{100, 0, 200})
	if err != nil || !math.IsInf(e.High, 1) {
		t.Errorf("a rate that may be zero: %+v, %v", e, err)
	}
	near(t, "as run", e.Value, 10)
}
