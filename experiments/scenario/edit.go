package scenario

import (
	"fmt"
	"strings"

	"github.com/BurntSushi/toml"
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
	where := scan(text)
	if at, ok := where[key]; ok {
		if at.text == "" {
			return "", fmt.Errorf("%s is a table: give the keys in it one by one", key)
		}
		return text[:at.from] + value + text[at.from+len(at.text):], nil
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
func add(text string, where positions, key, value string) (string, error) {
	table, name := "", key
	if dot := strings.LastIndexByte(key, '.'); dot >= 0 {
		table, name = key[:dot], key[dot+1:]
	}
	line, added := name+" = "+value, ""
	switch at, ok := where[table]; {
	case table == "":
		added = line + "\n" + text
	case ok && strings.HasPrefix(text[at.at:], "["):
		header, _, _ := strings.Cut(text[at.at:], "\n")
		end := at.at + len(header)
		added = text[:end] + "\n" + line + text[end:]
	case !ok:
		added = strings.TrimRight(text, "\n") + "\n\n[" + table + "]\n" + line + "\n"
	}
	var as map[string]any
	if _, err := toml.Decode(added, &as); err != nil || scan(added)[key].text != value {
		return "", fmt.Errorf("%q is no key of the scenario and cannot be added to it, expected one such as engine.threads or load[0].rates", key)
	}
	return added, nil
}
