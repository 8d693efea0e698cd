package showback

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/stat"
)

// Spending is how a team stands to its budget at a time.
type Spending struct {
	Team   string       `json:"team"`
	Budget money.Amount `json:"budget"`
	Alerts []int        `json:"alerts"`
	// Spent is the team's part of what the period has cost so far: shared costs accrue evenly over the
	// period, those of APIs when they are used.
	Spent   money.Amount `json:"spent"`
	Share   float64      `json:"share"`         // of Budget
	Crossed int          `json:"alert_percent"` // the highest of Alerts that is reached, 0 for none
	Over    bool         `json:"over"`          // Spent is more than Budget
	// Forecast estimates what the team will have spent at the period's end; nil where that is known.
	Forecast *Forecast `json:"forecast,omitempty"`
}

// Forecast is an estimate of the cost of a whole period.
type Forecast struct {
	Cost     float64 `json:"cost"`
	Interval bool    `json:"interval"` // there are days enough for one
	Low      float64 `json:"low"`
	High     float64 `json:"high"` // of the 95 % interval
	Days     int     `json:"days"` // that it rests on
	Left     int     `json:"left"` // days that are estimated
	Over     bool    `json:"over"` // Cost is more than the budget
	Text     string  `json:"text"` // how it is made
}

// least is how many days a forecast's interval needs.
const least = 3

// Spendings judge a bill's budgets on a statement.
func (s *Statement) Spendings(budgets []Budget) []Spending {
	days := s.daily()
	var all []Spending
	for _, b := range budgets {
		all = append(all, s.spending(b, days))
	}
	return all
}

func (s *Statement) spending(b Budget, days map[string][]float64) Spending {
	elapsed, length := s.Period.Elapsed(s.At), s.Period.Length()
	spent := money.Zero(s.Currency)
	for _, r := range s.Of(b.Team) {
		cost := r.Cost
		if r.Kind != KindAPI && elapsed < length {
			cost = accrued(cost, elapsed, length)
		}
		spent = spent.Add(cost)
	}
	out := Spending{Team: b.Team, Budget: b.Amount, Alerts: b.Alerts, Spent: spent, Over: spent.Cmp(b.Amount) > 0}
	if b.Amount.Sign() > 0 {
		out.Share = spent.Float() / b.Amount.Float()
	}
	for _, percent := range b.Alerts {
		if spent.Mul(100).Cmp(b.Amount.Mul(int64(percent))) >= 0 {
			out.Crossed = percent
		}
	}
	if !s.Final && elapsed > 0 {
		own := days[b.Team]
		if own == nil { // has used nothing, day after day
			own = make([]float64, s.over())
		}
		out.Forecast = s.forecast(spent.Float(), own)
		out.Forecast.Over = out.Forecast.Cost > b.Amount.Float()
	}
	return out
}

// accrued is the part of a cost that has accrued, to the cent.
func accrued(cost money.Amount, elapsed, length time.Duration) money.Amount {
	parts, err := money.Split(cost, cents, []*big.Rat{big.NewRat(int64(elapsed), 1), big.NewRat(int64(length-elapsed), 1)})
	if err != nil {
		panic(err) // length is above zero
	}
	return parts[0]
}

// daily is what every team's use cost on each day that is over, estimated: every row's cost so far goes by
// tokens to the days that it was used on.
func (s *Statement) daily() map[string][]float64 {
	over := s.over()
	days := map[string][]float64{}
	if s.Final || over == 0 {
		return days
	}
	tokens, all := map[cell][]float64{}, map[cell]float64{}
	for i := range s.Uses {
		u := &s.Uses[i]
		c := cellOf(u)
		if tokens[c] == nil {
			tokens[c] = make([]float64, over)
		}
		all[c] += float64(u.Tokens())
		if d := s.Period.Day(u.Time); d >= 0 && d < over {
			tokens[c][d] += float64(u.Tokens())
		}
	}
	share := float64(s.Period.Elapsed(s.At)) / float64(s.Period.Length())
	for i := range s.Rows {
		r := &s.Rows[i]
		if days[r.Team] == nil {
			days[r.Team] = make([]float64, over)
		}
		cost, c := r.Cost.Float(), cellOf(&r.Use)
		if r.Kind != KindAPI {
			cost *= share
		}
		for d := range over {
			if all[c] > 0 && r.Kind != KindIdle {
				days[r.Team][d] += cost * tokens[c][d] / all[c]
			} else {
				days[r.Team][d] += cost / (share * float64(s.Period.Days(s.Period.End)))
			}
		}
	}
	return days
}

// over is how many days of the period have ended.
func (s *Statement) over() int {
	n := s.Period.Days(s.At)
	if n > 0 && s.Period.Start.AddDate(0, 0, n).After(s.At) {
		n--
	}
	return n
}

// forecast adds days as costly as those so far to what was spent. The interval is that of the sum of
// as many days, drawn like those that there were (Student's t).
func (s *Statement) forecast(spent float64, days []float64) *Forecast {
	f := &Forecast{Days: len(days), Left: s.Period.Days(s.Period.End) - s.over()}
	left := s.Period.Length() - s.Period.Elapsed(s.At)
	ahead := float64(left) / float64(24*time.Hour)
	if len(days) == 0 {
		f.Cost = spent * float64(s.Period.Length()) / float64(s.Period.Elapsed(s.At))
		f.Text = "an estimate: what was spent so far, over the time so far; no day is over yet"
		return f
	}
	mean, variance := moments(days)
	f.Cost = spent + ahead*mean
	f.Text = fmt.Sprintf("an estimate: %.1f days like the %d so far", ahead, len(days))
	if n := float64(len(days)); len(days) >= least {
		half := stat.StudentQuantile(n-1) * math.Sqrt(variance*(ahead+ahead*ahead/n))
		f.Interval, f.Low, f.High = true, max(spent, f.Cost-half), f.Cost+half
	}
	return f
}

// Whole prints an estimate in whole units of the currency: it has no cents to be exact about.
func (s *Statement) Whole(x float64) string {
	return strings.Replace(money.New(int64(math.Round(x)), 0, s.Currency).String(), ".00", "", 1)
}

// moments are the mean and variance of a sample.
func moments(x []float64) (mean, variance float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		variance += (v - mean) * (v - mean) / max(1, float64(len(x)-1))
	}
	return mean, variance
}
