package cost

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/assaylab/assay/analysis/money"
)

// Half the use is twice the price, whatever the interval.
func TestByUse(t *testing.T) {
	all := ByUse(perHour(t, "0.90"), Estimate{1000, 0, 1250}, []float64{1, .5, .1})
	for _, a := range all {
		near(t, "value", a.PerMillion.Value, .25/a.Use)
		near(t, "low", a.PerMillion.Low, .2/a.Use)
		if !math.IsInf(a.PerMillion.High, 1) {
			t.Errorf("a rate that may be zero: %+v", a)
		}
	}
}

// By hand: three machines of $0.50 an hour, one of them a spare, at 60 %.
func TestMonth(t *testing.T) {
	b := Fleet{Replicas: 2, Spares: 1, Use: .6}.Month(perHour(t, "0.50"))
	for name, pair := range map[string][2]money.Amount{
		"work": {b.Work, usd(43800)}, "idle": {b.Idle, usd(29200)}, "spares": {b.Spares, usd(36500)}, "total": {b.Total, usd(109500)},
	} {
		if pair[0].Cmp(pair[1]) != 0 {
			t.Errorf("%s: %s, want %s", name, pair[0], pair[1])
		}
	}
}

func TestMonthSumsExactly(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 1000 {
		f := Fleet{Replicas: 1 + rng.IntN(50), Spares: rng.IntN(4), Use: rng.Float64()}
		b := f.Month(money.New(1+rng.Int64N(1e6), -4, "USD"))
		if b.Work.Add(b.Idle).Add(b.Spares).Cmp(b.Total) != 0 || b.Idle.Sign() < 0 {
			t.Fatalf("%+v: %+v", f, b)
		}
	}
}

// By hand: 90 W at half the capacity of 600 tokens a second is 0.3 J a token, and a
// million of them a twelfth of a kWh: a cent at $0.12.
func TestDeclaredEnergy(t *testing.T) {
	e, err := DeclaredEnergy(90, .5, Estimate{600, 500, 600})
	if err != nil || e.Measured {
		t.Fatalf("%+v, %v", e, err)
	}
	e = e.Priced(usd(12))
	near(t, "joules", e.PerToken.Value, .3)
	near(t, "joules at most", e.PerToken.High, .36)
	near(t, "kWh", e.KWh, 1./12)
	near(t, "dollars", e.PerMillion.Value, .01)
	if _, err := DeclaredEnergy(90, .5, Estimate{}); err == nil {
		t.Error("no tokens")
	}
	m := MeasuredEnergy(Estimate{.3, .2, .4}, "counters").Priced(usd(12))
	near(t, "measured dollars", m.PerMillion.High, .04/3)
	if !m.Measured {
		t.Error("it was measured")
	}
}
