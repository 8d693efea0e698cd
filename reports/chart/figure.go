package chart

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"math"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/assaylab/assay/reports/internal/text"
	"github.com/assaylab/assay/reports/theme"
)

// Figure is a drawing that lays itself out for a given width, so that text has
// the same size on a desk and on a phone.
type Figure interface {
	Key() string   // names the figure in a page: letters, digits and hyphens
	Title() string // what it shows
	Alt() string   // one sentence that can stand in for it
	Height(width vg.Length) vg.Length
	Draw(c draw.Canvas)
}

// Widths at which a page shows a figure, in CSS pixels. Narrow is a 360 px phone
// less its margins.
const (
	Wide   vg.Length = 760
	Narrow vg.Length = 328
)

// Estimate is a value with its interval. High, and with it Value, may be +Inf:
// beyond the slowest success.
type Estimate struct{ Value, Low, High float64 }

func (e Estimate) finite() bool { return !math.IsInf(e.Value, 0) && !math.IsNaN(e.Value) }

// SVG writes the figure at a width. The element scales with its container, names
// itself to screen readers, and takes its colours from package theme's variables.
func SVG(w io.Writer, f Figure, width vg.Length) error {
	height := f.Height(width)
	canvas := vgsvg.NewWith(vgsvg.UseWH(width, height))
	f.Draw(draw.New(canvas))
	var raw bytes.Buffer
	if _, err := canvas.WriteTo(&raw); err != nil {
		return fmt.Errorf("draw figure %s: %w", f.Key(), err)
	}
	_, body, ok := strings.Cut(raw.String(), "xlink\">\n")
	if !ok {
		return fmt.Errorf("draw figure %s: the SVG backend wrote an unknown header", f.Key())
	}
	body, err := theme.Restyle(body)
	if err != nil {
		return fmt.Errorf("draw figure %s: %w", f.Key(), err)
	}
	id := fmt.Sprintf("%s-%.0f", f.Key(), width.Points())
	_, err = fmt.Fprintf(w,
		`<svg xmlns="http://www.w3.org/2000/svg" class="figure" role="img" aria-labelledby="%s-t %s-d" viewBox="0 0 %.5g %.5g" font-family="%s">`+
			"\n<title id=\"%s-t\">%s</title>\n<desc id=\"%s-d\">%s</desc>\n%s",
		id, id, width.Points(), height.Points(), theme.Fonts,
		id, esc(f.Title()), id, esc(f.Alt()), strings.ReplaceAll(body, "\"\n\tstyle", "\" style"))
	return err
}

func esc(s string) string { return html.EscapeString(text.Printable(s)) }
