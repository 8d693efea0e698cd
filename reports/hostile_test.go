package reports

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

const payload = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>|`x`\n# h\r\n</style></svg>&lt;{{.}}\x00\u202e[a](javascript:x)"

// poison appends the payload to every string in v; ids and keys stay consistent,
// because equal strings stay equal.
func poison(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			poison(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			poison(v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			poison(v.Index(i))
		}
	case reflect.String:
		if v.CanSet() {
			v.SetString(v.String() + payload)
		}
	}
}

// TestHostileStrings: an arm's name, an error text or a path comes from a file or
// a server that anybody may have written.
func TestHostileStrings(t *testing.T) {
	s := syntheticStudy(4)
	poison(reflect.ValueOf(s))
	for i := range s.Cells { // metrics are looked up by name
		for m := range s.Cells[i].Metrics {
			s.Cells[i].Metrics[m].Metric = strings.TrimSuffix(s.Cells[i].Metrics[m].Metric, payload)
			for q := range s.Cells[i].Metrics[m].Quoted {
				s.Cells[i].Metrics[m].Quoted[q].Value.Note = ""
			}
		}
		s.Cells[i].Outcomes[payload] = 3
	}
	for i := range s.Arms {
		a := &s.Arms[i]
		a.QualityLoss.Note, a.P95E2E.Note, a.Cost.PerMillion.Note = "", "", ""
	}
	html, md := printBoth(t, Build(s, Options{RunDir: payload, HTMLFile: payload}))
	if !strings.Contains(html, `id="fig-tradeoff"`) || !strings.Contains(html, `id="fig-cdf-ttft"`) {
		t.Fatal("the figures are not in the page, so they are not tested")
	}
	checkMarkup(t, html)
	checkMarkdown(t, md)
	for name, out := range map[string]string{"html": html, "markdown": md} {
		if i := strings.IndexFunc(out, func(r rune) bool { return r != '\n' && unicode.IsControl(r) || r == '\u202e' }); i >= 0 {
			t.Errorf("%s holds a control character: %q", name, out[max(0, i-30):i+10])
		}
	}
}

var fence = regexp.MustCompile("^`{3,}")

// checkMarkdown looks at everything outside code blocks: no markup, no link, no
// heading of the payload's, every table row as wide as its head.
func checkMarkdown(t *testing.T, md string) {
	t.Helper()
	closing, width := "", 0
	bare := strings.NewReplacer(`\\`, "", `\|`, "", "\\`", "", `\[`, "", `\]`, "")
	for _, line := range strings.Split(md, "\n") {
		if f := fence.FindString(line); f != "" && (closing == "" || f == closing && line == f) {
			if closing == "" {
				closing = f
			} else {
				closing = ""
			}
			continue
		}
		if closing != "" {
			continue
		}
		b := bare.Replace(line)
		if strings.ContainsAny(strings.TrimPrefix(b, ">"), "<>`[") {
			t.Errorf("markup in %q", line)
		}
		if strings.HasPrefix(line, "# h") {
			t.Errorf("a heading of its own: %q", line)
		}
		if n := strings.Count(b, "|"); !strings.HasPrefix(line, "|") {
			width = 0
		} else if width == 0 {
			width = n
		} else if n != width {
			t.Errorf("%d separators, the head has %d: %q", n, width, line)
		}
	}
	if closing != "" {
		t.Errorf("a code block is left open by %s", closing)
	}
}
