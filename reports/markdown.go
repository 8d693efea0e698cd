package reports

import (
	"fmt"
	"io"

	"github.com/assaylab/assay/reports/internal/text"
	"github.com/assaylab/assay/reports/table"
)

func md(s string) string { return text.Markdown(s) }

// Markdown writes the page's summary: the sections that are not detail, with
// figures as the sentence that stands in for them.
func Markdown(w io.Writer, page Page) error {
	p := &printer{}
	p.f("# %s\n\n", md(page.Title))
	if page.Subtitle != "" {
		p.f("%s\n\n", md(page.Subtitle))
	}
	for _, s := range page.Sections {
		if s.Detail {
			continue
		}
		p.f("## %s\n\n", md(s.Title))
		for _, b := range s.Blocks {
			b.markdown(p)
		}
	}
	if page.Rest != "" {
		p.f("%s\n", md(page.Rest))
	}
	if p.err != nil {
		return fmt.Errorf("write summary: %w", p.err)
	}
	_, err := io.WriteString(w, p.String())
	return err
}

func (h Heading) markdown(p *printer) { p.f("### %s\n\n", md(string(h))) }

func (t Paragraph) markdown(p *printer) { p.f("%s\n\n", md(string(t))) }

func (t Note) markdown(p *printer) { p.f("%s\n\n", md(string(t))) }

func (l List) markdown(p *printer) {
	for _, item := range l {
		p.f("- %s\n", md(item))
	}
	p.f("\n")
}

func (l Terms) markdown(p *printer) {
	for _, t := range l {
		p.f("- **%s**: %s\n", md(t.Name), md(t.Text))
	}
	p.f("\n")
}

func (c Code) markdown(p *printer) {
	p.f("%s:\n\n%s\n", md(c.Label), text.Fence(c.Lang, c.Text))
}

func (a Alert) markdown(p *printer) {
	p.f("> **%s**\n>\n", md(a.Title))
	for _, item := range a.Items {
		p.f("> - %s\n", md(item))
	}
	p.f("\n")
}

func (t Table) markdown(p *printer) {
	if t.Caption != "" {
		p.f("%s\n\n", md(t.Caption))
	}
	if err := t.Table.Markdown(p); err != nil {
		p.fail(err)
	}
	p.f("\n")
}

func (f Figure) markdown(p *printer) { p.f("%s\n\n", md(f.Figure.Alt())) }

func (Fold) markdown(*printer) {}

func (c Card) markdown(p *printer) {
	name := c.Name
	if name == "" {
		name = "none"
	}
	p.f("**%s: %s** (%s)\n\n%s\n\n", md(c.Eyebrow), md(name), md(c.Badge), md(c.Text))
	if len(c.Tiles) == 0 {
		return
	}
	t := table.Table{Columns: []table.Column{{Title: "figure"}, {Title: "value", Align: table.Right}, {Title: "limit"}, {Title: "verdict"}}}
	for _, tile := range c.Tiles {
		t.Rows = append(t.Rows, table.Row{Cells: []table.Cell{
			table.Text(tile.Label), {Text: tile.Value, Sub: tile.Detail}, table.Text(tile.Limit), table.Text(tile.State),
		}})
	}
	if err := t.Markdown(p); err != nil {
		p.fail(err)
	}
	p.f("\n")
}
