package capacity

import (
	"math"
	"testing"
)

// naive is the least score of a problem, by trying every order of up to most units in every month and, in every bin, every number of rented
// units. It shares nothing with the solver but the types: it counts money in floats and dates by the day.
type naive struct {
	p      *Problem
	most   int
	signed bool
	months map[[2]int]float64 // by month and replicas held
}

func (n naive) least() float64 {
	best := math.Inf(1)
	for _, signed := range []bool{false, true} {
		n.signed, n.months = signed, map[[2]int]float64{}
		orders := make([][]int, len(n.p.Options))
		for i := range orders {
			orders[i] = make([]int, len(n.p.Months))
		}
		n.each(orders, 0, 0, &best)
	}
	return best
}

func (n naive) each(orders [][]int, option, month int, best *float64) {
	if option == len(orders) {
		*best = min(*best, n.score(orders))
		return
	}
	if month == len(n.p.Months) {
		n.each(orders, option+1, 0, best)
		return
	}
	o := n.p.Options[option]
	commits := o.Kind == Own || o.Kind == Hold
	for units := 0; units <= n.most; units++ {
		if units > 0 && (!commits || units < o.MinUnits || n.late(o, month)) {
			continue
		}
		orders[option][month] = units
		n.each(orders, option, month+1, best)
	}
	orders[option][month] = 0
}

func (n naive) late(o Option, month int) bool {
	return n.p.Now.AddDate(0, 0, o.LeadDays).After(n.p.Months[month].First)
}

func (n naive) pow(month int) float64 {
	return math.Pow(1/(1+n.p.Discount), float64(month)/12)
}

func (n naive) score(orders [][]int) float64 {
	months := len(n.p.Months)
	held, sum := make([]int, months), 0.0
	for _, h := range n.p.Holdings {
		for t := h.From; t < min(h.Until, months); t++ {
			held[t] += h.Units * n.p.option(h.Option).Replicas
			sum += n.pow(t) * float64(h.Units) * n.p.option(h.Option).Upkeep.Float()
		}
	}
	for i, byMonth := range orders {
		o := n.p.Options[i]
		for s, units := range byMonth {
			if units == 0 {
				continue
			}
			sum += float64(units) * n.commitment(o, s)
			for t := s; t < min(months, s+o.Months); t++ {
				held[t] += units * o.Replicas
			}
		}
	}
	for t := range months {
		sum += n.pow(t) * n.month(t, held[t])
	}
	return sum
}

// commitment is the present value of a unit from a month on.
func (n naive) commitment(o Option, s int) float64 {
	months, price, sum := len(n.p.Months), o.Price.Float(), 0.0
	end := min(months, s+o.Months)
	if o.Kind == Own {
		paid := s
		if o.PaidAtOrder {
			order := n.p.Months[s].First.AddDate(0, 0, -o.LeadDays)
			for paid > 0 && n.p.Months[paid].First.After(order) {
				paid--
			}
		}
		for t := s; t < end; t++ {
			sum += o.Upkeep.Float() * n.pow(t)
		}
		used := float64(end-s) / float64(o.Months)
		return sum + price*n.pow(paid) - price*(1-used*(1-o.Residual))*n.pow(end)
	}
	sum = price * float64(o.Months) * o.Upfront * n.pow(s)
	for t := s; t < s+o.Months; t++ {
		if t < months {
			sum += price * (1 - o.Upfront) * n.pow(t)
			continue
		}
		sum += (price*(1-o.Upfront)*n.p.Tail - price*o.Upfront*(1-n.p.Tail)) * n.pow(months)
	}
	return sum
}

func (n naive) month(t, held int) float64 {
	if known, ok := n.months[[2]int{t, held}]; ok {
		return known
	}
	sum, called, rented := 0.0, 0.0, 0.0
	for _, b := range n.p.Months[t].Bins {
		c, api, rent := n.bin(t, held, b)
		sum += c
		called += api
		rented += rent
	}
	for i, billed := range map[int]float64{2: rented, 4: called} {
		if o := n.p.Options[i]; o.Minimum.Sign() > 0 && n.signed && !n.late(o, t) {
			sum += max(0, o.Minimum.Float()-billed)
		}
	}
	n.months[[2]int{t, held}] = sum
	return sum
}

