package jinja

import (
	"strings"
	"testing"
)

// doubled gives a template the text x of 16 * 2**n bytes, where limits allow.
func doubled(n int) string {
	return "{% set x = '0123456789abcdef' %}" + strings.Repeat("{% set x = x ~ x %}", n)
}

// Each template would run without end, exhaust memory or overflow the stack if nothing stopped it.
func TestLimits(t *testing.T) {
	const over, steps, bytes, deep = "more than", "more than 10000000 steps", "builds more than", "deep"
	loops := func(body string) string {
		return strings.Repeat("{% for i in range(99999) %}", 5) + body + strings.Repeat("{% endfor %}", 5)
	}
	for _, c := range []struct{ name, template, want string }{
		{"range", "{% for i in range(100000000) %}{% endfor %}", "Range too big"},
		{"range overflow", "{{ range(-9223372036854775808, 9223372036854775807) }}", "Range too big"},
		{"short range of large numbers", "{{ range(9223372036854775800, 9223372036854775807, 9) }}", ""},
		{"nested loops", loops(""), over},
		{"loops over nothing kept", strings.Repeat("{% for i in range(99999) if false %}", 2) + strings.Repeat("{% endfor %}", 2), ""},
		{"loops within a test", "{% for i in range(99999) %}{% for j in range(99999) if false %}{% endfor %}{% endfor %}", over},
		{"statements", "{% for i in range(99999) %}" + strings.Repeat("{% if i %}{% endif %}", 200) + "{% endfor %}", steps},
		{"filters in loops", loops("{{ range(99999) | list | length }}"), ""},
		{"sorting in loops", "{% set r = range(99999) | list %}{% for i in r %}{% set x = r | sort %}{% endfor %}", ""},
		{"comparing in loops", "{% set r = range(99999) | list %}{% set q = range(99999) | list %}{% for i in r %}{% set x = r == q %}{% endfor %}", steps},
		{"searching in loops", "{% set r = range(99999) | list %}{% for i in r %}{% set x = -1 in r %}{% endfor %}", steps},
		{"searching long texts", doubled(18) + "{% for i in range(99999) %}{% set b = '!' in x %}{% endfor %}", bytes},
		{"comparing long texts", doubled(18) + "{% set y = x ~ 'a' %}{% set z = x ~ 'b' %}{% for i in range(99999) %}{% set b = y == z %}{% endfor %}", bytes},
		{"indexing long texts", doubled(18) + "{% for i in range(99999) %}{% set b = x[i] %}{% endfor %}", bytes},
		{"long keys", doubled(18) + "{% set d = {x: 1} %}{% for i in range(99999) %}{% set b = d[x] %}{% endfor %}", bytes},
		{"output", "{% for i in range(9999) %}" + strings.Repeat("x", 5000) + "{% endfor %}", "writes more than"},
		{"output of a macro", "{% macro f() %}{% for i in range(9999) %}" + strings.Repeat("x", 5000) + "{% endfor %}{% endmacro %}{% set x = f() %}", "writes more than"},
		{"output of macros", "{% macro f() %}" + strings.Repeat("x", 5000) + "{% endmacro %}{% for i in range(99999) %}{% set x = f() %}{% endfor %}", bytes},
		{"output of a block", "{% set x %}{% for i in range(9999) %}" + strings.Repeat("x", 5000) + "{% endfor %}{% endset %}", "writes more than"},
		{"doubling", doubled(60), bytes},
		{"doubling by +", strings.Repeat("{% set x = (x or 'abcdefghij') + (x or 'abcdefghij') %}", 60), bytes},
		{"doubling in a namespace", "{% set ns = namespace(x='abc') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}", bytes},
		{"doubling in loops", "{% set x = 'abcdefghij' %}" + strings.Repeat("{% for x in [x ~ x] %}", 60) + strings.Repeat("{% endfor %}", 60), bytes},
		{"doubling in macros", "{% macro f(x) %}{{ f(x ~ x) }}{% endmacro %}{{ f('abcdefghij') }}", bytes},
		{"doubling lists", "{% set ns = namespace(a=[1]) %}{% for i in range(60) %}{% set ns.a = ns.a + ns.a %}{% endfor %}", bytes},
		{"joined to itself in one expression", doubled(20) + "{{ " + strings.Repeat("x ~ ", 5000) + "x }}", bytes},
		{"nested in itself", "{% set x = [1] %}" + strings.Repeat("{% set x = [x, x] %}", 60) + "{{ x }}", over},
		{"nested in itself, to JSON", "{% set x = [1] %}" + strings.Repeat("{% set x = [x, x] %}", 60) + "{{ x | tojson }}", over},
		{"nested in itself, compared", "{% set x = [1] %}{% set y = [1] %}" + strings.Repeat("{% set x = [x, x] %}{% set y = [y, y] %}", 60) + "{{ x == y }}", steps},
		{"nested in itself, ordered", "{% set x = [1] %}{% set y = [1] %}" + strings.Repeat("{% set x = [x, x] %}{% set y = [y, y] %}", 60) + "{{ x < y }}", steps},
		{"tuples as keys", "{% set x = (1, 2) %}" + strings.Repeat("{% set x = (x, x) %}", 60) + "{{ {x: 1} }}", "cannot be a key"},
		{"repetition", "{{ 'x' * 1000000000000 }}", bytes},
		{"repetition overflow", "{{ 'xxxxxxxx' * 2305843009213693952 }}", bytes},
		{"repeated lists", "{{ [1, 2] * 1000000000000 }}", bytes},
		{"powers", "{{ 10 ** (10 ** 10) }}", "bits"},
		{"large powers", "{{ (10 ** 1000) ** (10 ** 1000) }}", "bits"},
		{"squares", "{% set ns = namespace(x=10) %}{% for i in range(60) %}{% set ns.x = ns.x * ns.x %}{% endfor %}", "bits"},
		{"recursion", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "nested more than 200 deep"},
		{"mutual recursion", "{% macro f() %}{{ g() }}{% endmacro %}{% macro g() %}{{ f() }}{% endmacro %}{{ f() }}", "nested more than 200 deep"},
		{"recursion swallowed", "{% macro f() %}{{ f() | default('') }}{{ f() | default('') }}{% endmacro %}{{ f() }}", "nested more than 200 deep"},
		{"recursion in a default", "{% macro f(a=f()) %}{% endmacro %}{{ f() }}", "nested more than 200 deep"},
		{"recursion of a caller", "{% macro f() %}{% call f() %}{% endcall %}{{ caller() }}{% endmacro %}{{ f() }}", deep},
		{"recursive loop", "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}", "nested more than 200 deep"},
		{"tree of calls", "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}", over},
		{"map of maps", "{{ [[[[[1]]]]] | map('map', 'map', 'map', 'list') | list }}", ""},
		{"namespace in itself", "{% set ns = namespace() %}{% set ns.a = ns %}{{ ns }}", deep},
		{"namespace in its list", "{% set ns = namespace() %}{% set ns.a = [ns] %}{{ ns }}", deep},
		{"deep list", "{% set ns = namespace(a=[]) %}{% for i in range(9999) %}{% set ns.a = [ns.a] %}{% endfor %}{{ ns.a }}", deep},
		{"deep list to JSON", "{% set ns = namespace(a=[]) %}{% for i in range(9999) %}{% set ns.a = [ns.a] %}{% endfor %}{{ ns.a | tojson }}", deep},
		{"deep generators", "{% set ns = namespace(a=[1]) %}{% for i in range(99999) %}{% set ns.a = ns.a | map('string') %}{% endfor %}{{ ns.a | list }}", ""},
		{"replace", doubled(18) + "{{ x | replace('a', x) }}", bytes},
		{"replace nothing", doubled(18) + "{{ x.replace('', x) }}", bytes},
		{"join", doubled(18) + "{{ range(9999) | join(x) }}", bytes},
		{"join method", doubled(18) + "{{ x.join('0123456789' * 100) }}", bytes},
		{"indent", doubled(10) + "{% set y = '\\n' * 99999 %}{{ y | indent(x, blank=true) }}", bytes},
		{"indent width", "{{ 'a' | indent(1000000000000) }}", bytes},
		{"tojson indent", "{{ [1] | tojson(indent=1000000000000) }}", bytes},
		{"tojson indent of depth", "{{ [[[[1]]]] | tojson(indent=50000000) }}", bytes},
		{"tojson separators", doubled(18) + "{{ range(99999) | list | tojson(separators=[x, x]) }}", bytes},
		{"center", "{{ 'x'.center(1000000000000) }}", bytes},
		{"zfill", "{{ 'x'.zfill(1000000000000) }}", bytes},
		{"format width", "{{ '%1000000000000d' % 1 }}", "width"},
		{"format precision", "{{ '%.1000000000000f' % 1 }}", "width"},
		{"format star", "{{ '%*d' % (1000000000000, 1) }}", "width"},
		{"format field width", "{{ '{:1000000000000}'.format(1) }}", "width"},
		{"batch fill", "{{ [1] | batch(1000000000000, 0) | list }}", bytes},
		{"slices", "{{ [1] | slice(1000000000000) | list }}", bytes},
		{"escape", doubled(20) + "{% set y = x | replace('a', '&') %}" + strings.Repeat("{% set y = y | forceescape %}", 9), bytes},
		{"split", doubled(20) + "{{ x.split('0') | length }}{{ x | list | length }}", bytes},
		{"strftime", doubled(22) + "{{ strftime_now(x) }}", bytes},
		{"arguments", "{% macro f() %}{{ varargs | length }}{% endmacro %}{% set r = range(99999) %}{% for i in r %}{{ f(*r) }}{% endfor %}", bytes},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := render(c.template, &Dict{})
			switch {
			case c.want == "" && err != nil && !strings.Contains(err.Error(), "more than") && !strings.Contains(err.Error(), deep):
				t.Errorf("an error that is no limit: %v", err)
			case c.want != "" && err == nil:
				t.Errorf("no error, but %d bytes of output", len(got))
			case c.want != "" && !strings.Contains(err.Error(), c.want):
				t.Errorf("%q does not say %q", err, c.want)
			}
		})
	}
}

