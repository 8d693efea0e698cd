package capacity

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/money"
)

func decide(t testing.TB, p *Problem) *Plan {
	t.Helper()
	plan, err := p.Decide()
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func equal(t testing.TB, name string, got, want money.Amount) {
	t.Helper()
	if got.Cmp(want) != 0 {
		t.Errorf("%s: %s, want %s", name, got, want)
	}
}

func sameCash(a, b Cash) bool {
	amounts := func(c Cash) []money.Amount { return []money.Amount{c.Capex, c.Opex, c.Paid, c.Worth, c.Due, c.Penalty} }
	return slices.EqualFunc(amounts(a), amounts(b), func(a, b money.Amount) bool { return a.Cmp(b) == 0 })
}

// check holds a plan to what is true of every plan: cash sums to the cent, requests sum, capacity covers.
func check(t testing.TB, p *Problem, plan *Plan) {
	t.Helper()
	zero := money.Zero("USD")
	total, npv, orders := Cash{zero, zero, zero, zero, zero, zero}, zero, zero
	for i, m := range plan.Months {
		sum, answered := Cash{zero, zero, zero, m.Cash.Worth, m.Cash.Due, zero}, 0.0
		for _, u := range m.Uses {
			sum.Capex, sum.Opex, sum.Penalty = sum.Capex.Add(u.Capex), sum.Opex.Add(u.Opex), sum.Penalty.Add(u.Penalty)
			answered += u.Requests
			for _, a := range []money.Amount{u.Capex, u.Opex, u.Penalty} {
				if a.Cmp(a.Round(2)) != 0 || a.Sign() < 0 {
					t.Errorf("%s of %s is not in whole cents, or below 0", a.Decimal(), u.Option)
				}
			}
			if u.Kind == Own || u.Kind == Hold {
				continue
			}
			orders = orders.Add(u.Opex)
		}
		sum.Paid = sum.Capex.Add(sum.Opex)
		if !sameCash(sum, m.Cash) {
			t.Errorf("month %d: the uses sum to %v, the month is %v", i, sum, m.Cash)
		}
		if math.Abs(answered-m.Requests) > 1e-6*(1+m.Requests) {
			t.Errorf("month %d: %v of %v requests are answered", i, answered, m.Requests)
		}
		total.add(sum)
		npv = npv.Add(m.NPV)
	}
	if !sameCash(total, plan.Cash) {
		t.Errorf("the months sum to %v, the plan is %v", total, plan.Cash)
	}
	equal(t, "present value", plan.NPV, npv)
	if plan.Bound.Sub(plan.Score).Float() > 0.02*float64(len(plan.Months)*(len(p.Options)+2)) {
		t.Errorf("the score %s is below the bound %s", plan.Score, plan.Bound)
	}
	for _, o := range plan.Orders {
		orders = orders.Add(o.Cost)
	}
	if len(p.Holdings) == 0 {
		equal(t, "orders and what is used", orders, plan.Paid.Add(plan.Due))
	}
}

func TestPlansAddUp(t *testing.T) {
	check(t, base(t), decide(t, base(t)))
	for seed := range uint64(150) {
		p := small(t, source(seed))
		if plan, err := p.Decide(); err == nil {
			check(t, p, plan)
			kept, err := p.Keep(plan)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "the same plan kept", kept.Score, plan.Score)
		}
	}
}

