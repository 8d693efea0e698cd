package capacity

import (
	"math"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/money"
)

// present is the value today of payments at the beginning of each month, the first one today, at a
// rate per year.
func present(flows []money.Amount, rate float64) money.Amount {
	sum := money.Amount{}
	for m, f := range flows {
		sum = sum.Add(f.Times(math.Pow(1+rate, -float64(m)/12)))
	}
	return sum
}

// payback is the number of months after which a unit that is bought has cost as much as renting one
// would have: hours of each month at an hourly price, against a price and a monthly upkeep. All is
// paid at the beginning of a month and discounted by a rate per year; whatever the unit is worth in the end is left out.
// It is false where the unit never pays back.
func payback(price, upkeep, hourly money.Amount, hours, rate float64) (months float64, ok bool) {
	saved := hourly.Times(hours).Sub(upkeep).Float()
	if saved <= 0 {
		return math.Inf(1), false
	}
	q := math.Pow(1+rate, -1./12)
	if q == 1 {
		return price.Float() / saved, true
	}
	left := 1 - price.Float()*(1-q)/saved
	if left <= 0 {
		return math.Inf(1), false
	}
	return math.Log(left) / math.Log(q), true
}

// Known answers: $100 at once are $100; in a year, at 8 %, $92.59; twelve months of it are those of the formula for annuities.
func TestPresent(t *testing.T) {
	flows := make([]money.Amount, 25)
	for i := range flows {
		flows[i] = money.Zero("USD")
	}
	flows[0] = dollars(t, "100")
	equal(t, "at once", present(flows, 0.08), dollars(t, "100"))
	flows[0], flows[12], flows[24] = money.Zero("USD"), dollars(t, "100"), dollars(t, "100")
	equal(t, "in one and two years", present(flows, 0.08).Round(2), dollars(t, "178.33"))
	equal(t, "at no rate", present(flows, 0), dollars(t, "200"))
	monthly := make([]money.Amount, 12)
	for i := range monthly {
		monthly[i] = dollars(t, "100")
	}
	q := math.Pow(1.08, -1./12)
	if got, want := present(monthly, 0.08).Float(), 100*(1-math.Pow(q, 12))/(1-q); math.Abs(got-want) > 1e-9 {
		t.Errorf("a year of $100 a month is %v, want %v", got, want)
	}
}

func TestPayback(t *testing.T) {
	months, ok := payback(dollars(t, "1000"), dollars(t, "20"), dollars(t, "0.30"), 400, 0)
	if !ok || months != 10 { // 120 less 20 saved a month
		t.Errorf("%v months, %v", months, ok)
	}
	if _, ok := payback(dollars(t, "1000"), dollars(t, "20"), dollars(t, "0.05"), 400, 0); ok {
		t.Error("renting costs no more than upkeep, and buying pays back")
	}
	if _, ok := payback(dollars(t, "1000"), dollars(t, "0"), dollars(t, "0.01"), 400, 0.08); ok {
		t.Error("$4 a month for ever, at 8 %, are $624: they pay back $1,000")
	}
	for _, rate := range []float64{0, 0.05, 0.3} {
		months, _ := payback(dollars(t, "1000"), dollars(t, "20"), dollars(t, "0.30"), 400, rate)
		flows := make([]money.Amount, int(math.Floor(months)))
		for i := range flows {
			flows[i] = dollars(t, "100")
		}
		before, after := present(flows, rate), present(append(flows, dollars(t, "100")), rate)
		if before.Float() > 1000+1e-6 || after.Float() < 1000-1e-6 {
			t.Errorf("at %v: %v months, and the whole months are worth %s", rate, months, before)
		}
	}
}

// One replica all day and night, for a number of months: the program buys exactly where the closed form says that buying pays
// back in them, and the plans' cash crosses in the month that it says.
func TestDecisionAgreesWithPayback(t *testing.T) {
	for _, rate := range []float64{0, 0.08, 0.25} {
		for _, n := range []int{3, 12, 18} {
			p := base(t)
			all := make([]float64, n)
			for i := range all {
				all[i] = 1
			}
			p.Months, p.Reserve, p.Discount = rates(t, "2027-01-01", all...), Reserve{}, rate
			p.Options = []Option{
				{Name: "own", Kind: Own, Replicas: 1, Price: dollars(t, "1000"), Upkeep: dollars(t, "73"), Months: n},
				{Name: "rent", Kind: Rent, Replicas: 1, Price: dollars(t, "0.30")},
			}
			q := math.Pow(1+rate, -1./12)
			saved := 0.30*730 - 73
			worth := saved * float64(n)
			if rate > 0 {
				worth = saved * (1 - math.Pow(q, float64(n))) / (1 - q)
			}
			for factor, want := range map[float64]string{0.999: "own", 1.001: "rent"} {
				p.Options[0].Price = money.New(1, 0, "USD").Times(worth * factor)
				plan := decide(t, p)
				if plan.Mix.Main != want {
					t.Errorf("rate %v, %d months: at %v times the break-even price the plan is %s", rate, n, factor, plan.Mix)
				}
			}
			p.Options[0].Price = money.New(1, 0, "USD").Times(worth / 2)
			buy, rent := decide(t, p), decide(t, p.Only(Rent))
			months, _ := payback(p.Options[0].Price, p.Options[0].Upkeep, p.Options[1].Price, 730, rate)
			if got := buy.Overtakes(rent, rate); got.Paid != int(math.Ceil(months-1e-9))-1 {
				t.Errorf("rate %v, %d months: buying overtakes in month %d, the closed form says after %v", rate, n, got.Paid, months)
			}
		}
	}
}

