package target

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// yamlDocument writes plain data as a YAML document: maps with sorted keys as blocks, lists as JSON, which YAML contains. The same
// data always gives the same bytes.
func yamlDocument(m map[string]any) (string, error) {
	var b strings.Builder
	if err := yamlBlock(&b, m, ""); err != nil {
		return "", err
	}
	return b.String(), nil
}

func yamlBlock(b *strings.Builder, m map[string]any, indent string) error {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		name, err := yamlScalar(key)
		if err != nil {
			return err
		}
		inner, isMap := m[key].(map[string]any)
		if isMap && len(inner) > 0 {
			fmt.Fprintf(b, "%s%s:\n", indent, name)
			if err := yamlBlock(b, inner, indent+"  "); err != nil {
				return err
			}
			continue
		}
		value, err := yamlScalar(m[key])
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "%s%s: %s\n", indent, name, value)
	}
	return nil
}

// yamlScalar is a value on one line. Texts that could be read as anything else are quoted.
func yamlScalar(v any) (string, error) {
	if text, ok := v.(string); ok && yamlPlain(text) {
		return text, nil
	}
	raw, err := json.Marshal(plainNumbers(v))
	return string(raw), err
}

// plainNumbers writes numbers with exponents out: some readers of YAML take 1e-5 for a text.
func plainNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if x, err := v.Float64(); err == nil && strings.ContainsAny(v.String(), "eE") {
			return json.Number(strconv.FormatFloat(x, 'f', -1, 64))
		}
	case []any:
		all := make([]any, len(v))
		for i := range v {
			all[i] = plainNumbers(v[i])
		}
		return all
	case map[string]any:
		all := map[string]any{}
		for key := range v {
			all[key] = plainNumbers(v[key])
		}
		return all
	}
	return v
}

// yamlWords are read as truth values or nothing by some version of YAML.
var yamlWords = []string{"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"}

// yamlPlain says that a text needs no quotes: a word of letters, digits and _, which begins with a letter or _.
func yamlPlain(text string) bool {
	if text == "" || text[0] >= '0' && text[0] <= '9' || slices.Contains(yamlWords, strings.ToLower(text)) {
		return false
	}
	return strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}