// More demand is never cheaper, nor are replicas that hold less, more in reserve, or fewer options; and what was decided for less demand, kept,
// is never cheaper than what is decided for more. Contracts with a minimum are left out: below it they are used at their price, which
// more demand can make cheaper than it was.
func TestPlansAreMonotone(t *testing.T) {
	for seed := range uint64(150) {
		rng := source(seed)
		p := small(t, rng)
		p.Options[2].Minimum, p.Options[4].Minimum = money.Amount{}, money.Amount{}
		plan, err := p.Decide()
		slower, fewer := *p, *p
		slower.PerReplica = holds(p.PerReplica.Rate.Value * (0.5 + 0.5*rng.Float64()))
		fewer.Options = slices.Delete(slices.Clone(p.Options), 2, 4)
		safer := *p
		safer.Reserve = Reserve{p.Reserve.Headroom + 0.2, p.Reserve.Spares + rng.IntN(2)}
		in := p.Demand(1, 1)
		for name, q := range map[string]*Problem{"demand": in.With(p, 1+rng.Float64()), "slower replicas": &slower, "reserve": &safer, "fewer options": &fewer} {
			more, failed := q.Decide()
			if failed != nil {
				continue
			}
			if err != nil {
				t.Fatalf("seed %d: %s made a plan of none: %v", seed, name, err)
			}
			if plan.Score.Sub(more.Score).Float() > 0.5 {
				t.Errorf("seed %d: with %s the plan costs %s, before %s", seed, name, more.Score, plan.Score)
			}
			for i := range more.Months {
				if more.Months[i].Replicas.Total() < plan.Months[i].Replicas.Total() {
					t.Errorf("seed %d: with %s month %d needs %+v, before %+v", seed, name, i, more.Months[i].Replicas, plan.Months[i].Replicas)
				}
			}
			if kept, err := q.Keep(plan); name != "fewer options" && err == nil && more.Score.Sub(kept.Score).Float() > 0.5 {
				t.Errorf("seed %d: with %s the old orders cost %s, the best ones %s", seed, name, kept.Score, more.Score)
			}
		}
	}
}

// The plan of the base case: what there is until servers come, what comes when, and when it is ordered.
func TestOrderDates(t *testing.T) {
	p := base(t)
	plan := decide(t, p)
	for _, o := range plan.Orders {
		if !o.By.AddDate(0, 0, p.option(o.Option).LeadDays).Equal(o.Service) || o.By.Before(p.Now) || !o.Service.Equal(p.Months[o.Month].First) {
			t.Errorf("order by %s for service on %s", day(o.By), day(o.Service))
		}
		if o.Option == "server" && o.Month < 4 { // 1 January and 112 days are 23 April
			t.Errorf("a server in month %d", o.Month)
		}
	}
	if !slices.ContainsFunc(plan.Notes, func(n string) bool {
		return strings.Contains(n, "server cannot be had before May 2027, 112 days after")
	}) {
		t.Errorf("notes %q", plan.Notes)
	}
	for _, m := range plan.Months[:4] {
		for _, u := range m.Uses {
			if u.Kind == Own {
				t.Errorf("%d servers in %s", u.Units, monthName(m.First))
			}
		}
	}
}

// In the month that has begun, what comes at once is there for the rest of it; what has a lead time is not.
func TestAMonthThatHasBegun(t *testing.T) {
	p := base(t)
	p.Now = date(t, "2027-01-20")
	plan := decide(t, p)
	check(t, p, plan)
	for _, u := range plan.Months[0].Uses {
		if u.Kind == Own || u.Kind == Hold {
			t.Errorf("%s in the month that has begun", u.Option)
		}
	}
	p.Options[1].LeadDays = 0
	p.Options[1].Price = dollars(t, "100")
	plan = decide(t, p)
	if o := plan.Orders[0]; o.Month != 0 || !o.By.Equal(p.Now) {
		t.Errorf("first order %+v", o)
	}
	p.Now = date(t, "2029-01-01")
	if _, err := p.Decide(); err == nil || !strings.Contains(err.Error(), "later than all months") {
		t.Errorf("a plan of the past: %v", err)
	}
}

