package capacity

import (
	"cmp"
	"math"
	"slices"
)

// dispatch covers what is above the replicas that are owned or reserved, hour by hour, at least cost:
// with rented units, and with what takes requests away.
type dispatch struct {
	perReplica float64 // requests per second at which a replica holds the limits
	each       float64 // of expected demand for each serving replica: less than that by the headroom
	reserve    Reserve
	hire       *hire
	over       []overflow // the cheapest first
}

// overflow takes requests that no replica has room for.
type overflow struct {
	option  int
	price   float64 // of a request above the capacity
	billed  float64 // requests that are paid for by request above the capacity
	maxRate float64 // requests per second, +Inf for no limit
	gain    float64 // of degrading; 0 of an API
	share   float64 // of an hour's requests that may be degraded
}

// hour is how an hour is covered.
type hour struct {
	needed int       // replicas
	hired  int       // replicas asked of hire
	over   []float64 // requests per second, in the order of dispatch.over
	cost   float64
}

// dispatch of the options that can be had in a month. Contracts with a minimum are used at their price like any
// other, though what is below the minimum is paid for anyway: they are signed where that pays all the same.
func (p *Problem) dispatch(c calendar, month, most int, signed uint) *dispatch {
	r := p.PerReplica.Rate.Value
	d := &dispatch{perReplica: r, each: r / (1 + p.Reserve.Headroom), reserve: p.Reserve}
	var rented []int
	for i := range p.Options {
		o := &p.Options[i]
		if c.earliest(o) > month || o.Minimum.Sign() > 0 && signed&(1<<i) == 0 {
			continue
		}
		switch o.Kind {
		case Rent, Spot:
			rented = append(rented, i)
		case API:
			d.over = append(d.over, overflow{option: i, price: o.Price.Float(), billed: 1, maxRate: unlessZero(o.MaxRate)})
		case Degrade:
			billed := (1 + o.Gain) / o.Gain
			d.over = append(d.over, overflow{option: i, price: o.Price.Float() * billed, billed: billed, gain: o.Gain, share: o.MaxShare, maxRate: math.Inf(1)})
		}
	}
	slices.SortStableFunc(d.over, func(a, b overflow) int { return cmp.Compare(a.price, b.price) })
	d.hire = newHire(p.Options, rented, most)
	return d
}

// has says whether an option can be had.
func (d *dispatch) has(option int) bool {
	return slices.Contains(d.hire.rented, option) || slices.ContainsFunc(d.over, func(o overflow) bool { return o.option == option })
}

// unlessZero is a limit, none where it is 0.
func unlessZero(limit float64) float64 {
	if limit == 0 {
		return math.Inf(1)
	}
	return limit
}

// needed is how many replicas a rate needs, spares included.
func (d *dispatch) needed(rate float64) int {
	if rate == 0 {
		return 0
	}
	return whole(rate*(1+d.reserve.Headroom), d.perReplica) + d.reserve.Spares
}

// hour covers a rate with so many replicas there, at least cost. Of equals the one with more
// replicas is taken. It is false where the rate cannot be covered.
func (d *dispatch) hour(rate float64, there int) (hour, bool) {
	h := hour{needed: d.needed(rate)}
	h.hired, h.cost = d.best(d.spills(rate), there)
	if math.IsInf(h.cost, 1) {
		return h, false
	}
	if there+h.hired < h.needed {
		h.over = make([]float64, len(d.over))
		d.spill(rate, there+h.hired, h.over)
	}
	return h, true
}

// best is how many replicas to rent in an hour beside those that are there, and what the hour then costs. Spills
// are what is above the capacity of each number of replicas, up to those needed.
func (d *dispatch) best(spills []float64, there int) (hired int, cost float64) {
	cost = math.Inf(1)
	needed := len(spills) - 1
	for n := max(0, needed-there); n >= 0; n-- {
		if c := d.hire.cost(n) + spills[min(there+n, needed)]; c < cost {
			hired, cost = n, c
		}
	}
	return hired, cost
}