// The deepest and longest nesting that a template can spell gives a text or an error, without overflowing
// the stack, from which Go cannot recover.
func TestDeepNesting(t *testing.T) {
	for _, c := range []struct{ name, open, middle, shut string }{
		{"if", "{% if 1 %}", "x", "{% endif %}"},
		{"for", "{% for i in [1] %}", "x", "{% endfor %}"},
		{"else", "{% if 0 %}{% else %}", "x", "{% endif %}"},
		{"elif", "{% if 0 %}" + strings.Repeat("{% elif 0 %}", 5), "x", "{% endif %}"},
		{"set", "{% set x %}", "x", "{% endset %}"},
		{"with", "{% with %}", "x", "{% endwith %}"},
		{"macro", "{% macro f() %}", "x", "{% endmacro %}"},
		{"generation", "{% generation %}", "x", "{% endgeneration %}"},
		{"parentheses", "(", "1", ")"},
		{"lists", "[", "1", "]"},
		{"dictionaries", "{'a':", "1", "}"},
		{"not", "not ", "1", ""},
		{"minus", "-", "1", ""},
		{"targets", "(", "a", ")"},
		{"attributes", "", "a", ".a"},
		{"indices", "", "a", "[0]"},
		{"nested indices", "a[", "0", "]"},
		{"calls", "", "range", "()"},
		{"nested calls", "f(", "1", ")"},
		{"filters", "", "1", "|abs"},
		{"nested filters", "1|default(", "1", ")"},
		{"tests", "", "1", " is odd"},
		{"test operands", "1 is eq ", "1", ""},
		{"sums", "1+", "1", ""},
		{"powers", "1**", "1", ""},
		{"concatenation", "1~", "1", ""},
		{"comparisons", "1<", "2", ""},
		{"or", "0 or ", "0", ""},
		{"conditions", "", "1", " if 0"},
		{"conditions with else", "1 if 0 else ", "1", ""},
		{"strings", "'a'", "'b'", ""},
		{"numbers", "9", "9", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			open, shut := "{{ ", " }}"
			if c.name == "targets" {
				open, shut = "{% set ", " = 1 %}"
			} else if strings.HasPrefix(c.open, "{%") {
				open, shut = "", ""
			}
			for _, n := range []int{10, 199, 1000, (MaxSource - 20) / (len(c.open) + len(c.shut))} {
				source := open + strings.Repeat(c.open, n) + c.middle + strings.Repeat(c.shut, n) + shut
				if _, err := render(source, &Dict{}); err != nil && len(err.Error()) > 300 {
					t.Errorf("%d: an error of %d bytes", n, len(err.Error()))
				}
			}
		})
	}
}

func TestTemplateSize(t *testing.T) {
	if _, err := Parse(strings.Repeat("x", MaxSource+1)); err == nil || !strings.Contains(err.Error(), "262145 bytes") {
		t.Errorf("got %v", err)
	}
}
