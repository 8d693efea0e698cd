package plan

import (
	"encoding/csv"
	"io"
	"strconv"
	"time"

	"github.com/assaylab/assay/analysis/capacity"
)

// columns of the CSV table. A row is what one month takes of one option; amounts are to the cent and sum to what is paid.
var columns = []string{"month", "scenario", "peak_requests_per_second", "requests", "replicas_serving", "replicas_spare", "option", "kind", "units", "unit_hours", "requests_answered", "requests_billed", "capex", "opex", "paid", "currency", "order_by"}

// CSV writes the plan as a table, only its header where there is none.
func (o *Outlook) CSV(w io.Writer) error {
	c := csv.NewWriter(w)
	if err := c.Write(columns); err != nil {
		return err
	}
	if best := o.Chosen(); best != nil {
		for i := range best.Plan.Months {
			for _, row := range o.rows(best.Plan, i) {
				if err := c.Write(row); err != nil {
					return err
				}
			}
		}
	}
	c.Flush()
	return c.Error()
}

// rows are those of a month.
func (o *Outlook) rows(p *capacity.Plan, month int) (all [][]string) {
	m := p.Months[month]
	for _, u := range m.Uses {
		all = append(all, []string{m.First.Format("2006-01"), o.Demand.PlanFor, number(m.Peak), number(m.Requests), strconv.Itoa(m.Replicas.Serving), strconv.Itoa(m.Replicas.Spares),
			u.Option, string(u.Kind), strconv.Itoa(u.Units), number(u.Hours), number(u.Requests), number(u.Billed),
			u.Capex.Fixed(2), u.Opex.Fixed(2), u.Capex.Add(u.Opex).Fixed(2), o.Currency, orderBy(p, month, u.Option)})
	}
	return all
}

// number has six digits: more were never known.
func number(x float64) string {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 6, 64), 64)
	if err != nil {
		return ""
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// orderBy is the last day of the order that brings an option into service in a month.
func orderBy(p *capacity.Plan, month int, option string) string {
	for _, r := range p.Orders {
		if r.Month == month && r.Option == option {
			return r.By.Format(time.DateOnly)
		}
	}
	return ""
}
