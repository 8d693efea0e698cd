package target

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assaylab/assay/experiments/system"
	"github.com/assaylab/assay/experiments/target/pbtxt"
)

// templates are the configurations of a model repository whose places are to be filled, by their paths in it.
type templates map[string]string

// readTemplates reads all configurations below a folder.
func readTemplates(dir string) (templates, error) {
	all := templates{}
	found, err := filepath.Glob(filepath.Join(globSafe(dir), "*", configFile))
	if err != nil {
		return nil, err
	}
	for _, path := range found {
		raw, err := readBounded(path, largestConfig)
		if err != nil {
			return nil, err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return nil, err
		}
		all[filepath.ToSlash(name)] = string(raw)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has no model configurations, expected folders such as ensemble and tensorrt_llm with a %s in each", dir, configFile)
	}
	return all, nil
}

// place is a ${name} in a template.
type place struct {
	name     string
	from, to int // in the text
	line     int
	quoted   bool // inside of a text
}

// places finds them, but for those in comments.
func places(text string) (all []place) {
	line, quoted, comment := 1, false, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\n':
			line, comment, quoted = line+1, false, false // a text does not go over lines
		case comment:
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == '#' && !quoted:
			comment = true
		case c == '$' && strings.HasPrefix(text[i:], "${"):
			name, _, closed := strings.Cut(text[i+2:], "}")
			if closed && isName(name) {
				to := i + len("${") + len(name) + 1
				all = append(all, place{name, i, to, line, quoted})
				i = to - 1
			}
		}
	}
	return all
}

func isName(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}

// needed are places inside of texts that the backend does not run without.
var needed = []string{"engine_dir", "tokenizer_dir", "batching_strategy", "triton_backend"}

// fill puts values in their places. A place inside of a text that has no value stays as it is, which the backend takes for not
// given; without a value any other place is a problem, and so is a value without a place.
func (t templates) fill(values map[string]string) (templates, error) {
	out := templates{}
	used := map[string]bool{}
	var problems []error
	for _, file := range slices.Sorted(maps.Keys(t)) {
		text, at := "", 0
		for _, p := range places(t[file]) {
			value, given := values[p.name]
			used[p.name] = true
			switch {
			case given && p.quoted:
				value = escapeText(value)
			case !given && (!p.quoted || slices.Contains(needed, p.name)):
				problems = append(problems, fmt.Errorf("%s:%d: ${%s} has no value: %s", file, p.line, p.name, giveIt(p.name)))
				continue
			case !given:
				continue
			}
			text, at = text+t[file][at:p.from]+value, p.to
		}
		out[file] = text + t[file][at:]
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !used[name] {
			problems = append(problems, fmt.Errorf("%s is given, and no %s has a place ${%s} for it", name, configFile, name))
		}
	}
	if problems != nil {
		return nil, errors.Join(problems...)
	}
	return out, out.parse()
}

// parse holds the filled configurations against their grammar.
func (t templates) parse() error {
	for _, file := range slices.Sorted(maps.Keys(t)) {
		if _, err := pbtxt.Parse([]byte(t[file])); err != nil {
			return fmt.Errorf("%s, filled in: %w", file, err)
		}
	}
	return nil
}

// giveIt says how a value is given.
func giveIt(name string) string {
	k, _ := system.Named("triton-trtllm")
	switch {
	case name == "max_queue_size" || name == "max_queue_delay_microseconds":
		return fmt.Sprintf("write settings = { %s = 0 } for none", name)
	case slices.Contains(k.SettingNames(), name):
		return fmt.Sprintf("write settings = { %s = ... }", name)
	}
	return fmt.Sprintf(`write settings = { %s = '{"%s": "..."}' }`, system.TemplateExtra, name)
}

// escapeText is a value inside of quotes.
func escapeText(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s)
}

// write makes a repository of the filled configurations: a copy of the templates' with these in it. An ensemble has no files, and
// Triton wants the folder of a version all the same.
func (t templates) write(from, to string) error {
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	for _, file := range slices.Sorted(maps.Keys(t)) {
		model := filepath.Dir(filepath.FromSlash(file))
		dir := filepath.Join(to, model)
		if err := copyModel(filepath.Join(from, model), dir); err != nil {
			return err
		}
		if !slices.ContainsFunc(folders(dir), isVersion) {
			if err := os.MkdirAll(filepath.Join(dir, "1"), 0o755); err != nil {
				return err
			}
		}
		if err := os.WriteFile(filepath.Join(dir, configFile), []byte(t[file]), 0o644); err != nil {
			return err
		}
	}
	return nil
}
