package scenario

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/assaylab/assay/analysis/strict"
)

// ClassFile is a file of [[load.class]] tables alone, of a load that is told by flags. What is in the tables is read with the
// rest of that load, once they are behind it.
type ClassFile struct {
	File string

	text   string           // as it is written
	where  strict.Positions // in it
	tables []map[string]any
	edits  []textEdit
}

// textEdit puts other words in the place of some of a text.
type textEdit struct {
	from, to int // bytes
	words    string
}

// LoadClasses reads a file of classes. The error holds every problem that the tables have as such, as that of Load does.
func LoadClasses(path string) (*ClassFile, error) {
	text, err := readText(path, "[[load.class]] tables")
	if err != nil {
		return nil, err
	}
	return ParseClasses(path, text)
}

// ParseClasses reads classes from text; file names it in messages and is what relative paths are relative to.
func ParseClasses(file string, text []byte) (*ClassFile, error) {
	c := &ClassFile{File: file, text: strings.TrimPrefix(string(text), "\ufeff")} // a mark that only the beginning of a file may have
	t, err := decode(file, []byte(c.text))
	if err != nil {
		return nil, err
	}
	c.where = t.where
	c.open(t)
	if len(t.problems) > 0 {
		return nil, strict.Join(t.problems)
	}
	c.relocate()
	return c, nil
}

// open finds the tables. All else that the file says is a problem: flags say it.
func (c *ClassFile) open(t *table) {
	const alone = "[[load.class]] tables and nothing else: flags say the rest of a load"
	v, there := t.values["load"]
	_, isTable := v.(map[string]any)
	switch {
	case !there:
		t.missing("load", alone, `[[load.class]] with name = "chat"`)
	case !isTable:
		t.known = append(t.known, "load")
		t.bad("load", v, alone, "")
	default:
		l, _ := t.child("load")
		for _, k := range l.children("class") {
			c.tables = append(c.tables, k.values)
		}
		l.finish()
		if len(t.problems) == 0 && !c.follows() {
			t.bad("load", v, alone, "write every class as [[load.class]], with double brackets")
		}
	}
	t.finish()
}

// follows says whether the text is still TOML behind a [[load]], and adds classes to that.
func (c *ClassFile) follows() bool {
	var joined struct{ Load []map[string]any }
	_, err := toml.Decode("[[load]]\n"+c.Text(), &joined)
	return err == nil && len(joined.Load) == 1 && joined.Load[0]["class"] != nil
}

// classPaths are the keys of a class whose values are paths.
var classPaths = []string{"text", "corpus.file", "prompt_tokens.file", "output_tokens.file", "conversation.user_tokens.file"}

// relocate makes the paths, which are relative to the file, relative to the working directory.
func (c *ClassFile) relocate() {
	from := Scenario{File: c.File}
	for i, k := range c.tables {
		for _, key := range classPaths {
			at := c.where[strict.Element("load.class", i)+"."+key]
			if path, ok := dig(k, strings.Split(key, ".")).(string); ok && at.Text != "" {
				text, _ := json.Marshal(from.Resolve(path)) // every JSON string is one of TOML
				c.edits = append(c.edits, textEdit{at.From, at.From + len(at.Text), string(text)})
			}
		}
	}
}

// Default gives a value, as TOML has it, to the classes that have none of the keys.
func (c *ClassFile) Default(key, value string, unless ...string) {
	for i := range c.tables {
		if c.Has(i, unless...) {
			continue
		}
		header := c.where[strict.Element("load.class", i)].At
		line, _, _ := strings.Cut(c.text[header:], "\n")
		end := header + len(strings.TrimSuffix(line, "\r"))
		c.edits = append(c.edits, textEdit{end, end, "\n" + key + " = " + value})
	}
}

// Text is what the file says, with its defaults and its paths made to be read from the working directory, to be put behind a
// scenario whose last table is its only [[load]].
func (c *ClassFile) Text() string {
	slices.SortStableFunc(c.edits, func(a, b textEdit) int { return cmp.Compare(a.from, b.from) })
	var b strings.Builder
	done := 0
	for _, e := range c.edits {
		b.WriteString(c.text[done:e.from] + e.words)
		done = e.to
	}
	return b.String() + c.text[done:]
}

// dig is the value at a path of keys, nil where there is none.
func dig(v any, path []string) any {
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

// Has says whether class i, from 0, says something of its own by one of the keys.
func (c *ClassFile) Has(i int, keys ...string) bool {
	return slices.ContainsFunc(keys, func(k string) bool { return c.tables[i][k] != nil })
}

// All says whether every class does.
func (c *ClassFile) All(keys ...string) bool {
	for i := range c.tables {
		if !c.Has(i, keys...) {
			return false
		}
	}
	return true
}

// Own words a problem of the scenario that Text was put behind as one of the file, false where it is none. A class can be at odds
// with what it has from its load: inherited is then the key of that, as "shared_prefix.tokens", and the problem's is the class's.
func (c *ClassFile) Own(p *strict.Problem) (own *strict.Problem, inherited string, ok bool) {
	const joined, alone = "load[0].class", "load.class"
	rest, ok := strings.CutPrefix(p.Key, joined)
	if !ok {
		return nil, "", false
	}
	own = &strict.Problem{File: c.File, Key: alone + rest, Found: p.Found, Expected: p.Expected, Suggestion: strings.ReplaceAll(p.Suggestion, joined, alone)}
	if i, key := ofElement(rest); key != "" && p.Found != "missing" && !c.Has(i, first(key)) {
		own.Key, inherited = strict.Element(alone, i), key
	}
	own.Line = c.where.LineOf(own.Key)
	return own, inherited, true
}

// ofElement reads "[2].a.b" as 2 and "a.b"; the key is "" where there is none.
func ofElement(path string) (i int, key string) {
	index, key, _ := strings.Cut(strings.TrimPrefix(path, "["), "].")
	i, err := strconv.Atoi(index)
	if err != nil {
		return 0, ""
	}
	return i, key
}

// first is the first name of a path of keys.
func first(key string) string {
	if at := strings.IndexAny(key, ".["); at >= 0 {
		return key[:at]
	}
	return key
}
