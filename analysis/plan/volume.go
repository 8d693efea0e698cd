package plan

import (
	"fmt"
	"math"

	"github.com/assaylab/assay/analysis/capacity"
	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/price"
)

// volume draws each option alone over two decades of volume about what the plan serves.
func (o *Outlook) volume(best *ArmPlan) Volume {
	tokens := o.Demand.Input + o.Demand.Output
	months := best.Plan.Months
	v := Volume{}
	if tokens <= 0 {
		v.Note = "Tokens of a request are not known."
		return v
	}
	million := func(m capacity.MonthPlan) float64 { return m.Requests * tokens / 1e6 }
	v.First, v.Last = million(months[0]), million(months[len(months)-1])
	low, high := min(v.First, v.Last)/30, max(v.First, v.Last)*10
	use := busiest(best.Problem.Months)
	v.Note = fmt.Sprintf("Machines are for the busiest hour with headroom and spares: over a month %s of what they carry within the limits is used, as in the demand that is planned for.", percent(use/(1+o.Reserve.Headroom)))
	for i := range best.Problem.Options {
		opt := &best.Problem.Options[i]
		if line, ok := o.line(best, opt, use, low, high); ok {
			v.Lines = append(v.Lines, line)
		}
	}
	v.Breaks = o.breaks(best, use, v.Last)
	return v
}

// busiest is the mean demand of all months by that of their busiest hours.
func busiest(months []capacity.Month) float64 {
	requests, room := 0.0, 0.0
	for _, m := range months {
		hours := 0.0
		for _, b := range m.Bins {
			hours += b.Hours
		}
		requests, room = requests+m.Requests(), room+m.Peak()*hours*3600
	}
	if room == 0 {
		return 1
	}
	return requests / room
}

// line is an option's cost by volume.
func (o *Outlook) line(best *ArmPlan, opt *capacity.Option, use, low, high float64) (VolumeLine, bool) {
	l := VolumeLine{Option: opt.Name, Kind: opt.Kind}
	switch opt.Kind {
	case capacity.Own, capacity.Hold:
		l.Points = stairs(o.staircase(best, opt, use, best.PerReplica.Rate.Value), low, high)
	case capacity.Rent:
		for _, v := range spaced(low, high) {
			l.Points = append(l.Points, VolumePoint{v, o.rented(best, opt, v)})
		}
	case capacity.API:
		for _, v := range spaced(low, high) {
			c := opt.Price.Float() * v * 1e6 / (o.Demand.Input + o.Demand.Output)
			l.Points = append(l.Points, VolumePoint{v, max(c, opt.Minimum.Float())})
		}
	}
	return l, len(l.Points) > 0
}

// spaced are volumes at equal ratios.
func spaced(low, high float64) []float64 {
	const n = 120
	all := make([]float64, n+1)
	for i := range all {
		all[i] = low * math.Pow(high/low, float64(i)/n)
	}
	return all
}

// staircase is what serving takes of an option of which there are whole units, with a replica of a rate.
func (o *Outlook) staircase(best *ArmPlan, opt *capacity.Option, use, rate float64) cost.Staircase {
	const monthSeconds = price.HoursPerMonth * 3600
	tokens := o.Demand.Input + o.Demand.Output
	s := cost.Staircase{PerMonth: o.perMonth(opt), Capacity: rate * float64(opt.Replicas) / (1 + o.Reserve.Headroom) * use * monthSeconds * tokens}
	s.Spares = (o.Reserve.Spares + opt.Replicas - 1) / opt.Replicas
	return s
}

// perMonth is what a unit costs in each month of its use, what is bound in it included.
func (o *Outlook) perMonth(opt *capacity.Option) money.Amount {
	if opt.Kind == capacity.Hold {
		return opt.Price
	}
	for _, in := range o.Options {
		if row, ok := in.Row.(price.Purchase); ok && in.Offer.Name == opt.Name {
			return row.PerMonth()
		}
	}
	return opt.Upkeep.Add(opt.Price.Per(int64(opt.Months)))
}

// stairs are the corners of a staircase between two volumes in millions of tokens; more steps than the eye can tell apart are
// a straight line.
func stairs(s cost.Staircase, low, high float64) []VolumePoint {
	const most = 400
	step := s.Capacity / 1e6
	if !(step > 0) {
		return nil
	}
	at := func(v float64) float64 { return s.At(v * 1e6).Float() }
	pts := []VolumePoint{{low, at(low)}}
	for n := math.Floor(low/step) + 1; n*step < high && len(pts) < 2*most; n++ {
		below := s.PerMonth.Mul(int64(n) + int64(s.Spares)).Float()
		pts = append(pts, VolumePoint{n * step, below}, VolumePoint{n * step, below + s.PerMonth.Float()})
	}
	return append(pts, VolumePoint{high, at(high)})
}

// rented is a month of a volume on machines that are rented for the hours in which they are needed, in the shape of the last month.
func (o *Outlook) rented(best *ArmPlan, opt *capacity.Option, volume float64) float64 {
	months := best.Problem.Months
	shape := months[len(months)-1]
	requests := volume * 1e6 / (o.Demand.Input + o.Demand.Output)
	scale := requests / shape.Requests()
	hours := 0.0
	for _, b := range shape.Bins {
		n, err := best.PerReplica.Replicas(b.Rate*scale, o.Reserve)
		if err != nil {
			return math.NaN()
		}
		hours += b.Hours * math.Ceil(float64(n.Total())/float64(opt.Replicas))
	}
	return max(opt.Price.Float()*hours, opt.Minimum.Float())
}

// breaks compare what is had by the month with each API.
func (o *Outlook) breaks(best *ArmPlan, use, last float64) (all []Break) {
	rate := best.PerReplica.Rate
	for i := range best.Problem.Options {
		opt := &best.Problem.Options[i]
		if opt.Kind != capacity.Own && opt.Kind != capacity.Hold {
			continue
		}
		for k := range best.Problem.Options {
			api := &best.Problem.Options[k]
			if api.Kind != capacity.API || api.Price.Sign() == 0 {
				continue
			}
			perMillion := api.Price.Times(1e6 / (o.Demand.Input + o.Demand.Output))
			always := func(rate float64) float64 {
				if !(rate > 0) {
					return math.Inf(1)
				}
				return o.staircase(best, opt, use, rate).Always(perMillion) / 1e6
			}
			b := Break{Option: opt.Name, API: api.Name, Volume: always(rate.Value), Low: always(rate.High), High: always(rate.Low), Last: last}
			b.Never = math.IsInf(b.Volume, 1)
			if !b.Never {
				b.Cost = perMillion.Times(b.Volume).Float()
			}
			all = append(all, b)
		}
	}
	return all
}
