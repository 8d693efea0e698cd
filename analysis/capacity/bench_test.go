package capacity

import (
	"math"
	"testing"
)

// large is 18 months of 48 bins each, with peaks that need some 200 replicas.
func large(t testing.TB) *Problem {
	p := base(t)
	for i := range p.Months {
		peak := 300 * math.Pow(1.06, float64(i))
		p.Months[i].Bins = nil
		for k := range 48 {
			p.Months[i].Bins = append(p.Months[i].Bins, Bin{Rate: peak * math.Exp(-float64(k)/20), Hours: 15})
		}
	}
	return p
}

func BenchmarkDecide(b *testing.B) {
	for name, p := range map[string]*Problem{"base": base(b), "large": large(b)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				decide(b, p)
			}
		})
	}
}

// A plan for hundreds of replicas is proved to be the cheapest, too.
func TestLargePlanIsProved(t *testing.T) {
	p := large(t)
	plan := decide(t, p)
	check(t, p, plan)
	if gap := plan.Score.Sub(plan.Bound).Float(); math.Abs(gap) > 1 {
		t.Errorf("the plan costs %s, the bound is %s; %q", plan.Score, plan.Bound, plan.Notes)
	}
	t.Logf("%s, %d orders, peak of %d replicas", plan.Score, len(plan.Orders), plan.Months[17].Replicas.Total())
}
