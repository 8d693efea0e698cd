package chat

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var hello = []Message{{Role: "user", Content: "hello"}}

const chatML = "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>' + '\n' }}{% endfor %}" +
	"{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"

func mustNew(t testing.TB, template string) *Template {
	t.Helper()
	tpl, err := New(template, "<s>", "</s>")
	if err != nil {
		t.Fatal(err)
	}
	return tpl
}

// render parses and renders; the error is of whichever failed.
func render(template string, messages []Message) (string, error) {
	tpl, err := New(template, "<s>", "</s>")
	if err != nil {
		return "", err
	}
	return tpl.Render(messages, false)
}

func TestRender(t *testing.T) {
	const lines = "{% for m in messages %}{{ m['content'] }}{% if not loop.last %}{{ '\n' }}{% endif %}{% endfor %}"
	// trim_blocks takes the newline after the condition for layout: nothing is put between the messages.
	const layout = "{% for m in messages %}{{ m['content'] }}{% if not loop.last %}\n{% endif %}{% endfor %}"
	two := []Message{{"system", "be brief"}, {"user", "hi {{ 1 }} {% raw %}"}}
	for _, c := range []struct {
		name, template string
		messages       []Message
		generation     bool
		want           string
	}{
		{"lines", lines, two, true, "be brief\nhi {{ 1 }} {% raw %}"},
		{"newline as layout", layout, two, true, "be briefhi {{ 1 }} {% raw %}"},
		{"lines of none", lines, nil, true, ""},
		{"chatml", chatML, two, false, "<|im_start|>system\nbe brief<|im_end|>\n<|im_start|>user\nhi {{ 1 }} {% raw %}<|im_end|>\n"},
		{"chatml generation", chatML, hello, true, "<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n"},
		{"bos and eos", "{{ bos_token }}{{ eos_token }}", nil, false, "<s></s>"},
		{"generation tag", "{% generation %}{{ messages[0].content }}{% endgeneration %}!", hello, false, "hello!"},
		{"none as undefined", "[{{ none }}][{{ tools is none }}]", nil, false, "[][True]"},
		{"mapping to json", "{{ messages | tojson }}", hello, false, `[{"content": "hello", "role": "user"}]`},
		{"control characters to json", `{{ messages[0].content | tojson }}`, []Message{{"user", "\x00\x1f\x7f\u2028é\\"}}, false, `"\u0000\u001f` + "\x7f\u2028é" + `\\"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := mustNew(t, c.template).Render(c.messages, c.generation)
			if err != nil || got != c.want {
				t.Errorf("got %q (%v), want %q", got, err, c.want)
			}
		})
	}
}

func TestRaise(t *testing.T) {
	_, err := render("{% if messages[0].role == 'user' %}{{ raise_exception('no ' ~ messages[0].role) }}{% endif %}", hello)
	var raised *RaisedError
	if !errors.As(err, &raised) || raised.Message != "no user" {
		t.Errorf("got %v", err)
	}
}

// Errors say where and what, and do not quote the whole template.
func TestErrors(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret.txt")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	padding := strings.Repeat("a line of template text\n", 100)
	for _, c := range []struct{ name, template, want string }{
		{"unclosed for", "a\nb\n{% for m in messages %}x", "endfor"},
		{"unclosed expression", "a\n{{ messages", "line 2"},
		{"unclosed string", "a\n\n{{ 'x }}", "line 3"},
		{"unclosed tag", "{% if", "chat: "},
		{"line after trimmed blocks", "{% if true %}\n{% endif %}\n\n{{ 1 + }}", "line 4"},
		{"unknown tag", "x\n{% frobnicate %}", "frobnicate"},
		{"unknown filter", "{{ 'x' | frobnicate }}", "frobnicate"},
		{"unknown function", "{{ frobnicate(1) }}", "frobnicate"},
		{"unknown method", "{{ 'x'.frobnicate() }}", "frobnicate"},
		{"parenthesized condition", "{{ ('a' if true else 'b') }}", "line 1"},
		{"include", "{% include '" + secret + "' %}", "{% include %} is refused"},
		{"include ignore missing", "{% include 'x' ignore missing %}", "{% include %} is refused"},
		{"import", "{% import '" + secret + "' as x %}", "{% import %} is refused"},
		{"from", "{% from '" + secret + "' import x %}", "{% from %} is refused"},
		{"extends", "{% extends '" + secret + "' %}", "{% extends %} is refused"},
		{"block", "{% block a %}{{ self.a() }}{% endblock %}", "{% block %} is refused"},
		{"recursive loop", "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}", "recursive loops are refused"},
		{"no writes to lists", "{% set l = [1] %}{{ l.append(2) }}", "append"},
		{"division by zero", "{{ 1 % 0 }}", "chat: render template"},
		{"missing subject", "{{ nothing.at.all }}", "chat: render template"},
		{"big source", strings.Repeat("x", MaxSource+1), "at most 65536"},
		{"long tag", "{{ 1" + strings.Repeat("+1", maxTagTokens) + " }}", "more than 1000 tokens"},
		{"deep tag", "{{ " + strings.Repeat("(", 600) + "1" + strings.Repeat(")", 600) + " }}", "more than 1000 tokens"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, template := range []string{c.template, c.template + "{# #}" + padding} {
				got, err := render(template, hello)
				if err == nil {
					t.Fatalf("no error, but %q", shorten(got))
				}
				if !strings.Contains(err.Error(), c.want) {
					t.Errorf("%q does not say %q", err, c.want)
				}
				if len(err.Error()) > 600 || strings.Contains(err.Error(), "template text") && !strings.HasPrefix(c.name, "unclosed") {
					t.Errorf("the message quotes the template: %q", err)
				}
			}
		})
	}
}

func TestRenderFromManyGoroutines(t *testing.T) {
	tpl := mustNew(t, "{% macro f(x) %}{% set y = x ~ x %}{{ y }}{% endmacro %}{% set ns = namespace(n=0) %}"+
		"{% for m in messages %}{% set ns.n = ns.n + 1 %}{{ f(m.content) | trim }}{{ ns.n }}{% endfor %}")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			content := strings.Repeat("x", i)
			for range 50 {
				got, err := tpl.Render([]Message{{"user", content}, {"user", content}}, false)
				if want := content + content + "1" + content + content + "2"; err != nil || got != want {
					t.Errorf("got %q (%v), want %q", got, err, want)
				}
			}
		})
	}
	wg.Wait()
}

func FuzzRender(f *testing.F) {
	f.Add(chatML, "hello")
	f.Add("{%- macro a(b) -%}\n{{ b }}{% endmacro %}{{ a('x') | upper }}", "x")
	f.Add("a\n  {%+ if true -%}{# c +#}\n{% raw %}{{{% endraw %}{% set x %}y{% endset %}{{ x[::-1] }}", "")
	f.Add("{% for i in range(9) %}{{ loop.index0 }}{% if i %}{% break %}{% endif %}{% endfor %}", "é")
	f.Fuzz(func(t *testing.T, template, content string) {
		if len(template) > 500 || len(content) > 100 {
			return
		}
		tpl, err := New(template, "<s>", "</s>")
		if err != nil {
			return
		}
		first, err := tpl.Render([]Message{{"user", content}}, true)
		again, errAgain := tpl.Render([]Message{{"user", content}}, true)
		if first != again || (err == nil) != (errAgain == nil) {
			t.Fatalf("two renderings differ: %q (%v), %q (%v)", first, err, again, errAgain)
		}
	})
}