// spills are what an hour's requests above the capacity cost, by the replicas there are, up to those needed.
func (d *dispatch) spills(rate float64) []float64 {
	all := make([]float64, d.needed(rate)+1)
	for n := range len(all) - 1 {
		all[n] = d.spill(rate, n, nil)
	}
	return all
}

// spill gives what is above the capacity of too few replicas to the cheapest that take it, and returns what
// an hour of it costs: +Inf where they do not take all. What each takes is written to over, unless that is nil.
func (d *dispatch) spill(rate float64, replicas int, over []float64) (cost float64) {
	room := d.each * float64(max(0, replicas-d.reserve.Spares))
	left := rate - room
	for i, o := range d.over {
		if left <= slack*d.each {
			return cost
		}
		take := min(left, o.maxRate)
		if o.gain > 0 {
			take = min(left, o.gain*room, o.share*rate/o.billed)
		}
		if over != nil {
			over[i] = take
		}
		cost += take * 3600 * o.price
		left -= take
	}
	if left > slack*d.each {
		return math.Inf(1)
	}
	return cost
}

// hire is the cheapest way to rent at least so many replicas for an hour, for each number of them.
type hire struct {
	options []Option
	costs   []float64
	picks   [][]int // by rented option and number of replicas: the units taken of it
	rented  []int   // indexes of options
	prices  []float64
}

func newHire(options []Option, rented []int, most int) *hire {
	h := &hire{options: options, rented: rented, costs: make([]float64, most+1)}
	for n := 1; n <= most; n++ {
		h.costs[n] = math.Inf(1)
	}
	for i := range options {
		h.prices = append(h.prices, options[i].Price.Float())
	}
	for _, i := range rented {
		h.add(&options[i])
	}
	return h
}

// add has another option.
func (h *hire) add(o *Option) {
	costs, picks, price := make([]float64, len(h.costs)), make([]int, len(h.costs)), o.Price.Float()
	for n := range costs {
		costs[n] = h.costs[n]
		if before := max(0, n-o.Replicas); o.unlimited() {
			if c := costs[before] + price; n > 0 && c < costs[n] {
				costs[n], picks[n] = c, picks[before]+1
			}
			continue
		}
		for units := 1; units <= (n+o.Replicas-1)/o.Replicas && (o.MaxUnits == 0 || o.asked(units) <= o.MaxUnits); units++ {
			c := h.costs[max(0, n-units*o.Replicas)] + float64(o.asked(units))*price
			if c < costs[n] {
				costs[n], picks[n] = c, units
			}
		}
	}
	h.costs, h.picks = costs, append(h.picks, picks)
}

// unlimited says whether each further rented unit costs the same, and can be had.
func (o *Option) unlimited() bool { return o.Kind == Rent && o.MaxUnits == 0 }

// covered is what best comes to for every number of replicas that are there, up to those needed. It is not known so, and nil,
// where units are limited.
func (d *dispatch) covered(spills []float64) []float64 {
	all := slices.Clone(spills)
	for n := len(all) - 1; n >= 0; n-- {
		for _, i := range d.hire.rented {
			o := &d.hire.options[i]
			if !o.unlimited() {
				return nil
			}
			all[n] = min(all[n], d.hire.prices[i]+all[min(n+o.Replicas, len(all)-1)])
		}
	}
	return all
}

// asked is how many units have to be asked for, so that so many are there on average.
func (o *Option) asked(units int) int {
	if o.Kind != Spot {
		return units
	}
	return int(math.Ceil(float64(units)/o.Availability - slack))
}

func (h *hire) cost(replicas int) float64 {
	if replicas >= len(h.costs) {
		return math.Inf(1)
	}
	return h.costs[replicas]
}

// units are those paid for, by option, and the replicas they carry.
func (h *hire) units(replicas int) map[int]hiredUnits {
	taken := map[int]hiredUnits{}
	for k := len(h.rented) - 1; k >= 0; k-- {
		o := &h.options[h.rented[k]]
		n := h.picks[k][replicas]
		if n > 0 {
			taken[h.rented[k]] = hiredUnits{o.asked(n), n * o.Replicas}
		}
		replicas = max(0, replicas-n*o.Replicas)
	}
	return taken
}

type hiredUnits struct{ paid, replicas int }
