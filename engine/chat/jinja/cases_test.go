package jinja

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

var testNow = time.Date(2026, 3, 9, 7, 5, 4, 0, time.UTC)

// render parses and renders; the error is of whichever failed.
func render(template string, variables *Dict) (string, error) {
	t, err := Parse(template)
	if err != nil {
		return "", err
	}
	return t.Render(variables, testNow)
}

func testVariables(t testing.TB) *Dict {
	t.Helper()
	raw, err := os.ReadFile("testdata/variables.json")
	if err != nil {
		t.Fatal(err)
	}
	v, err := FromJSON(raw)
	if err != nil {
		t.Fatal(err)
	}
	return v.(*Dict)
}

// unlike are the cases in which this package and Jinja differ on purpose.
var unlike = map[string]string{
	"{{ none[1:] }}":       "cannot be sliced", // only as a literal it is undefined in Jinja
	"{{ nope.__class__ }}": "'nope' is undefined",
	"{#":                   "not closed",
}

// Every template, of those written by hand and those drawn at random, gives what Jinja2 in transformers' sandbox
// gives, raises what it raises, and fails where it fails.
func TestAgainstJinja(t *testing.T) {
	t.Run("written", func(t *testing.T) { againstJinja(t, "testdata/cases.json", 1500) })
	t.Run("drawn", func(t *testing.T) { againstJinja(t, "testdata/expressions.json", 900) })
}

func againstJinja(t *testing.T, file string, least int) {
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Template            string
		Want, Raises, Fails *string
	}
	if err := json.Unmarshal(raw, &cases); err != nil || len(cases) < least {
		t.Fatal(len(cases), err)
	}
	variables := testVariables(t)
	for _, c := range cases {
		name := strings.NewReplacer(" ", "_", "/", "∕").Replace(c.Template)
		t.Run(name, func(t *testing.T) {
			got, err := render(c.Template, variables)
			var raised *RaisedError
			switch {
			case unlike[c.Template] != "":
				if err == nil || !strings.Contains(err.Error(), unlike[c.Template]) {
					t.Errorf("got %q (%v), want an error with %q", got, err, unlike[c.Template])
				}
			case c.Want != nil:
				if err != nil || got != *c.Want {
					t.Errorf("%q\n got %q (%v)\nwant %q", c.Template, got, err, *c.Want)
				}
			case c.Raises != nil:
				if !errors.As(err, &raised) || raised.Message != *c.Raises {
					t.Errorf("error is %v, want %q raised", err, *c.Raises)
				}
			case err == nil || errors.As(err, &raised):
				t.Errorf("%q\n got %q (%v), want it to fail with %s", c.Template, got, err, *c.Fails)
			}
		})
	}
}
