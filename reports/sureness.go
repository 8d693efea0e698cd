package reports

import (
	"strings"

	"github.com/assaylab/assay/reports/table"
)

// sureness says how sure the choice is.
func (v *view) sureness() []Block {
	s := v.Choice.Sureness
	if s == nil {
		return nil
	}
	said := s.Explain(v.arm, func(x float64) string {
		if x == 0 {
			return v.money.prefix + "0" + v.money.suffix
		}
		return v.money.frame(x, decimals(x, x, x))
	})
	return []Block{Heading("How sure is that?"), Paragraph(strings.Join(said, " "))}
}

// bestShare adds to the choice in the table of arms how often the arm is the best.
func (v *view) bestShare(id string, c table.Cell) table.Cell {
	s := v.Choice.Sureness
	if s == nil {
		return c
	}
	if id == v.Choice.Arm {
		c.Sub = "best in " + share(s.Best)
	}
	for _, r := range s.Rivals {
		if r.Arm == id {
			c.Sub = "best in " + share(r.Best)
		}
	}
	return c
}
