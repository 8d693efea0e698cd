package scenario

import (
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/strict"
)

func TestEdit(t *testing.T) {
	const text = `name = "x" # a name
dotted.key = 1

[engine] # settings
threads = 1   # of two
[[load]]
rates = [1, 2,
  3]
prompt_tokens = { min = 1, max = 4 }
[[load]]
rates = [9]
[a.b]
c = 1`
	for _, row := range []struct{ key, value, old, becomes string }{
		{"name", "y", `"x" # a name`, `"y" # a name`},
		{"name", `"z z"`, `"x" # a name`, `"z z" # a name`},
		{"engine.threads", "2", "threads = 1   #", "threads = 2   #"},
		{"load[0].rates", "[0.5]", "[1, 2,\n  3]", "[0.5]"},
		{"load[0].rates[1]", "7", "[1, 2,", "[1, 7,"},
		{"load[0].prompt_tokens.max", "8", "max = 4", "max = 8"},
		{"load[1].rates", "[4, 5]", "[9]", "[4, 5]"},
		{"engine.quantization", "as-shipped", "# settings\n", "# settings\nquantization = \"as-shipped\"\n"},
		{"load[1].timeout", "60s", "[[load]]\nrates = [9]", "[[load]]\ntimeout = \"60s\"\nrates = [9]"},
		{"run.seed", "3", "c = 1", "c = 1\n\n[run]\nseed = 3\n"},
		{"seed", "3", "name = ", "seed = 3\nname = "},
	} {
		got, err := Edit(text, row.key, row.value)
		if want := strings.Replace(text, row.old, row.becomes, 1); err != nil || got != want {
			t.Errorf("%s=%s: %v\n%s\nwant\n%s", row.key, row.value, err, got, want)
		}
	}
	for _, row := range [][2]string{
		{"engine", "1"}, {"load", "1"}, {"load[0]", "1"}, {"load.rates", "[1]"}, {"load[2].rates", "[1]"}, {"dotted.other", "1"}, {"a.x", "1"},
		{"name.x", "1"}, {"", "1"}, {"engine.", "1"}, {".x", "1"}, {"engine.a b", "1"}, {"load[0].prompt_tokens.mean", "2"}, {"name", "a\nb = 1"}, {"name", `a"`},
	} {
		if got, err := Edit(text, row[0], row[1]); err == nil {
			t.Errorf("%s=%s gives\n%s", row[0], row[1], got)
		}
	}
}

// What Edit accepts is TOML that has the value at the key.
func FuzzEdit(f *testing.F) {
	f.Add("[a]\nb = 1\n", "a.b", "2")
	f.Add("[[a]]\n[[a]]\nb = [1, {c = 2}]", "a[1].b[1].c", "x")
	f.Add("a = '''\n[b]'''", "b.c", "[1]")
	f.Fuzz(func(t *testing.T, text, key, value string) {
		got, err := Edit(text, key, value)
		if err != nil {
			return
		}
		if s := strict.Scan(got)[key].Text; s != strings.TrimSpace(value) && s != `"`+value+`"` {
			t.Errorf("%q in %q became %q, with %q there", key, text, got, s)
		}
	})
}
