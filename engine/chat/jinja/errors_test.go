package jinja

import (
	"errors"
	"strings"
	"testing"
)

// Errors say where and what, and do not quote the whole template.
func TestErrors(t *testing.T) {
	for _, c := range []struct {
		name, template string
		line           int
		want           string
	}{
		{"unclosed for", "a\nb\n{% for m in messages %}x", 3, "{% endfor %}"},
		{"unclosed else", "{% if a %}x{% else %}y", 1, "{% endif %}"},
		{"unclosed expression", "a\n{{ messages", 2, `expected "}}", found the end of the template`},
		{"unclosed string", "a\n\n{{ 'x }}", 3, "not closed"},
		{"unclosed comment", "a\n{# x", 2, "not closed"},
		{"unclosed raw", "a\n{% raw %}{{", 2, "{% endraw %}"},
		{"wrong bracket", "{{ (1] }}", 1, `unexpected "]"; expected ")"`},
		{"line after trimmed blocks", "{% if true %}\n{% endif %}\n\n{{ 1 + }}", 4, `expected an expression, found "}}"`},
		{"line of an inner statement", "{% if true %}\n  {% if true %}\n    {{ 1 / 0 }}\n  {% endif %}\n{% endif %}", 3, "division by zero"},
		{"line in a macro", "{% macro f() %}\n{{ x.y }}\n{% endmacro %}\n\n{{ f() }}", 2, "'x' is undefined"},
		{"unknown tag", "x\n{% frobnicate %}", 2, `unknown tag "frobnicate"`},
		{"unknown tag inside", "{% if x %}\n{% frobnicate %}", 2, "inside {% if %}"},
		{"unknown filter", "x\n{{ 'x' | frobnicate }}", 2, `there is no filter named "frobnicate"`},
		{"unknown test", "x\n{{ 'x' is frobnicate }}", 2, `there is no test named "frobnicate"`},
		{"unknown function", "{{ frobnicate(1) }}", 1, "'frobnicate' is undefined"},
		{"unknown method", "{{ 'x'.frobnicate() }}", 1, "'str object' has no attribute 'frobnicate'"},
		{"unknown argument", "{{ 'x' | trim(frobnicate=1) }}", 1, "unexpected argument frobnicate"},
		{"include", "{% include '/etc/passwd' %}", 1, "{% include %} is refused"},
		{"import", "{% import 'x' as x %}", 1, "{% import %} is refused"},
		{"from", "{% from 'x' import x %}", 1, "{% from %} is refused"},
		{"extends", "{% extends 'x' %}", 1, "{% extends %} is refused"},
		{"block", "{% block a %}{% endblock %}", 1, "{% block %} is refused"},
		{"autoescape", "{% autoescape true %}{% endautoescape %}", 1, "{% autoescape %} is refused"},
		{"lipsum", "{{ lipsum() }}", 1, "lipsum is not available"},
		{"encode", "{{ 'x'.encode() }}", 1, "encode of str is not supported"},
		{"no writes to lists", "{% set l = [1] %}{{ l.append(2) }}", 1, "unsafe"},
		{"no writes to dictionaries", "{% set d = {} %}{{ d.update({}) }}", 1, "unsafe"},
		{"not a namespace", "{% set d = {} %}{% set d.x = 1 %}", 1, "not a namespace"},
		{"none", "{{ none + 1 }}", 1, "'NoneType' and 'int'"},
		{"break outside", "{% break %}", 1, "outside of a loop"},
		{"break out of a macro", "{% for x in [1] %}{% macro f() %}{% break %}{% endmacro %}{% endfor %}", 1, "outside of a loop"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := render(c.template, &Dict{})
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			if e.Line != c.line || !strings.Contains(e.Message, c.want) {
				t.Errorf("line %d, %q; want line %d, %q", e.Line, e.Message, c.line, c.want)
			}
		})
	}
}

func TestRaised(t *testing.T) {
	_, err := render("{% if true %}{{ raise_exception('no ' ~ 1) }}{% endif %}", &Dict{})
	var raised *RaisedError
	if !errors.As(err, &raised) || raised.Message != "no 1" {
		t.Errorf("got %v", err)
	}
}

func TestFromJSON(t *testing.T) {
	for _, c := range []struct{ name, in, want, fails string }{
		{name: "order and numbers", in: `{"b":1,"a":[1.0,1e2,-0,-0.0,18446744073709551615,1e400]}`, want: `{"b": 1, "a": [1.0, 100.0, 0, -0.0, 18446744073709551615, Infinity]}`},
		{name: "last of equal keys", in: `{"a":1,"b":2,"a":3}`, want: `{"a": 3, "b": 2}`},
		{name: "scalars", in: ` [null, true, "\u00e9\ud83d\ude00"] `, want: `[null, true, "é😀"]`},
		{name: "empty", in: ``, fails: "unexpected end of JSON input"},
		{name: "two values", in: `1 2`, fails: "after top-level value"},
		{name: "no JSON", in: `{a: 1}`, fails: "invalid character"},
		{name: "deep", in: strings.Repeat("[", 300) + strings.Repeat("]", 300), fails: "nested more than 200 deep"},
		{name: "very deep", in: strings.Repeat("[", 100000) + strings.Repeat("]", 100000), fails: "max depth"},
		{name: "long number", in: strings.Repeat("9", 5000), fails: "more than 4300 digits"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, err := FromJSON([]byte(c.in))
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) {
					t.Errorf("got %v, want %q", err, c.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			d := &Dict{}
			d.Set("v", v)
			if got, err := render("{{ v | tojson }}", d); err != nil || got != c.want {
				t.Errorf("got %s (%v), want %s", got, err, c.want)
			}
		})
	}
}

// One template renders for many goroutines at once; run with the race detector.
func TestConcurrent(t *testing.T) {
	tpl, err := Parse("{% set ns = namespace(n=0) %}{% for x in xs %}{% set ns.n = ns.n + x %}{% endfor %}{{ ns.n }}{{ xs | sort }}")
	if err != nil {
		t.Fatal(err)
	}
	variables := testVariables(t)
	results := make(chan string)
	for range 8 {
		go func() {
			s, err := tpl.Render(variables, testNow)
			if err != nil {
				s = err.Error()
			}
			results <- s
		}()
	}
	for range 8 {
		if got := <-results; got != "9[1, 2, 3, 3]" {
			t.Error(got)
		}
	}
}