// With one option for each, the costs are those that one can count.
func TestPaymentsByHand(t *testing.T) {
	p := base(t)
	p.Months, p.Reserve, p.Discount = rates(t, "2027-01-01", 18, 18, 18), Reserve{}, 0
	p.Options = []Option{{Name: "own", Kind: Own, Replicas: 4, Price: dollars(t, "1200"), Upkeep: dollars(t, "10"), Months: 12, Residual: 0.25}}
	plan := decide(t, p)
	check(t, p, plan)
	equal(t, "capital", plan.Capex, dollars(t, "1200"))
	equal(t, "upkeep", plan.Opex, dollars(t, "30"))
	equal(t, "worth after 3 of 12 months", plan.Worth, dollars(t, "975"))
	equal(t, "net", plan.NPV, dollars(t, "255"))
	equal(t, "book after a month", plan.Months[0].Book, dollars(t, "1125"))

	p.Months, p.Discount = rates(t, "2027-01-01", 0, 0, 0, 18), 0.21
	p.Options[0].LeadDays, p.Options[0].PaidAtOrder = 50, true
	plan = decide(t, p)
	equal(t, "paid in February, ordered on 10 February for April", plan.Months[1].Cash.Capex, dollars(t, "1200"))
	equal(t, "upkeep from April on", plan.Months[3].Cash.Opex, dollars(t, "10"))
	equal(t, "discounted by one month of twelve", plan.Months[1].NPV, dollars(t, "1181.09")) // 1200 / 1.21^(1/12)
	p.Months, p.Discount = rates(t, "2027-01-01", 18, 18, 18), 0

	p.Options = []Option{{Name: "held", Kind: Hold, Replicas: 2, Price: dollars(t, "100"), Months: 12, Upfront: 0.4}}
	p.Tail = 0.5
	plan = decide(t, p)
	check(t, p, plan)
	equal(t, "upfront and three months", plan.Paid, dollars(t, "1320")) // 2 units: 2 x 480 and 2 x 3 x 60
	equal(t, "due later", plan.Due, dollars(t, "1080"))
	equal(t, "prepaid and not charged", plan.Worth, dollars(t, "360"))
	equal(t, "net", plan.NPV, dollars(t, "1500")) // 1320 - 360 + 540

	p.Options = []Option{{Name: "rent", Kind: Rent, Replicas: 3, Price: dollars(t, "0.11")}}
	plan = decide(t, p)
	equal(t, "2 units for 730 hours each month", plan.Paid, dollars(t, "481.80"))

	p.Options = []Option{{Name: "api", Kind: API, Price: dollars(t, "0.0001"), Minimum: dollars(t, "5000")}}
	plan = decide(t, p)
	if !slices.Equal(plan.Signed, []string{"api"}) {
		t.Errorf("signed %q", plan.Signed)
	}
	equal(t, "the minimum", plan.Paid, dollars(t, "15000")) // 47,304,000 requests a month are $4,730.40
}

// Degraded requests have a price that nobody pays.
func TestPenaltyIsNotPaid(t *testing.T) {
	p := base(t)
	p.Months, p.Reserve, p.Discount = []Month{{First: date(t, "2027-01-01"), Bins: []Bin{{10, 700}, {12, 44}}}}, Reserve{}, 0
	p.Options = []Option{
		{Name: "rent", Kind: Rent, Replicas: 1, Price: dollars(t, "10"), MaxUnits: 2},
		{Name: "lesser", Kind: Degrade, Price: dollars(t, "0.001"), Gain: 0.5, MaxShare: 0.6},
	}
	plan := decide(t, p)
	check(t, p, plan)
	equal(t, "two units, always", plan.Paid, dollars(t, "14880"))
	equal(t, "2 more a second are 6 degraded", plan.Penalty, dollars(t, "950.40")) // 6 x 44 x 3600 x $0.001
	equal(t, "present value without it", plan.NPV, plan.Paid)
	equal(t, "score with it", plan.Score, plan.Paid.Add(plan.Penalty))
}

