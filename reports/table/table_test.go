package table

import (
	"strings"
	"testing"
)

func sample() Table {
	return Table{
		Caption: "Latency",
		Columns: []Column{{Title: "arm", Prose: true}, {Title: "p95", Unit: "ms", Align: Right}},
		Rows: []Row{
			{Cells: []Cell{Text("Q4_0"), {Text: "12.3", Sub: "11.8 to 12.9, n 64"}}, Marked: true},
			{Cells: []Cell{{Text: "BF16", Tone: Quiet}, {Text: "insufficient", Tone: Doubt}}},
			{Cells: []Cell{Text("short row")}},
		},
	}
}

func TestMarkdown(t *testing.T) {
	want := "" +
		"| arm       |                  p95 (ms) |\n" +
		"| --------- | ------------------------: |\n" +
		"| Q4_0      | 12.3 (11.8 to 12.9, n 64) |\n" +
		"| BF16      |              insufficient |\n" +
		"| short row |                           |\n"
	var b strings.Builder
	if err := sample().Markdown(&b); err != nil || b.String() != want {
		t.Errorf("%v\ngot\n%swant\n%s", err, b.String(), want)
	}
}

func TestText(t *testing.T) {
	want := "" +
		"Latency\n" +
		"arm                         p95 (ms)\n" +
		"---------  -------------------------\n" +
		"Q4_0       12.3 (11.8 to 12.9, n 64)\n" +
		"BF16                    insufficient\n" +
		"short row\n"
	var b strings.Builder
	if err := sample().Text(&b); err != nil || b.String() != want {
		t.Errorf("%v\ngot\n%swant\n%s", err, b.String(), want)
	}
}

func TestHTML(t *testing.T) {
	want := `<div class="scroll" role="region" tabindex="0" aria-label="Latency"><table><caption>Latency</caption>
<thead><tr><th scope="col" class="prose">arm</th><th scope="col" class="num">p95<small>ms</small></th></tr></thead>
<tbody>
<tr class="marked"><th scope="row" class="prose">Q4_0</th><td class="num">12.3<small>11.8 to 12.9, n 64</small></td></tr>
<tr><th scope="row" class="prose quiet">BF16</th><td class="num doubt">insufficient</td></tr>
<tr><th scope="row" class="prose">short row</th><td class="num"></td></tr>
</tbody></table></div>
`
	var b strings.Builder
	if err := sample().HTML(&b); err != nil || b.String() != want {
		t.Errorf("%v\ngot\n%s\nwant\n%s", err, b.String(), want)
	}
}

func TestHostileText(t *testing.T) {
	evil := `"><script>alert('x')</script>|` + "`\n\x00"
	tab := Table{Caption: evil, Columns: []Column{{Title: evil, Unit: evil}}, Rows: []Row{{Cells: []Cell{{Text: evil, Sub: evil}}}}}
	var html, md strings.Builder
	if err := tab.HTML(&html); err != nil {
		t.Fatal(err)
	}
	if s := html.String(); strings.Contains(s, "<script") || strings.Contains(s, `""`) || strings.Contains(s, "\x00") {
		t.Errorf("markup gets through:\n%s", s)
	}
	if err := tab.Markdown(&md); err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(md.String()), "\n") {
		if n := strings.Count(line, "|") - strings.Count(line, `\|`); n != 2 {
			t.Errorf("%d separators in %q", n, line)
		}
		if strings.Contains(line, "<") {
			t.Errorf("markup gets through: %q", line)
		}
	}
}
