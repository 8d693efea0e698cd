package reports

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"

	"github.com/assaylab/assay/reports/chart"
	"github.com/assaylab/assay/reports/internal/text"
	"github.com/assaylab/assay/reports/table"
	"github.com/assaylab/assay/reports/theme"
)

//go:embed style.css
var style string

// printer collects a page. The first error stays; later writes still go through,
// so that blocks need not check.
type printer struct {
	strings.Builder
	err error
}

func (p *printer) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

// to writes what was printed, unless there was an error before.
func (p *printer) to(w io.Writer) error {
	if p.err != nil {
		return p.err
	}
	_, err := io.WriteString(w, p.String())
	return err
}

func (p *printer) f(format string, args ...any) { fmt.Fprintf(p, format, args...) }

// e escapes text for HTML, in content and in quoted attributes.
func e(s string) string { return template.HTMLEscapeString(text.Printable(s)) }

// HTML writes the page as one file: styles and figures inline, no script, and a
// content policy under which a browser loads nothing else.
func HTML(w io.Writer, page Page) error {
	p := &printer{}
	p.f("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
	p.f("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n")
	p.f("<meta name=\"color-scheme\" content=\"light dark\">\n")
	p.f("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n")
	p.f("<title>%s</title>\n<style>\n", e(page.Title))
	if err := theme.CSS(p); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	p.f("%s</style>\n</head>\n<body>\n<main>\n<header><h1>%s</h1>", style, e(page.Title))
	if page.Subtitle != "" {
		p.f("<p class=\"sub\">%s</p>", e(page.Subtitle))
	}
	p.f("</header>\n")
	for i, s := range page.Sections {
		s.html(p)
		if i == 0 {
			contents(p, page.Sections[1:])
		}
	}
	p.f("</main>\n</body>\n</html>\n")
	if p.err != nil {
		return fmt.Errorf("write report: %w", p.err)
	}
	_, err := io.WriteString(w, p.String())
	return err
}

// contents comes after the first section: the answer is first.
func contents(p *printer, sections []Section) {
	if len(sections) == 0 {
		return
	}
	p.f("<nav aria-label=\"Contents\"><ol>")
	for _, s := range sections {
		p.f("<li><a href=\"#%s\">%s</a></li>", e(s.ID), e(s.Title))
	}
	p.f("</ol></nav>\n")
}

func (s Section) html(p *printer) {
	p.f("<section id=\"%s\">\n<h2>%s</h2>\n", e(s.ID), e(s.Title))
	for _, b := range s.Blocks {
		b.html(p)
	}
	p.f("</section>\n")
}

func (h Heading) html(p *printer) { p.f("<h3>%s</h3>\n", e(string(h))) }

func (t Paragraph) html(p *printer) { p.f("<p>%s</p>\n", e(string(t))) }

func (t Note) html(p *printer) { p.f("<p class=\"note\">%s</p>\n", e(string(t))) }

func (l List) html(p *printer) {
	p.f("<ul>")
	for _, item := range l {
		p.f("<li>%s</li>\n", e(item))
	}
	p.f("</ul>\n")
}

func (l Terms) html(p *printer) {
	p.f("<dl>")
	for _, t := range l {
		p.f("<div><dt>%s</dt><dd>%s</dd></div>\n", e(t.Name), e(t.Text))
	}
	p.f("</dl>\n")
}

func (c Code) html(p *printer) {
	lines := strings.Split(strings.TrimRight(c.Text, "\n"), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(e(strings.ReplaceAll(l, "\t", "    ")), " ")
	}
	p.f("<figure class=\"code\"><figcaption>%s</figcaption><pre tabindex=\"0\"><code>%s</code></pre></figure>\n",
		e(c.Label), strings.Join(lines, "\n"))
}

func (a Alert) html(p *printer) {
	p.f("<aside class=\"alert\"><p class=\"eyebrow\">%s</p>\n", e(a.Title))
	List(a.Items).html(p)
	p.f("</aside>\n")
}

func (t Table) html(p *printer) {
	p.f("<div class=\"block\">\n")
	if err := t.Table.HTML(p); err != nil {
		p.fail(err)
	}
	source(p, t.Trials)
	p.f("</div>\n")
}

// html draws the figure twice: once for a desk, once for a phone. The style sheet
// shows one of them.
func (f Figure) html(p *printer) {
	p.f("<figure class=\"chart\" id=\"fig-%s\">\n", e(f.Figure.Key()))
	for _, v := range []struct {
		class string
		width vg.Length
	}{{"wide", chart.Wide}, {"narrow", chart.Narrow}} {
		p.f("<div class=\"%s\">", v.class)
		if err := chart.SVG(p, f.Figure, v.width); err != nil {
			p.fail(err)
		}
		p.f("</div>\n")
	}
	p.f("<figcaption>%s</figcaption>\n", e(f.Caption))
	source(p, f.Trials)
	p.f("</figure>\n")
}

// source names the trials behind a table or a figure.
func source(p *printer, trials []string) {
	if len(trials) == 0 {
		return
	}
	p.f("<details class=\"source\"><summary>From %s</summary><p>%s</p></details>\n",
		plural(len(trials), "trial"), e(strings.Join(trials, " ")))
}

func (f Fold) html(p *printer) {
	p.f("<details class=\"fold\"><summary>%s</summary>\n", e(f.Summary))
	for _, b := range f.Blocks {
		b.html(p)
	}
	p.f("</details>\n")
}

func (c Card) html(p *printer) {
	p.f("<div class=\"card %s\">\n<p class=\"eyebrow\">%s <span class=\"badge\">%s</span></p>\n", toneName(c.Tone), e(c.Eyebrow), e(c.Badge))
	if c.Name != "" {
		p.f("<p class=\"name\">%s</p>\n", e(c.Name))
	}
	p.f("<p class=\"lead\">%s</p>\n", e(c.Text))
	if len(c.Tiles) > 0 {
		p.f("<ul class=\"tiles\">\n")
		for _, t := range c.Tiles {
			t.html(p)
		}
		p.f("</ul>\n")
	}
	p.f("</div>\n")
}

func (t Tile) html(p *printer) {
	p.f("<li><span class=\"label\">%s</span><span class=\"value\">%s</span>", e(t.Label), e(t.Value))
	if t.Detail != "" {
		p.f("<span class=\"detail\">%s</span>", e(t.Detail))
	}
	if t.Gauge != nil {
		if err := chart.SVG(p, *t.Gauge, chart.GaugeWidth); err != nil {
			p.fail(err)
		}
	}
	if t.Limit != "" {
		p.f("<span class=\"detail\">%s</span>", e(t.Limit))
	}
	if t.State != "" {
		p.f("<span class=\"state %s\">%s</span>", toneName(t.Tone), e(t.State))
	}
	p.f("</li>\n")
}

func toneName(t table.Tone) string {
	return [...]string{table.Plain: "plain", table.Strong: "strong", table.Quiet: "quiet", table.Good: "good", table.Doubt: "doubt", table.Bad: "bad"}[t]
}

func plural(n int, what string) string {
	s := strconv.Itoa(n) + " " + what
	if n != 1 {
		s += "s"
	}
	return s
}
