package cost

import (
	"fmt"

	"github.com/assaylab/assay/analysis/internal/words"
	"github.com/assaylab/assay/analysis/money"
)

const joulesPerKWh = 3_600_000

// Energy is what tokens take from the socket or, where only that can be read, from the
// processor.
type Energy struct {
	PerToken   Estimate // joules
	Measured   bool     // else computed from declared watts
	How        string   // one sentence
	PerMillion Estimate // money, none where no price of energy is known
	KWh        float64  // per million tokens
}

// MeasuredEnergy is energy that counters gave, in joules per token.
func MeasuredEnergy(perToken Estimate, counters string) Energy {
	return Energy{PerToken: perToken, Measured: true, KWh: perToken.Value * million / joulesPerKWh,
		How: "Measured: " + counters + ", over the trials, the lab's own share and idle time included."}
}

// DeclaredEnergy is the estimate for a machine that draws the stated watts whatever it
// does, at tokens per second of its capacity and a utilisation.
func DeclaredEnergy(watts, u float64, tokens Estimate) (Energy, error) {
	if !(tokens.Value > 0) {
		return Energy{}, ErrNoTokens
	}
	at := func(rate float64) float64 { return watts / (u * max(rate, 0)) }
	e := Estimate{at(tokens.Value), at(tokens.High), at(tokens.Low)}
	return Energy{PerToken: e, KWh: e.Value * million / joulesPerKWh,
		How: fmt.Sprintf("Estimated, not measured: %s W as declared, drawn at all times, at %s of the capacity.", words.Number(watts), words.Percent(u))}, nil
}

// Priced adds what the energy costs at a price per kWh.
func (e Energy) Priced(perKWh money.Amount) Energy {
	e.PerMillion = e.PerToken.times(perKWh.Mul(million).Per(joulesPerKWh).Float())
	return e
}
