package scenario

import (
	"fmt"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/assaylab/assay/analysis/strict"
)

// Edit gives one key of a scenario's text another value and leaves everything else as it is written, so
// that the result is a scenario to keep beside what was measured. Key is a path as in messages:
// engine.threads, load[1].rates. A key that is not there is added to its table, and its table to
// the text. Value is TOML; what is no TOML value is taken as a string, so that quotes may be left out.
func Edit(text, key, value string) (string, error) {
	value, err := valueOf(value)
	if err != nil {
		return "", fmt.Errorf("%s: %w", key, err)
	}
	where := strict.Scan(text)
	if at, ok := where[key]; ok {
		if at.Text == "" {
			return "", fmt.Errorf("%s is a table: give the keys in it one by one", key)
		}
		return text[:at.From] + value + text[at.From+len(at.Text):], nil
	}
	return add(text, where, key, value)
}

// valueOf is a value as TOML has it, on one line.
func valueOf(value string) (string, error) {
	var as map[string]any
	if _, err := toml.Decode("v = "+value, &as); err == nil && len(as) == 1 && !strings.ContainsAny(value, "\n#") {
		return strings.TrimSpace(value), nil
	}
	if strings.ContainsAny(value, "\"\\\n\r") {
		return "", fmt.Errorf("%q is no value of TOML", value)
	}
	return `"` + value + `"`, nil
}

// add puts a new key on a line of its own behind the header of its table.
func add(text string, where strict.Positions, key, value string) (string, error) {
	table, name := "", key
	if dot := strings.LastIndexByte(key, '.'); dot >= 0 {
		table, name = key[:dot], key[dot+1:]
	}
	line, added := name+" = "+value, ""
	switch at, ok := where[table]; {
	case table == "":
		added = line + "\n" + text
	case ok && strings.HasPrefix(text[at.At:], "["):
		header, _, _ := strings.Cut(text[at.At:], "\n")
		end := at.At + len(header)
		added = text[:end] + "\n" + line + text[end:]
	case !ok:
		added = strings.TrimRight(text, "\n") + "\n\n[" + table + "]\n" + line + "\n"
	}
	var as map[string]any
	if _, err := toml.Decode(added, &as); err != nil || strict.Scan(added)[key].Text != value {
		return "", fmt.Errorf("%q is no key of the scenario and cannot be added to it, expected one such as engine.threads or load[0].rates", key)
	}
	return added, nil
}
