package reports

import (
	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/reports/table"
)

func (v *view) cost() Section {
	s := Section{ID: "cost", Title: "How the cost was computed"}
	c := v.Run.Cost
	if c.PricePerHour == "" && v.Systems == nil || len(v.Arms) == 0 {
		return s
	}
	s.Blocks = v.priceTerms()
	s.Blocks = append(s.Blocks, v.priced(v.chosen())...)
	s.Blocks = append(s.Blocks, v.economy(v.chosen())...)
	s.Blocks = append(s.Blocks, Fold{Summary: "Cost of every arm", Blocks: append([]Block{Table{Table: v.costTable(), Trials: v.trialsAt("")}}, v.otherPrices()...)})
	return s
}

// priceTerms are the price of this machine and its planned use, where it has one.
func (v *view) priceTerms() []Block {
	c := v.Run.Cost
	if c.PricePerHour == "" {
		return nil
	}
	price := Terms{
		{"Price", c.PricePerHour + " " + currency(c.Currency) + " per hour"},
		{"Planned utilisation", trim(100*c.Utilisation) + " % of capacity; the idle rest is paid for, once, here"},
	}
	if c.Source != "" {
		price = append(price, Term{"Source of the price", c.Source})
	}
	return []Block{price}
}

// priced says how one arm's cost came about: the assumptions of another arm, with
// other figures in them, would contradict its formula.
func (v *view) priced(a *analysis.Arm) []Block {
	if a == nil {
		return nil
	}
	var blocks []Block
	if a.Cost.Formula != "" {
		blocks = append(blocks, Code{Label: "Formula, with the numbers of arm " + v.arm(a.Arm.ID), Lang: "text", Text: a.Cost.Formula})
	}
	if len(a.Cost.Assumptions) > 0 {
		blocks = append(blocks, List(a.Cost.Assumptions))
	}
	return blocks
}

// otherPrices is the same for the arms that are not recommended.
func (v *view) otherPrices() []Block {
	var blocks []Block
	for i := range v.Arms {
		if a := &v.Arms[i]; a.Arm.ID != v.Choice.Arm {
			blocks = append(blocks, v.priced(a)...)
		}
	}
	return blocks
}

func currency(s string) string {
	if s == "" {
		return "USD"
	}
	return s
}

func (v *view) costTable() table.Table {
	t := table.Table{
		Caption: "Cost at capacity, and as run",
		Columns: []table.Column{{Title: "arm"}, right("at capacity", "per million tokens"), right("input", "per million"), right("output", "per million"),
			right("per thousand requests", "within every limit"), right("per thousand requests", "sent")},
	}
	if v.Run.Cost.UserMonth > 0 {
		t.Columns = append(t.Columns, right("per user", "and month"))
	}
	for _, l := range v.Run.Loads {
		t.Columns = append(t.Columns, right("as run at "+v.load(l.ID), "restates the load"))
	}
	for i := range v.Arms {
		a := &v.Arms[i]
		row := table.Row{Marked: a.Arm.ID == v.Choice.Arm, Cells: []table.Cell{table.Text(v.arm(a.Arm.ID))}}
		values := []analysis.Value{a.Cost.PerMillion, a.Cost.PerMillionInput, a.Cost.PerMillionOutput, a.Cost.PerThousandRequests, a.Cost.PerThousandIssued}
		if v.Run.Cost.UserMonth > 0 {
			values = append(values, a.Cost.PerUserMonth)
		}
		for _, l := range v.Run.Loads {
			val := analysis.Value{}
			if c := v.cells[[2]string{a.Arm.ID, l.ID}]; c != nil {
				val = c.CostAsRun
			}
			values = append(values, val)
		}
		for _, val := range values {
			row.Cells = append(row.Cells, say(val, v.money).cell())
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