// No more than the stated share of an hour is degraded, and no more than the lesser arm gains.
func TestDegradeIsBounded(t *testing.T) {
	for _, c := range []struct{ gain, share, most float64 }{{0.5, 0.3, 1}, {0.05, 1, 0.5}} {
		p := base(t)
		p.Reserve, p.Discount = Reserve{}, 0
		p.Options = []Option{
			{Name: "rent", Kind: Rent, Replicas: 1, Price: dollars(t, "10"), MaxUnits: 2},
			{Name: "lesser", Kind: Degrade, Price: dollars(t, "0.001"), Gain: c.gain, MaxShare: c.share},
		}
		// x more a second are x (1 + g) / g degraded: of 10 + x requests at most a share, and x at most g x 10.
		for _, over := range []float64{0.9, 1.2} {
			p.Months = rates(t, "2027-01-01", 10+over*c.most)
			if c.share < 1 {
				p.Months = rates(t, "2027-01-01", 10+over*10/(3/c.share-1))
			}
			if _, err := p.Decide(); (err == nil) != (over < 1) {
				t.Errorf("%+v, %v times as much above the capacity: %v", c, over, err)
			}
		}
	}
}

func TestInfeasible(t *testing.T) {
	none := (*Infeasible)(nil)
	p := base(t)
	p.Options = p.Options[:1]
	_, err := p.Decide()
	if !errors.As(err, &none) || !strings.Contains(err.Error(), "20 requests per second in January 2027 need 6 replicas with 1 replica spare, and of those at most 0 can be owned or reserved by then; server comes in May 2027") {
		t.Errorf("before the servers come: %v", err)
	}
	p = base(t)
	p.Options = []Option{{Name: "few", Kind: Rent, Replicas: 1, Price: dollars(t, "1"), MaxUnits: 12}, {Name: "slow api", Kind: API, Price: dollars(t, "1"), MaxRate: 4}}
	_, err = p.Decide()
	if !errors.As(err, &none) || !strings.Contains(err.Error(), "of few there are at most 12 units; slow api takes at most 4 requests per second") {
		t.Errorf("too few: %v", err)
	}
	p = base(t)
	p.PerReplica = PerReplica{}
	if _, err := p.Decide(); !errors.As(err, &none) {
		t.Errorf("replicas that hold nothing: %v", err)
	}
	p = base(t)
	plan := decide(t, p)
	p.Options[0].LeadDays, p.Options[1].LeadDays = 4000, 4000
	if _, err := p.Keep(plan); !errors.As(err, &none) {
		t.Errorf("orders that come too late: %v", err)
	}
}

