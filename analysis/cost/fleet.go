package cost

import (
	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/price"
)

// AtUse is the price per million tokens on a machine that is used to a share of its
// capacity.
type AtUse struct {
	Use        float64
	PerMillion Estimate
}

// ByUse prices tokens at each utilisation: half the use is twice the price.
func ByUse(perHour money.Amount, tokens Estimate, uses []float64) []AtUse {
	all := make([]AtUse, len(uses))
	for i, u := range uses {
		all[i] = AtUse{u, priceOf(perHour, million, u, 1, tokens)}
	}
	return all
}

// Fleet is replicas that carry load, and spares that stand by for those that fail.
type Fleet struct {
	Replicas, Spares int
	Use              float64 // of the replicas' capacity, 0 to 1
}

// Bill is what a fleet costs in a month, in parts that sum to Total exactly.
type Bill struct {
	Work   money.Amount // the used share of the replicas
	Idle   money.Amount // the rest of them
	Spares money.Amount // whole, as they carry nothing that the replicas could not
	Total  money.Amount
}

// Month is the bill of a fleet of machines of a price.
func (f Fleet) Month(perHour money.Amount) Bill {
	one := perHour.Mul(price.HoursPerMonth)
	replicas := one.Mul(int64(f.Replicas))
	b := Bill{Work: replicas.Times(f.Use), Spares: one.Mul(int64(f.Spares))}
	b.Idle = replicas.Sub(b.Work)
	b.Total = replicas.Add(b.Spares)
	return b
}
