package table

import (
	"io"
	"strings"
	"unicode/utf8"

	"github.com/assaylab/assay/reports/internal/text"
)

// Markdown writes a GitHub-flavoured table, its columns padded to equal width.
// The caption is left to the page around it.
func (t Table) Markdown(w io.Writer) error {
	grid := t.grid(text.Markdown)
	width := widths(grid)
	var b strings.Builder
	for r, row := range grid {
		b.WriteString("|")
		for i, s := range row {
			b.WriteString(" " + pad(s, width[i], t.Columns[i].Align) + " |")
		}
		b.WriteString("\n")
		if r > 0 {
			continue
		}
		b.WriteString("|")
		for i, c := range t.Columns {
			if c.Align == Right {
				b.WriteString(" " + strings.Repeat("-", max(width[i]-1, 2)) + ": |")
			} else {
				b.WriteString(" " + strings.Repeat("-", max(width[i], 3)) + " |")
			}
		}
		b.WriteString("\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Text writes the table for a terminal: the caption, a rule under the headings,
// columns two blanks apart.
func (t Table) Text(w io.Writer) error {
	grid := t.grid(func(s string) string { return s })
	width := widths(grid)
	var b strings.Builder
	if t.Caption != "" {
		b.WriteString(text.Printable(t.Caption) + "\n")
	}
	for r, row := range grid {
		line := make([]string, len(row))
		for i, s := range row {
			line[i] = pad(s, width[i], t.Columns[i].Align)
		}
		b.WriteString(strings.TrimRight(strings.Join(line, "  "), " ") + "\n")
		if r > 0 {
			continue
		}
		for i := range line {
			line[i] = strings.Repeat("-", width[i])
		}
		b.WriteString(strings.Join(line, "  ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// grid is the headings and then the rows, every cell as one line through escape.
func (t Table) grid(escape func(string) string) [][]string {
	grid := make([][]string, 1+len(t.Rows))
	for _, c := range t.Columns {
		grid[0] = append(grid[0], escape(c.heading()))
	}
	for r := range t.Rows {
		for i := range t.Columns {
			grid[r+1] = append(grid[r+1], escape(t.cell(r, i).line()))
		}
	}
	return grid
}

// widths are in runes, at least 3, which is the shortest rule of a Markdown table.
func widths(grid [][]string) []int {
	w := make([]int, len(grid[0]))
	for i := range w {
		w[i] = 3
		for _, row := range grid {
			w[i] = max(w[i], utf8.RuneCountInString(row[i]))
		}
	}
	return w
}

func pad(s string, width int, a Align) string {
	fill := strings.Repeat(" ", max(width-utf8.RuneCountInString(s), 0))
	if a == Right {
		return fill + s
	}
	return s + fill
}
