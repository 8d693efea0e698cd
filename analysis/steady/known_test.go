package steady

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// known are answers of other programs: scipy, pymannkendall, pyhomogeneity and diptest,
// whose versions are in the file.
type known struct {
	Series []struct {
		Name                  string
		Values                []float64
		S, Variance, P, Slope float64
		HamedRaoVariance      float64 `json:"hamed_rao_variance"`
		HamedRaoP             float64 `json:"hamed_rao_p"`
		PettittK              float64 `json:"pettitt_k"`
		PettittAt             int     `json:"pettitt_at"`
		KendallTau            float64 `json:"kendall_tau"`
		TheilSen              float64 `json:"theil_sen"`
	}
	Dips []struct {
		Name   string
		Values []float64
		Dip, P float64
	}
}

func readKnown(t *testing.T) (k known) {
	t.Helper()
	text, err := os.ReadFile("testdata/known.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &k); err != nil {
		t.Fatal(err)
	}
	if len(k.Series) < 5 || len(k.Dips) < 8 {
		t.Fatalf("only %d series and %d samples are in the file", len(k.Series), len(k.Dips))
	}
	return k
}

func TestMannKendallKnownAnswers(t *testing.T) {
	for _, k := range readKnown(t).Series {
		plain := mannKendall(k.Values, func([]float64) float64 { return 1 })
		near(t, k.Name+": S", plain.S, k.S)
		near(t, k.Name+": variance", plain.Variance, k.Variance)
		near(t, k.Name+": p", plain.P, k.P)
		near(t, k.Name+": slope", plain.Slope, k.Slope)
		near(t, k.Name+": slope of Theil and Sen", plain.Slope, k.TheilSen)
		rao := mannKendall(k.Values, significantRanks)
		near(t, k.Name+": variance of Hamed and Rao", rao.Variance, k.HamedRaoVariance)
		near(t, k.Name+": p of Hamed and Rao", rao.P, k.HamedRaoP)
		if own := MannKendall(k.Values); own.P < plain.P || own.P < rao.P {
			t.Errorf("%s: p is %v, expected no less than %v and %v", k.Name, own.P, plain.P, rao.P)
		}
	}
}

func TestPettittKnownAnswers(t *testing.T) {
	for _, k := range readKnown(t).Series {
		s := Pettitt(k.Values)
		near(t, k.Name+": K", s.K, k.PettittK)
		if s.At != k.PettittAt {
			t.Errorf("%s: jump after %d values, want %d", k.Name, s.At, k.PettittAt)
		}
	}
}

func TestDipKnownAnswers(t *testing.T) {
	for _, k := range readKnown(t).Dips {
		near(t, k.Name, Dip(k.Values), k.Dip)
	}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9*max(1, math.Abs(want)) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}
