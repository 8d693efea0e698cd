package table

import (
	"html/template"
	"io"
	"strings"

	"github.com/assaylab/assay/reports/internal/text"
)

// HTML writes the table inside a region that scrolls by itself, with the first
// column as row headers. The classes are styled by package reports.
func (t Table) HTML(w io.Writer) error {
	var b strings.Builder
	label := esc(text.Printable(t.Caption))
	b.WriteString(`<div class="scroll" role="region" tabindex="0" aria-label="` + label + `"><table>`)
	if label != "" {
		b.WriteString("<caption>" + label + "</caption>")
	}
	b.WriteString("\n<thead><tr>")
	for _, c := range t.Columns {
		b.WriteString(`<th scope="col"` + c.class(Plain) + `>` + esc(text.Printable(c.Title)))
		if c.Unit != "" {
			b.WriteString("<small>" + esc(text.Printable(c.Unit)) + "</small>")
		}
		b.WriteString("</th>")
	}
	b.WriteString("</tr></thead>\n<tbody>\n")
	for r := range t.Rows {
		t.htmlRow(&b, r)
	}
	b.WriteString("</tbody></table></div>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func (t Table) htmlRow(b *strings.Builder, r int) {
	if t.Rows[r].Marked {
		b.WriteString(`<tr class="marked">`)
	} else {
		b.WriteString("<tr>")
	}
	for i, col := range t.Columns {
		c, open, shut := t.cell(r, i), "<td", "</td>"
		if i == 0 {
			open, shut = `<th scope="row"`, "</th>"
		}
		b.WriteString(open + col.class(c.Tone) + ">" + esc(c.Text))
		if c.Sub != "" {
			b.WriteString("<small>" + esc(c.Sub) + "</small>")
		}
		b.WriteString(shut)
	}
	b.WriteString("</tr>\n")
}

func (c Column) class(t Tone) string {
	var names []string
	if c.Align == Right {
		names = append(names, "num")
	}
	if c.Prose {
		names = append(names, "prose")
	}
	if tone := toneClass[t]; tone != "" {
		names = append(names, tone)
	}
	if len(names) == 0 {
		return ""
	}
	return ` class="` + strings.Join(names, " ") + `"`
}

func esc(s string) string { return template.HTMLEscapeString(s) }