func TestProblemRefuses(t *testing.T) {
	for want, change := range map[string]func(p *Problem){
		"no months":                     func(p *Problem) { p.Months = nil },
		"month 3 begins on":             func(p *Problem) { p.Months = slices.Delete(p.Months, 2, 3) },
		"first day of a month":          func(p *Problem) { p.Months = rates(t, "2027-01-02", 1) },
		"-1 requests per second":        func(p *Problem) { p.Months[3].Bins[0].Rate = -1 },
		"in 800 hours":                  func(p *Problem) { p.Months[3].Bins[0].Hours = 800 },
		"discount rate NaN":             func(p *Problem) { p.Discount = math.NaN() },
		"after the last month 2":        func(p *Problem) { p.Tail = 2 },
		"headroom -1":                   func(p *Problem) { p.Reserve.Headroom = -1 },
		"is there twice":                func(p *Problem) { p.Options[1].Name = "server" },
		"currencies USD and EUR":        func(p *Problem) { p.Options[2].Price = money.New(1, 0, "EUR") },
		"EUR are mixed":                 func(p *Problem) { p.Options[0].Upkeep = money.New(1, 0, "EUR") },
		"\"server\" (own): price -1":    func(p *Problem) { p.Options[0].Price = money.New(-1, 0, "USD") },
		"with a currency":               func(p *Problem) { p.Options[0].Price = money.Amount{} },
		"0 replicas on a unit":          func(p *Problem) { p.Options[2].Replicas = 0 },
		"0 months":                      func(p *Problem) { p.Options[1].Months = 0 },
		"residual value 2":              func(p *Problem) { p.Options[0].Residual = 2 },
		"lead time of -1 days":          func(p *Problem) { p.Options[0].LeadDays = -1 },
		"spread 2 to 3":                 func(p *Problem) { p.Options[0].Spread = Spread{2, 3} },
		"5 to 4 units":                  func(p *Problem) { p.Options[0].MinUnits, p.Options[0].MaxUnits = 5, 4 },
		"its kind: expected \"own\"":    func(p *Problem) { p.Options[0].Kind = "lease" },
		"holding of \"nothing\"":        func(p *Problem) { p.Holdings = []Holding{{Option: "nothing", Units: 1, Until: 1}} },
		"0 units in months [0, 1)":      func(p *Problem) { p.Holdings = []Holding{{Option: "server", Until: 1}} },
		"(spot): availability 0":        func(p *Problem) { p.Options[2].Kind = Spot },
		"need 22001 replicas of 5 each": func(p *Problem) { p.Months[2].Bins[0].Rate, p.Reserve.Headroom = 110_000, 0 },
		"(degrade): gain 0":             func(p *Problem) { p.Options[3].Kind = Degrade },
		"(api): rate limit -1":          func(p *Problem) { p.Options[3].MaxRate = -1 },
	} {
		p := base(t)
		change(p)
		if _, err := p.Decide(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// What an hour costs is the same in one pass over all numbers of replicas as number by number.
func TestCoveredIsTheBest(t *testing.T) {
	compared := 0
	for seed := range uint64(200) {
		p := small(t, source(seed))
		p.Options[2].MaxUnits, p.Options[3].Kind = 0, Rent
		p.Options[3].MaxUnits, p.Options[3].Replicas = 0, 1+int(seed%3)
		d := p.dispatch(p.calendar(), len(p.Months)-1, 30, 0)
		for _, b := range p.Months[0].Bins {
			spills := d.spills(b.Rate)
			for there, got := range d.covered(spills) {
				if _, want := d.best(spills, there); math.Abs(got-want) > 1e-9 && got != want {
					t.Fatalf("seed %d: with %d replicas %v, want %v", seed, there, got, want)
				}
				compared++
			}
		}
		p.Options[3].MaxUnits = 2
		if d := p.dispatch(p.calendar(), len(p.Months)-1, 30, 0); d.covered(d.spills(1)) != nil {
			t.Fatal("limited units are covered as if they were not")
		}
	}
	if compared < 1000 {
		t.Errorf("only %d were compared", compared)
	}
}

// Rented units are the cheapest that carry so many replicas.
func TestHireIsTheCheapest(t *testing.T) {
	for seed := range uint64(60) {
		rng := source(seed)
		p := small(t, rng)
		h := newHire(p.Options, []int{2, 3}, 14)
		rent, spot := &p.Options[2], &p.Options[3]
		for n := range 15 {
			want := math.Inf(1)
			for a := 0; a <= 14 && (rent.MaxUnits == 0 || a <= rent.MaxUnits); a++ {
				for b := 0; b <= 14 && spot.asked(b) <= spot.MaxUnits; b++ {
					if a*rent.Replicas+b >= n {
						want = min(want, float64(a)*rent.Price.Float()+float64(spot.asked(b))*spot.Price.Float())
					}
				}
			}
			got := h.cost(n)
			if got != want && math.Abs(got-want) > 1e-9 {
				t.Fatalf("seed %d: %d replicas cost %v, the least is %v", seed, n, got, want)
			}
			if math.IsInf(got, 1) {
				continue
			}
			sum, carried := 0.0, 0
			for i, u := range h.units(n) {
				sum += float64(u.paid) * p.Options[i].Price.Float()
				carried += u.replicas
			}
			if math.Abs(sum-got) > 1e-9 || carried < n {
				t.Fatalf("seed %d: %d replicas: units carry %d for %v, not %v", seed, n, carried, sum, got)
			}
		}
	}
}
