package reports

import (
	"github.com/assaylab/assay/reports/chart"
	"github.com/assaylab/assay/reports/table"
)

// Page is a report: a title and ordered sections.
type Page struct {
	Title    string
	Subtitle string
	Sections []Section
	Rest     string // ends the Markdown summary: where the detail is
}

// Section is a heading and what stands under it.
type Section struct {
	ID     string // anchor: letters, digits and hyphens
	Title  string
	Detail bool // left out of the Markdown summary
	Blocks []Block
}

// Block is a part of a section that can print itself. All strings in blocks are
// plain text; the printers escape them.
type Block interface {
	html(p *printer)
	markdown(p *printer)
}

// Heading is a heading within a section.
type Heading string

// Paragraph is running text.
type Paragraph string

// Note is a paragraph in the smaller, quieter type of captions.
type Note string

// List is a bulleted list.
type List []string

// Term explains or states one thing.
type Term struct{ Name, Text string }

// Terms is a list of them.
type Terms []Term

// Code is text to be copied.
type Code struct {
	Label string
	Lang  string // for Markdown's fence
	Text  string
}

// Alert is a fact that weakens what the page says.
type Alert struct {
	Title string
	Items []string
}

// Table is a table with the trials its numbers come from.
type Table struct {
	table.Table
	Trials []string
}

// Figure is a drawing with its caption and the trials it comes from.
type Figure struct {
	Figure  chart.Figure
	Caption string
	Trials  []string
}

// Fold is detail behind a summary line. Markdown leaves it out.
type Fold struct {
	Summary string
	Blocks  []Block
}

// Card is the recommendation at a glance.
type Card struct {
	Eyebrow string // "Recommended deployment"
	Name    string
	Badge   string // "proven"
	Tone    table.Tone
	Text    string
	Tiles   []Tile
}

// Tile is one key figure.
type Tile struct {
	Label  string
	Value  string
	Detail string // interval and samples
	Limit  string
	State  string // "✓ met: ..."
	Tone   table.Tone
	Gauge  *chart.Gauge
}