// Four months in which both rent, then servers; one that never comes out ahead.
func TestOvertakes(t *testing.T) {
	p := base(t)
	p.Discount = 0
	rent, buy := decide(t, p.Only(Rent)), decide(t, p.Only(Own, Rent))
	o := buy.Overtakes(rent, 0)
	sums := make([]float64, len(buy.Months))
	for i := range sums {
		if i > 0 {
			sums[i] = sums[i-1]
		}
		sums[i] += buy.Months[i].Cash.Paid.Float() - rent.Months[i].Cash.Paid.Float()
		if d := sums[i] - buy.Months[i].Book.Float(); o.Worth >= 0 && (d > 1e-6) == (i >= o.Worth) && i >= 4 {
			t.Errorf("month %d: %v more, and buying is ahead from month %d", i, d, o.Worth)
		}
		if o.Paid >= 0 && i >= o.Paid && sums[i] > 1e-6 {
			t.Errorf("month %d: %v more was paid, and buying is ahead from month %d", i, sums[i], o.Paid)
		}
	}
	if sums[3] != 0 || o.Worth < 4 || o.Paid >= 0 && (o.Paid < o.Worth || sums[o.Paid-1] <= 0) {
		t.Errorf("%+v, more paid by month: %v", o, sums)
	}
	if got := rent.Overtakes(rent, 0); got != (Overtaking{-1, -1}) {
		t.Errorf("a plan overtakes itself: %+v", got)
	}
	t.Logf("buying overtakes renting: %+v", o)
}

// Each bar of the tornado is what the two plans say, and thresholds are where the closed form has them.
func TestTornado(t *testing.T) {
	p := base(t)
	plan := decide(t, p)
	inputs := []Input{p.Demand(0.8, 1.5), p.Throughput(), p.DiscountRate(0.5, 2), p.Residual("server", 0, 2), p.LeadTime("server", 0.5, 2)}
	inputs[3].Low = 0.01
	for _, o := range p.Options {
		inputs = append(inputs, p.Price(o.Name))
	}
	effects, err := p.Tornado(plan, inputs, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range effects {
		if i > 0 && e.Swing() > effects[i-1].Swing() {
			t.Errorf("%s swings more than %s", e.Input, effects[i-1].Input)
		}
		if strings.HasPrefix(e.Input, "price") && e.Low.NPV.Sub(plan.NPV).Float() > 1 || strings.HasPrefix(e.Input, "price") && plan.NPV.Sub(e.High.NPV).Float() > 1 {
			t.Errorf("%s: %s at the low end, %s planned, %s at the high one", e.Input, e.Low.NPV, plan.NPV, e.High.NPV)
		}
	}
	if effects[0].Swing() == 0 || len(effects) != len(inputs) {
		t.Errorf("effects %+v", effects)
	}
	unsure := *p
	unsure.PerReplica.Rate.Low = 0
	if e, err := unsure.Effect(plan, unsure.Throughput(), 1); err != nil || e.Low.Infeasible == "" || e.High.Infeasible != "" {
		t.Errorf("a rate that may be 0: %+v, %v", e, err)
	}
	best, worst := decide(t, p.Extreme(true)), decide(t, p.Extreme(false))
	if best.NPV.Cmp(plan.NPV) > 0 || plan.NPV.Cmp(worst.NPV) > 0 {
		t.Errorf("best %s, planned %s, worst %s", best.NPV, plan.NPV, worst.NPV)
	}
	for _, bad := range []Input{{Name: "x", Low: 0, High: 1}, {Name: "x", Low: 0.5, High: 0.9}, {Name: "x", Low: 2, High: 3}} {
		if _, err := p.Tornado(plan, []Input{bad}, 4); err == nil {
			t.Errorf("an input of %v to %v", bad.Low, bad.High)
		}
	}
	if _, err := p.Tornado(plan, inputs, 0.5); err == nil {
		t.Error("a reach below 1")
	}
}

func TestThresholds(t *testing.T) {
	p := base(t)
	all := make([]float64, 12)
	for i := range all {
		all[i] = 1
	}
	p.Months, p.Reserve, p.Discount = rates(t, "2027-01-01", all...), Reserve{}, 0
	p.Options = []Option{
		{Name: "own", Kind: Own, Replicas: 1, Price: dollars(t, "1000"), Upkeep: dollars(t, "73"), Months: 12},
		{Name: "rent", Kind: Rent, Replicas: 1, Price: dollars(t, "0.30")},
	}
	e, err := p.Effect(decide(t, p), p.Price("own"), 4)
	if err != nil || len(e.Thresholds) != 1 {
		t.Fatalf("%+v, %v", e, err)
	}
	want := 0.30 * 730 * 12 / (1000 + 73*12) // price and upkeep change together
	if got := e.Thresholds[0]; math.Abs(got.Factor/want-1) > 2e-3 || got.To.Mix.Main != "rent" || got.From.Main != "own" || !strings.HasSuffix(got.Value, "for a unit") {
		t.Errorf("threshold %+v, want at %v", got, want)
	}
	few := *p
	few.Options = []Option{{Name: "rent", Kind: Rent, Replicas: 1, Price: dollars(t, "0.30"), MaxUnits: 3}}
	e, err = few.Effect(decide(t, &few), few.Demand(1, 1), 20)
	if err != nil || len(e.Thresholds) != 1 || e.Thresholds[0].To.Infeasible == "" || math.Abs(e.Thresholds[0].Factor/15-1) > 2e-3 {
		t.Errorf("demand that cannot be covered: %+v, %v", e, err)
	}
}