// bin is the least cost of a bin, and what of it the API and rented units get.
func (n naive) bin(t, held int, b Bin) (best, called, rented float64) {
	best = math.Inf(1)
	rent, spot := n.p.Options[2], n.p.Options[3]
	for r := 0; r <= 20; r++ {
		for s := 0; s <= 20; s++ {
			asked := math.Ceil(float64(s)/spot.Availability - 1e-9)
			if r > 0 && (n.late(rent, t) || rent.Minimum.Sign() > 0 && !n.signed || rent.MaxUnits > 0 && r > rent.MaxUnits) || s > 0 && (n.late(spot, t) || asked > float64(spot.MaxUnits)) {
				continue
			}
			replicas := held + r*rent.Replicas + s*spot.Replicas
			over, api, ok := n.over(t, replicas, b)
			hired := b.Hours * float64(r) * rent.Price.Float()
			c := hired + b.Hours*asked*spot.Price.Float()
			if ok && c+over < best-1e-9 {
				best, called, rented = c+over, api, hired
			}
		}
	}
	return best, called, rented
}

// over is what requests above the capacity cost.
func (n naive) over(t, replicas int, b Bin) (sum, called float64, ok bool) {
	r := n.p.PerReplica.Rate.Value
	if b.Rate == 0 || float64(replicas-n.p.Reserve.Spares)*r >= b.Rate*(1+n.p.Reserve.Headroom)-1e-9*r {
		return 0, 0, true
	}
	room := max(0, float64(replicas-n.p.Reserve.Spares)) * r / (1 + n.p.Reserve.Headroom)
	left := b.Rate - room
	api, lesser := n.p.Options[4], n.p.Options[5]
	factor := (1 + lesser.Gain) / lesser.Gain
	degraded := min(left, lesser.Gain*room, lesser.MaxShare*b.Rate/factor)
	limit := api.MaxRate
	if limit == 0 {
		limit = math.Inf(1)
	}
	if n.late(api, t) || api.Minimum.Sign() > 0 && !n.signed {
		limit = 0
	}
	if lesser.Price.Float()*factor > api.Price.Float() {
		degraded = min(degraded, max(0, left-limit))
	}
	if left-degraded > limit+1e-9 {
		return 0, 0, false
	}
	seconds := b.Hours * 3600
	called = (left - degraded) * seconds * api.Price.Float()
	return called + degraded*factor*seconds*lesser.Price.Float(), called, true
}

// The plan is the cheapest one there is.
func TestDecideIsTheOptimum(t *testing.T) {
	solved, ordered := 0, 0
	for seed := range uint64(60) {
		p := small(t, source(seed))
		want := naive{p: p, most: 3}.least()
		plan, err := p.Decide()
		if math.IsInf(want, 1) {
			continue // what more units than the naive search tries could still cover
		}
		if err != nil {
			t.Fatalf("seed %d: %v; there is a plan for %v", seed, err, want)
		}
		payments := 0.0
		for _, m := range plan.Months {
			payments += float64(2 + 2*len(m.Uses))
		}
		got := plan.Score.Float()
		more := false // than the naive search tries
		for _, o := range plan.Orders {
			more = more || o.Units > 3
		}
		if got > want+0.05*payments || got < want-0.05*payments && !more {
			t.Errorf("seed %d: the plan costs %v, the least is %v", seed, got, want)
		}
		if solved++; len(plan.Orders) > 0 {
			ordered++
		}
	}
	t.Logf("%d problems, %d with orders", solved, ordered)
	if solved < 40 || ordered < 15 {
		t.Errorf("%d problems were compared, %d with orders", solved, ordered)
	}
}
