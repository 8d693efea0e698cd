package capacity

import (
	"math"
	"time"

	"github.com/assaylab/assay/analysis/money"
)

// cents is the decimal places that amounts are paid to.
const cents = 2

// payment is what one unit costs in one month.
type payment struct {
	month   int
	amount  money.Amount
	capital bool
}

// bill is all that follows from one unit of an option, in service from the beginning of a month.
type bill struct {
	payments []payment
	worth    money.Amount // of what is left of it, at the beginning of month end
	end      int
	due      money.Amount // after the last month
}

// calendar is what dates come to.
type calendar struct {
	now    time.Time
	firsts []time.Time // of the months
}

func (p *Problem) calendar() calendar {
	c := calendar{now: p.Now}
	for _, m := range p.Months {
		c.firsts = append(c.firsts, m.First)
	}
	return c
}

// by is the last day to order what is to serve from the first of a month; today for what comes at once in the
// month that has begun.
func (c calendar) by(o *Option, month int) time.Time {
	if day := c.firsts[month].AddDate(0, 0, -o.LeadDays); day.After(c.now) {
		return day
	}
	return c.now
}

// earliest is the first month that an option can serve in if it is ordered today, all of it, or what is left of it where it
// comes at once; len(firsts) where it comes after the last.
func (c calendar) earliest(o *Option) int {
	ready := c.now.AddDate(0, 0, o.LeadDays)
	for m, first := range c.firsts {
		if !first.Before(ready) || o.LeadDays == 0 && first.AddDate(0, 1, 0).After(c.now) {
			return m
		}
	}
	return len(c.firsts)
}

// holding is the month that a day is in; 0 for days before the first.
func (c calendar) holding(day time.Time) int {
	month := 0
	for m, first := range c.firsts {
		if !first.After(day) {
			month = m
		}
	}
	return month
}

// billOf is the bill of one unit of what is bought or reserved.
func (p *Problem) billOf(c calendar, o *Option, start int) bill {
	if o.Kind == Own {
		return owned(c, o, start)
	}
	return p.reserved(o, start)
}

func owned(c calendar, o *Option, start int) bill {
	months := len(c.firsts)
	paid := start
	if o.PaidAtOrder {
		paid = c.holding(c.by(o, start))
	}
	b := bill{payments: []payment{{paid, o.Price.Round(cents), true}}, end: min(months, start+o.Months)}
	for m := start; m < b.end; m++ {
		b.payments = append(b.payments, payment{m, o.monthly(), false})
	}
	b.worth = o.worth(b.end - start)
	return b
}

// worth is that of an owned unit after months of use, at most Months.
func (o *Option) worth(months int) money.Amount {
	lost := (1 - o.Residual) * float64(months) / float64(o.Months)
	return o.Price.Times(1 - lost).Round(cents)
}

func (p *Problem) reserved(o *Option, start int) bill {
	months := len(p.Months)
	b := bill{end: min(months, start+o.Months), worth: money.Zero(o.Price.Currency())}
	upfront := o.Price.Mul(int64(o.Months)).Times(o.Upfront).Round(cents)
	monthly := o.monthly()
	b.payments = append(b.payments, payment{start, upfront, false})
	for m := start; m < b.end; m++ {
		b.payments = append(b.payments, payment{m, monthly, false})
	}
	if after := start + o.Months - months; after > 0 {
		b.due = monthly.Mul(int64(after))
		b.worth = o.Price.Mul(int64(after)).Times(o.Upfront * (1 - p.Tail)).Round(cents)
	}
	return b
}

// sunk is the present value of what holdings still cost, whatever is decided.
func (p *Problem) sunk() float64 {
	sum := 0.0
	for _, h := range p.Holdings {
		for t := h.From; t < min(h.Until, len(p.Months)); t++ {
			sum += p.option(h.Option).monthly().Mul(int64(h.Units)).Float() * p.factor(t)
		}
	}
	return sum
}

// monthly is what a unit that is there costs a month.
func (o *Option) monthly() money.Amount {
	if o.Kind == Hold {
		return o.Price.Times(1 - o.Upfront).Round(cents)
	}
	return o.Upkeep.Round(cents)
}

// factor is what one at the beginning of a month is worth today.
func (p *Problem) factor(month int) float64 {
	return math.Pow(1+p.Discount, -float64(month)/12)
}

// present is the present value of a bill.
func (p *Problem) present(b bill) float64 {
	sum := 0.0
	for _, x := range b.payments {
		sum += x.amount.Float() * p.factor(x.month)
	}
	return sum - b.worth.Float()*p.factor(b.end) + p.Tail*b.due.Float()*p.factor(len(p.Months))
}
