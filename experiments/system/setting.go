package system

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/assaylab/assay/analysis/near"
)

// Type is what values a setting has.
type Type int

// Types of settings.
const (
	Text    Type = iota // any string without a line break
	Integer             // from Min to Max
	Number              // from Min to Max
	Boolean
	Choice // one of Choices
)

// Setting is one setting of a system, by a name of its own that is like the system's.
type Setting struct {
	Name, Doc string
	Type      Type
	Min, Max  float64 // Integer and Number
	Choices   []string

	// Check says what would be accepted where the type alone accepts too much, "" where the value is fine. nil accepts all.
	Check func(value string) (expected string)
}

// Values are the settings that are given, by name, in canonical text. What is not given is left to the system.
type Values map[string]string

// Names are those of the given settings, in the order of k's.
func (v Values) Names(k Kind) (all []string) {
	for _, s := range k.Settings {
		if _, given := v[s.Name]; given {
			all = append(all, s.Name)
		}
	}
	return all
}

// ValueError is a value that a setting does not accept.
type ValueError struct {
	Name       string
	Value      any
	Expected   string
	Suggestion string // "" for none
}

// Error words it in one line.
func (e *ValueError) Error() string {
	text := fmt.Sprintf("%s: found %v, expected %s", e.Name, e.Value, e.Expected)
	if e.Suggestion != "" {
		text += "; " + e.Suggestion
	}
	return text
}

// Parse checks one value as TOML gave it, and returns its canonical text. The error is a *ValueError.
func (k Kind) Parse(name string, v any) (string, error) {
	s, ok := k.Setting(name)
	if !ok {
		return "", &ValueError{name, v, "a setting of " + k.Title, near.Suggestion(name, k.SettingNames())}
	}
	text, expected, suggestion := s.parse(v)
	if expected == "" && s.Check != nil {
		expected = s.Check(text)
	}
	if expected != "" {
		return "", &ValueError{name, v, expected, suggestion}
	}
	return text, nil
}

// ParseText is Parse for text, such as an argument of a command.
func (k Kind) ParseText(name, text string) (string, error) {
	s, _ := k.Setting(name)
	return k.Parse(name, s.typed(text))
}

// typed is the TOML value that a text stands for; the text itself where it stands for none of the type.
func (s Setting) typed(text string) any {
	switch s.Type {
	case Integer:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
	case Number:
		if x, err := strconv.ParseFloat(text, 64); err == nil {
			return x
		}
	case Boolean:
		if b, err := strconv.ParseBool(text); err == nil {
			return b
		}
	}
	return text
}

// parse returns the canonical text, or what would be accepted.
func (s Setting) parse(v any) (text, expected, suggestion string) {
	switch s.Type {
	case Integer:
		return s.parseInteger(v)
	case Number:
		return s.parseNumber(v)
	case Boolean:
		if b, ok := v.(bool); ok {
			return strconv.FormatBool(b), "", ""
		}
		return "", "true or false", ""
	case Choice:
		return s.parseChoice(v)
	}
	t, ok := v.(string)
	if !ok || t == "" || strings.ContainsAny(t, "\n\r\x00") {
		return "", "a text of one line in quotes", ""
	}
	return t, "", ""
}

func (s Setting) parseInteger(v any) (text, expected, suggestion string) {
	n, ok := v.(int64)
	if !ok || float64(n) < s.Min || float64(n) > s.Max {
		return "", "a whole number " + s.between(), s.unquoted(v)
	}
	return strconv.FormatInt(n, 10), "", ""
}

func (s Setting) parseNumber(v any) (text, expected, suggestion string) {
	x, ok := v.(float64)
	if n, whole := v.(int64); whole {
		x, ok = float64(n), true
	}
	if !ok || math.IsNaN(x) || x < s.Min || x > s.Max {
		return "", "a number " + s.between(), s.unquoted(v)
	}
	return strconv.FormatFloat(x, 'f', -1, 64), "", ""
}

func (s Setting) parseChoice(v any) (text, expected, suggestion string) {
	t, ok := v.(string)
	if !ok || !slices.Contains(s.Choices, t) {
		return "", "one of " + strings.Join(s.Choices, ", "), near.Suggestion(t, s.Choices)
	}
	return t, "", ""
}

// between words the range.
func (s Setting) between() string {
	low, high := strconv.FormatFloat(s.Min, 'f', -1, 64), strconv.FormatFloat(s.Max, 'f', -1, 64)
	if math.IsInf(s.Max, 1) {
		return "of " + low + " or more"
	}
	return "from " + low + " to " + high
}

// unquoted is the usual slip: a number in quotes.
func (s Setting) unquoted(v any) string {
	if t, ok := v.(string); ok {
		if _, err := strconv.ParseFloat(t, 64); err == nil {
			return fmt.Sprintf("write %s = %s without quotes", s.Name, t)
		}
	}
	return ""
}
