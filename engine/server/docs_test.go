package server

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestDocumented holds the tables of docs/server.md to the tables of fields and routes.
func TestDocumented(t *testing.T) {
	data, err := os.ReadFile("../../docs/server.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	section := func(name string) string {
		_, after, found := strings.Cut(page, "\n## "+name+"\n")
		if !found {
			t.Fatalf("no section %q", name)
		}
		text, _, _ := strings.Cut(after, "\n## ")
		return text
	}
	shared := named(section("Parameters of both"))
	for _, c := range []struct {
		section string
		fields  map[string]field
	}{{"Completions", completionFields()}, {"Chat", chatFields()}} {
		own := named(section(c.section))
		for name := range c.fields {
			if !shared[name] && !own[name] {
				t.Errorf("%s: %s is not documented", c.section, name)
			}
		}
		for name := range own {
			if c.fields[name] == nil {
				t.Errorf("%s: %s is documented, and is no parameter", c.section, name)
			}
		}
		for name := range shared {
			if c.fields[name] == nil {
				t.Errorf("%s: %s is documented for both, and is no parameter", c.section, name)
			}
		}
	}
	config := testConfig()
	config.Profile = true
	for path := range New(config, always(), byteTokenizer(t)).routes {
		if strings.HasPrefix(path, "/debug/pprof/") {
			path = "/debug/pprof/"
		}
		if !strings.Contains(page, " "+path) {
			t.Errorf("%s is not documented", path)
		}
	}
}

// named are the names in the first column of a table.
func named(text string) map[string]bool {
	quoted := regexp.MustCompile("`([^`]+)`")
	names := map[string]bool{}
	for line := range strings.Lines(text) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			for _, m := range quoted.FindAllStringSubmatch(cells[1], -1) {
				names[m[1]] = true
			}
		}
	}
	return names
}
