package capacity

// program is the decision without names: how many units of what to have from which month on, so that
// their cost and that of the months without them is least.
type program struct {
	months int
	starts []start
	// without[t][j] is the cost of month t with j lots of replicas beyond those that are there anyway. It never rises with j, and
	// is infinite where the month cannot be covered so.
	without [][]float64
}

// start is an option in service from a month on.
type start struct {
	option      int
	from, until int     // months
	lots        int     // that a unit carries
	cost        float64 // of a unit
	least, most int     // units of an order, if there is one
}

// lots is the number of columns of without: at the last one nothing more is ever needed.
func (p *program) lots() int { return len(p.without[0]) }

// value is the cost of a decision: units by start.
func (p *program) value(units []int) float64 {
	sum := 0.0
	for i, n := range units {
		sum += float64(n) * p.starts[i].cost
	}
	for t, held := range p.held(units) {
		sum += p.without[t][min(held, p.lots()-1)]
	}
	return sum
}

// held are the lots of a decision by month.
func (p *program) held(units []int) []int {
	held := make([]int, p.months)
	for i, n := range units {
		for t := p.starts[i].from; t < p.starts[i].until; t++ {
			held[t] += n * p.starts[i].lots
		}
	}
	return held
}

// program is the problem without names, given which contracts with a minimum are signed. Replicas
// that are there anyway come with it, by month.
func (p *Problem) program(c calendar, signed uint) (*program, []*dispatch, []int) {
	there := p.there()
	most := 0
	for _, m := range p.Months {
		n, _ := p.PerReplica.Replicas(m.Peak(), p.Reserve)
		most = max(most, n.Total())
	}
	g := &program{months: len(p.Months)}
	lot := p.addStarts(g, c)
	var all []*dispatch
	for t := range p.Months {
		d := p.dispatch(c, t, most, signed)
		all = append(all, d)
		row := make([]float64, (most+lot-1)/lot+1)
		p.month(row, d, t, there[t], lot, signed)
		g.without = append(g.without, row)
	}
	for i := range g.starts {
		s := &g.starts[i]
		s.lots /= lot
		if full := (g.lots()-1)/s.lots + 1; s.most == 0 || s.most > full {
			s.most = max(full, s.least)
		}
	}
	return g, all, there
}

// there are the replicas that are held already, by month.
func (p *Problem) there() []int {
	there := make([]int, len(p.Months))
	for _, h := range p.Holdings {
		for t := h.From; t < min(h.Until, len(there)); t++ {
			there[t] += h.Units * p.option(h.Option).Replicas
		}
	}
	return there
}

// addStarts adds what can be bought or reserved in each month, with replicas in place of lots, and
// returns the replicas of a lot: what all units have in common.
func (p *Problem) addStarts(g *program, c calendar) (lot int) {
	for i := range p.Options {
		o := &p.Options[i]
		if o.Kind != Own && o.Kind != Hold {
			continue
		}
		for t := c.earliest(o); t < g.months; t++ {
			b := p.billOf(c, o, t)
			g.starts = append(g.starts, start{option: i, from: t, until: b.end, lots: o.Replicas, cost: p.present(b), least: o.MinUnits, most: o.MaxUnits})
			lot = gcd(lot, o.Replicas)
		}
	}
	return max(lot, 1)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// month fills in the present value of what a month costs beyond what is bought and reserved, by the lots of
// replicas that are there beside those that are there anyway.
func (p *Problem) month(row []float64, d *dispatch, t, there, lot int, signed uint) {
	billed := make([]map[int]float64, len(row))
	for j := range billed {
		billed[j] = map[int]float64{}
	}
	for _, b := range p.Months[t].Bins {
		spills := d.spills(b.Rate)
		covered := d.covered(spills)
		for j := range row {
			if signed == 0 && covered != nil {
				row[j] += covered[min(there+j*lot, len(covered)-1)] * b.Hours
				continue
			}
			hired, cost := d.best(spills, there+j*lot)
			row[j] += cost * b.Hours
			p.bill(billed[j], d, b, there+j*lot, hired)
		}
	}
	for j := range row {
		for i := range p.Options {
			if signed&(1<<i) != 0 && d.has(i) {
				row[j] += max(0, p.Options[i].Minimum.Float()-billed[j][i])
			}
		}
		row[j] *= p.factor(t)
	}
}

// bill adds what a bin costs, by option.
func (p *Problem) bill(billed map[int]float64, d *dispatch, b Bin, there, hired int) {
	over := make([]float64, len(d.over))
	if there+hired < d.needed(b.Rate) {
		d.spill(b.Rate, there+hired, over)
	}
	for i, rate := range over {
		billed[d.over[i].option] += rate * b.Hours * 3600 * d.over[i].price
	}
	for i, u := range d.hire.units(hired) {
		billed[i] += float64(u.paid) * b.Hours * p.Options[i].Price.Float()
	}
}
