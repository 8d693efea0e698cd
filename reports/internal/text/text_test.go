package text

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPrintable(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "Q4_0 · b8", "Q4_0 · b8"},
		{"line breaks", "a\r\nb\tc", "a  b c"},
		{"nul", "a\x00b", "a b"},
		{"right-to-left override", "a\u202eb", "a\uFFFDb"},
		{"broken utf-8", "a\xffb", "a\uFFFDb"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Printable(tt.in); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestShorten(t *testing.T) {
	for n := range 12 {
		got := Shorten("quantisation", n)
		if utf8.RuneCountInString(got) != n {
			t.Errorf("Shorten to %d gives %q", n, got)
		}
	}
	if got := Shorten("Q4_0", 4); got != "Q4_0" {
		t.Errorf("cut what fits: %q", got)
	}
	if got := Shorten("abcdefghij", 7); got != "abc…hij" {
		t.Errorf("got %q", got)
	}
}

func TestMarkdown(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"cell separator", "a|b", `a\|b`},
		{"code", "`x`", "\\`x\\`"},
		{"markup", "<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
		{"entity", "&lt;", "&amp;lt;"},
		{"link", "[a](javascript:x)", `\[a\](javascript:x)`},
		{"automatic link", "https://example.org", `https\://example.org`},
		{"underscore in a word", "q8_0", "q8_0"},
		{"emphasis", "_a_ *b* ~~c~~", `\_a\_ \*b\* \~\~c\~\~`},
		{"heading", "# a", `\# a`},
		{"number sign inside", "arm #3", "arm #3"},
		{"list", "- a", `\- a`},
		{"ordered list", "12. a", `12\. a`},
		{"decimal", "1.5 (1.2 to 1.8)", "1.5 (1.2 to 1.8)"},
		{"negative", "-0.3 %", "-0.3 %"},
		{"rule", "---", `\---`},
		{"lines", "a\n\n# b", "a  # b"},
		{"backslash", `\|`, `\\\|`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Markdown(tt.in); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestFenceOutlastsItsContent(t *testing.T) {
	got := Fence("toml", "a = \"````\"\n```\nb\x00c\r\n")
	want := "`````toml\na = \"````\"\n```\nb c \n`````\n"
	if got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// Whatever goes in, the escaped text stays on one line and holds no markup.
func FuzzMarkdown(f *testing.F) {
	f.Add("a|b`c\n# d <img src=x onerror=y>")
	f.Add("1) \x00\xff_x_")
	f.Fuzz(func(t *testing.T, s string) {
		got := Markdown(s)
		if strings.ContainsAny(got, "\n\r<>\x00") {
			t.Errorf("Markdown(%q) = %q", s, got)
		}
		bare := strings.NewReplacer(`\\`, "", `\|`, "", "\\`", "").Replace(got)
		if strings.ContainsAny(bare, "|`") {
			t.Errorf("Markdown(%q) = %q leaves a separator", s, got)
		}
	})
}
