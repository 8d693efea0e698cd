package chat

import (
	"encoding/json"
	"errors"
	"os"
	"testing"
)

// Every template over every conversation gives what Jinja2 gives, byte for byte, and
// raises what it raises.
func TestAgainstJinja2(t *testing.T) {
	raw, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name, Template, Want, Raises string
		Messages                     []Message
		Generation                   bool
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			tpl, err := New(c.Template, "<s>", "</s>")
			if err != nil {
				t.Fatal(err)
			}
			got, err := tpl.Render(c.Messages, c.Generation)
			var raised *RaisedError
			switch {
			case c.Raises != "":
				if !errors.As(err, &raised) || raised.Message != c.Raises {
					t.Errorf("error is %v, want the template to raise %q", err, c.Raises)
				}
			case err != nil:
				t.Error(err)
			case got != c.Want:
				t.Errorf("template %q\n got %q\nwant %q", c.Template, got, c.Want)
			}
		})
	}
}
