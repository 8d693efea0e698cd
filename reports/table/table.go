package table

import (
	"github.com/assaylab/assay/reports/internal/text"
)

// Align is the side that a column's text is set to.
type Align int

// The two alignments: words left, numbers right.
const (
	Left Align = iota
	Right
)

// Tone is how a cell is meant. Each tone but Plain also shows in the text, because
// colour is never the only carrier.
type Tone int

// The tones.
const (
	Plain Tone = iota
	Strong
	Quiet
	Good
	Doubt
	Bad
)

var toneClass = [...]string{Plain: "", Strong: "strong", Quiet: "quiet", Good: "good", Doubt: "doubt", Bad: "bad"}

// Column heads a column. The unit is printed under the title; "" where the cells
// carry their own. A Prose column holds sentences and is given room for them.
type Column struct {
	Title string
	Unit  string
	Align Align
	Prose bool
}

// Cell is one entry. Sub is a second, smaller line: the interval and the number
// of samples of the value in Text.
type Cell struct {
	Text string
	Sub  string
	Tone Tone
}

// Row is a line of a table. The first cell names it. Marked rows stand out.
type Row struct {
	Cells  []Cell
	Marked bool
}

// Table is a caption, columns and rows. A row shorter than the columns is filled
// with empty cells; cells beyond the columns are not printed.
type Table struct {
	Caption string
	Columns []Column
	Rows    []Row
}

// Text is a plain cell.
func Text(s string) Cell { return Cell{Text: s} }

// cell returns row r's cell in column c, clean of characters that do not print.
func (t Table) cell(r, c int) Cell {
	row := t.Rows[r].Cells
	if c >= len(row) {
		return Cell{}
	}
	cell := row[c]
	cell.Text, cell.Sub = text.Printable(cell.Text), text.Printable(cell.Sub)
	return cell
}

func (c Column) heading() string {
	if c.Unit == "" {
		return text.Printable(c.Title)
	}
	return text.Printable(c.Title) + " (" + text.Printable(c.Unit) + ")"
}

// line joins a cell's two lines for output that has only one.
func (c Cell) line() string {
	if c.Sub == "" {
		return c.Text
	}
	return c.Text + " (" + c.Sub + ")"
}
