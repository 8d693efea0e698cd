package chat

import (
	"strings"
	"testing"
)

// Each template would run without end, exhaust memory or overflow the stack if nothing stopped it.
func TestLimits(t *testing.T) {
	doubling := "{% set ns = namespace(x='0123456789abcdef') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}"
	for _, c := range []struct{ name, template, want string }{
		{"range", "{% for i in range(100000000) %}{% endfor %}", "more than 10000 values"},
		{"range overflow", "{% for i in range(9223372036854775800, 9223372036854775807, 9) %}{% endfor %}", ""},
		{"range step", "{{ range(1, 2, 0) }}", "step 0"},
		{"nested loops", strings.Repeat("{% for i in range(9999) %}", 5) + strings.Repeat("{% endfor %}", 5), "more than 1000000 steps"},
		{"filtered loops", strings.Repeat("{% for i in range(9999) if false %}", 2) + "{% endfor %}{% endfor %}", ""},
		{"loops over nothing kept", "{% for i in range(9999) %}{% for j in range(9999) if false %}{% endfor %}{% endfor %}", "more than 1000000 steps"},
		{"statements", "{% for i in range(9999) %}" + strings.Repeat("{% if i %}{% endif %}", 200) + "{% endfor %}", "more than 1000000 steps"},
		{"output", "{% for i in range(9999) %}" + strings.Repeat("x", 5000) + "{% endfor %}", "writes more than"},
		{"doubling", doubling, "value of more than"},
		{"doubling in set", strings.Repeat("{% set x = (x or 'abcdefghij') ~ (x or 'abcdefghij') %}", 60), "value of more than"},
		{"doubling in loops", "{% set x = 'abcdefghij' %}" + strings.Repeat("{% for x in [x ~ x] %}", 60) + strings.Repeat("{% endfor %}", 60), "value of more than"},
		{"doubling in macro", "{% macro f(x) %}{{ f(x ~ x) }}{% endmacro %}{{ f('abcdefghij') }}", "value of more than"},
		{"output of macro", "{% macro f() %}" + strings.Repeat("x", 5000) + "{% endmacro %}{% for i in range(9999) %}{% set x = f() %}{% endfor %}", "writes more than"},
		{"output of one macro", "{% macro f() %}{% for i in range(9999) %}" + strings.Repeat("x", 5000) + "{% endfor %}{% endmacro %}{% set x = f() %}", "writes more than"},
		{"output of block set", "{% set x %}{% for i in range(9999) %}" + strings.Repeat("x", 5000) + "{% endfor %}{% endset %}", "writes more than"},
		{"recursion", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "nested more than 64 deep"},
		{"mutual recursion", "{% macro f() %}{{ g() }}{% endmacro %}{% macro g() %}{{ f() }}{% endmacro %}{{ f() }}", "nested more than 64 deep"},
		{"recursion swallowed", "{% macro f() %}{{ f() | default('') }}{{ f() | default('') }}{% endmacro %}{{ f() }}", "nested more than 64 deep"},
		{"namespace in itself", "{% set ns = namespace() %}{% set ns.a = ns %}{{ ns }}", "nested more than 64 deep"},
		{"namespace in its list", "{% set ns = namespace() %}{% set ns.a = [ns] %}{{ ns }}", "nested more than 64 deep"},
		{"deep list", "{% set ns = namespace(a=[]) %}{% for i in range(9999) %}{% set ns.a = [ns.a] %}{% endfor %}{{ ns.a }}", "nested more than 64 deep"},
		{"wide list", "{% set ns = namespace(a=[1]) %}{% for i in range(60) %}{% set ns.a = ns.a + ns.a %}{% endfor %}", "more than"},
		{"multiplication", "\n{{ 'x' * 1000000000 }}", "line 2: multiplication"},
		{"replace", "{% set x = 'a' %}" + strings.Repeat("{% set x = x ~ x %}", 18) + "{{ x | replace('a', x) }}", "replace in the template could build"},
		{"replace method", "{% set x = 'a' %}" + strings.Repeat("{% set x = x ~ x %}", 18) + "{{ x.replace('a', x) }}", "replace in the template could build"},
		{"join", "{% set x = 'a' %}" + strings.Repeat("{% set x = x ~ x %}", 18) + "{{ range(9999) | join(x) }}", "join in the template could build"},
		{"join method", "{% set x = 'a' %}" + strings.Repeat("{% set x = x ~ x %}", 18) + "{{ x.join(range(9999)) }}", "join in the template could build"},
		{"widths", "{{ 'x'.center(1000000000) }}", "center"},
		{"indent", "{{ [1] | tojson(indent=1000000000) }}", "indent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := render(c.template, hello)
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && err == nil:
				t.Errorf("no error, but %d bytes of output", len(got))
			case c.want != "" && !strings.Contains(err.Error(), c.want):
				t.Errorf("%q does not say %q", err, c.want)
			}
		})
	}
}

// The deepest nesting that fits into a template parses and renders, or gives an error, without
// overflowing the stack, which Go cannot recover from.
func TestDeepNesting(t *testing.T) {
	for _, c := range []struct{ name, open, middle, shut string }{
		{"if", "{% if 1 %}", "x", "{% endif %}"},
		{"for", "{% for i in [1] %}", "x", "{% endfor %}"},
		{"set", "{% set x %}", "x", "{% endset %}"},
		{"generation", "{% generation %}", "x", "{% endgeneration %}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := (MaxSource - len(c.middle)) / (len(c.open) + len(c.shut))
			if got, err := render(strings.Repeat(c.open, n)+c.middle+strings.Repeat(c.shut, n), hello); err == nil && len(got) > 1 {
				t.Errorf("got %q", got)
			}
		})
	}
	for _, open := range []string{"(", "[", "not ", "-", "{'a':"} {
		n := maxTagTokens/3 - 2
		shut := map[string]string{"(": ")", "[": "]", "{'a':": "}"}[open]
		if _, err := New("{{ "+strings.Repeat(open, n)+"1"+strings.Repeat(shut, n)+" }}", "", ""); err != nil && len(err.Error()) > 600 {
			t.Errorf("%q: message of %d bytes", open, len(err.Error()))
		}
	}
}

// A conversation far beyond any context window stays within the limits.
func TestLongConversation(t *testing.T) {
	messages := make([]Message, 4000)
	want := 0
	for i := range messages {
		messages[i] = Message{Role: "user", Content: strings.Repeat("word ", 200)}
		want += len("<|im_start|>user\n<|im_end|>\n") + 1000
	}
	got, err := mustNew(t, chatML).Render(messages, false)
	if err != nil || len(got) != want {
		t.Errorf("%d bytes (%v), want %d", len(got), err, want)
	}
}
