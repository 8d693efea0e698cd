package scenario

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaylab/assay/analysis/strict"
)

const kinds = `# kinds of requests
[[load.class]]
name = "chat" # of the website
weight = 3
team = "web"

[[load.class]]
name = "rows"
corpus = { file = "rows.jsonl", max_prompt_tokens = 64, max_output_tokens = 16 }
output_tokens = { distribution = "empirical", file = 'lengths "a" #1.csv' }
[load.class.slo]
limit = [{ metric = "e2e", limit = "5s" }]

[[load.class]]
name = "texts"
text = "/else/where.txt"
[load.class.prompt_tokens]
distribution = "empirical"
file = "prompts.csv"
`

const flagged = `name = "load"
model = { path = "embedded:gopherling-7m" }
[[load]]
arrival = "poisson"
rates = [4]
requests = 60
text = "embedded:prose"
prompt_tokens = 64
output_tokens = 8
`

func classFile(t *testing.T, file, text string) *ClassFile {
	t.Helper()
	c, err := ParseClasses(file, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What a file of classes says is what a scenario says by the same tables, but that paths are the file's.
func TestClassFile(t *testing.T) {
	c := classFile(t, "dir/kinds.toml", kinds)
	s, err := Parse("flags", []byte(flagged+c.Text()))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := Parse("dir/s.toml", []byte(flagged+kinds))
	if err != nil {
		t.Fatal(err)
	}
	got, want := s.Loads[0].Classes, whole.Loads[0].Classes
	if len(got) != 3 || got[0].Weight != 3 || got[0].Team != "web" || got[0].PromptTokens.Max != 64 || len(got[1].SLO.Limits) != 1 {
		t.Fatalf("%+v", got)
	}
	for i := range got {
		for _, pair := range [][2]string{{got[i].Text, want[i].Text}, {got[i].Corpus.File, want[i].Corpus.File},
			{got[i].PromptTokens.Observed.File, want[i].PromptTokens.Observed.File}, {got[i].OutputTokens.Observed.File, want[i].OutputTokens.Observed.File}} {
			if s.Resolve(pair[0]) != whole.Resolve(pair[1]) {
				t.Errorf("class %s: %q and %q", got[i].Name, pair[0], pair[1])
			}
		}
	}
	if got[1].OutputTokens.Observed.File != filepath.Join("dir", `lengths "a" #1.csv`) || got[2].Text != "/else/where.txt" || got[0].Text != "embedded:prose" {
		t.Errorf("%+v", got)
	}
	if !c.Has(0, "team") || c.Has(1, "team", "priority") || !c.Has(1, "slo", "team") || !c.All("name") || c.All("corpus") || !c.All("corpus", "text", "weight") {
		t.Error("says wrongly which classes have which keys")
	}
	if _, err := Parse("flags", []byte(flagged+classFile(t, "k.toml", "\ufeff"+kinds).Text())); err != nil {
		t.Error(err)
	}
}

// Defaults are of the classes that say nothing in their place, whatever is on the line where a class begins.
func TestClassDefaults(t *testing.T) {
	c := classFile(t, "dir/k.toml", "[[load.class]] # first = 3\r\nname = \"a\"\r\n[[ load . class ]]\nname = \"b\"\noutput_tokens = 3\n[[load.class]]\nname = \"c\"\ntext = \"c.txt\"\n[load.class.slo]\npreset = \"server\"\n")
	c.Default("output_tokens", "5", "output_tokens", "corpus")
	c.Default("text", `"embedded:prose"`, "text", "corpus")
	c.Default("prompt_tokens", "9", "prompt_tokens", "corpus")
	s, err := Parse("flags", []byte(strings.Split(flagged, "text =")[0]+c.Text()))
	if err != nil {
		t.Fatalf("%v\n%s", err, c.Text())
	}
	for i, want := range []Class{{Text: "embedded:prose", OutputTokens: Length{Max: 5}}, {Text: "embedded:prose", OutputTokens: Length{Max: 3}}, {Text: "dir/c.txt", OutputTokens: Length{Max: 5}}} {
		if k := s.Loads[0].Classes[i]; k.Text != filepath.FromSlash(want.Text) || k.OutputTokens.Max != want.OutputTokens.Max || k.PromptTokens.Max != 9 || (len(k.SLO.Limits) > 0) != (i == 2) {
			t.Errorf("class %d: %+v", i, k)
		}
	}
}

// A problem of a class is the file's, with its line and key there, and one with what the class has from its load is said to be.
func TestClassFileProblems(t *testing.T) {
	for _, row := range []struct{ text, says, inherited string }{
		{"[[load.class]]\n\nname = \"a\"\nweigth = 3\n", `k.toml:4: load.class[0].weigth: unknown key; did you mean "weight"?`, ""},
		{"[[load.class]]\nname = \"a\"\nweight = 0\n", "k.toml:3: load.class[0].weight: integer 0, expected a number above 0 and at most 1000000", ""},
		{"# of one\n[[load.class]]\nteam = \"x\"\n", `k.toml:2: load.class[0].name: missing, expected a name in quotes; add name = "chat"`, ""},
		{"[[load.class]]\nname = \"a\"\n[[load.class]]\nname = \"a\"\n", `k.toml:4: load.class[1].name: string "a", expected a name of its own; load.class[0] has it`, ""},
		{"[[load.class]]\nname = \"a\"\n[load.class.slo]\nlimit = [{ metric = \"speed\", limit = \"1s\" }]\n", `k.toml:4: load.class[0].slo.limit[0].metric: string "speed", expected one of `, ""},
		{"[[load.class]]\nname = \"a\"\ncorpus = { file = \"\"\"\nx\"\"\", max_prompt_tokens = 9, max_output_tokens = 4 }\n",
			"k.toml:1: load.class[0]: 8, expected at most corpus.max_output_tokens (4)", "output_tokens"},
		{"[[load.class]]\nname = \"a\"\nprompt_tokens = 16\n[[load.class]]\nname = \"b\"\nshared_prefix = { groups = 2, tokens = 70 }\n",
			"k.toml:6: load.class[1].shared_prefix.tokens: 70, expected less than the shortest prompt (64 tokens)", ""},
		{strings.Repeat("[[load.class]]\nname = \"a\"\n", mostClasses+1), "k.toml:1: load.class: 65 classes, expected at most 64", ""},
	} {
		c := classFile(t, "k.toml", row.text)
		_, err := Parse("flags", []byte(flagged+c.Text()))
		found := false
		for _, p := range strict.Problems(err) {
			own, inherited, ok := c.Own(p)
			found = found || ok && strings.HasPrefix(own.Error(), row.says) && inherited == row.inherited
		}
		if !found {
			t.Errorf("%q: %v, want %s and %q", row.text, err, row.says, row.inherited)
		}
	}
	if _, _, ok := classFile(t, "k.toml", kinds).Own(&strict.Problem{Key: "load[0].rates"}); ok {
		t.Error("a problem of a flag is the file's")
	}
}

// What is no file of [[load.class]] tables is refused as that.
func TestNoClassFile(t *testing.T) {
	const alone = "expected [[load.class]] tables and nothing else: flags say the rest of a load"
	for _, row := range []struct{ text, says string }{
		{"", "k.toml:1: load: missing, " + alone},
		{"[[load.class]\n", "k.toml:1: not TOML: "},
		{"\n[[load]]\nrates = [4]\n[[load.class]]\nname = \"a\"\n", "k.toml:2: load: an array of 1 tables, " + alone},
		{"name = \"s\"\n[[load.class]]\nname = \"a\"\n", "k.toml:1: name: unknown key"},
		{"[load]\nrates = [4]\n[[load.class]]\nname = \"a\"\n", "k.toml:2: load.rates: unknown key"},
		{"[load.class]\nname = \"a\"\n", "k.toml:1: load.class: a table, expected an array of tables; write [[load.class]] with double brackets"},
		{"load = { class = [{ name = \"a\" }] }\n", "k.toml:1: load: a table, " + alone + "; write every class as [[load.class]]"},
		{"load.class = [{ name = \"a\" }]\n", "k.toml:1: load: a table, " + alone},
		{"[load]\nclass = []\n", "k.toml:1: load: a table, " + alone},
		{"[[load.class]]\nname = \"a\"\n[load]\n", "k.toml:1: load: a table, " + alone},
		{"load = 3\n", "k.toml:1: load: integer 3, " + alone},
	} {
		if _, err := ParseClasses("k.toml", []byte(row.text)); err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%q: %v, want %s", row.text, err, row.says)
		}
	}
	if _, err := LoadClasses(filepath.Join(t.TempDir(), "none.toml")); err == nil || !strings.Contains(err.Error(), "no such file, expected [[load.class]] tables") {
		t.Error(err)
	}
	if _, err := LoadClasses(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Error(err)
	}
}

// FuzzClassFile: whatever a file says, it is refused, or is TOML behind a load that has as many classes.
func FuzzClassFile(f *testing.F) {
	for _, text := range []string{kinds, "[[load.class]]\nname = 'a'\ncorpus.file = \"x\"\n", "load.class = []\n", "[[load.class]]\ntext = \"\"\"\nx\"\"\"\n[load.class.conversation]\nuser_tokens = { file = 'y' }\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseClasses("dir/k.toml", []byte(text))
		if err != nil {
			if !strings.Contains(err.Error(), "k.toml") {
				t.Fatalf("%v does not name the file", err)
			}
			return
		}
		c.Default("output_tokens", "3", "output_tokens")
		if !c.follows() {
			t.Fatalf("%q follows no load", c.Text())
		}
		_, err = Parse("flags", []byte(flagged+c.Text()))
		for _, p := range strict.Problems(err) {
			if own, _, ok := c.Own(p); ok && (own.File != c.File || own.Line < 1) {
				t.Fatalf("%+v", own)
			}
		}
	})
}
