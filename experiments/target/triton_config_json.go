package target

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// configJSON is the configuration as a server tells it, and takes it in place of a file.
type configJSON map[string]any

var _ configTree = configJSON{}

// readConfigJSON keeps numbers as they are written.
func readConfigJSON(raw []byte) (configJSON, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var c configJSON
	if err := d.Decode(&c); err != nil {
		return nil, fmt.Errorf("not the configuration of a model: %w", err)
	}
	if c == nil {
		return nil, fmt.Errorf("not the configuration of a model: null")
	}
	return c, nil
}

// repeated are the fields that settings are in and that are lists, which JSON has to tell from single values.
var repeated = []string{"instance_group", "preferred_batch_size"}

// at are the objects at a path, all of lists.
func (c configJSON) at(path []string) []map[string]any {
	here := []map[string]any{c}
	for _, name := range path {
		var next []map[string]any
		for _, m := range here {
			for _, v := range listed(m[name]) {
				if object, ok := v.(map[string]any); ok {
					next = append(next, object)
				}
			}
		}
		here = next
	}
	return here
}

// listed are the elements of a list, or the value that is none.
func listed(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	if v == nil {
		return nil
	}
	return []any{v}
}

func (c configJSON) scalars(path ...string) (all []string) {
	last := len(path) - 1
	for _, m := range c.at(path[:last]) {
		for _, v := range listed(m[path[last]]) {
			switch v.(type) {
			case json.Number, string, bool:
				all = append(all, fmt.Sprint(v))
			}
		}
	}
	return all
}

func (c configJSON) has(path ...string) bool {
	last := len(path) - 1
	return slices.ContainsFunc(c.at(path[:last]), func(m map[string]any) bool { return len(listed(m[path[last]])) > 0 })
}

func (c configJSON) set(path, values []string) {
	last := len(path) - 1
	for i, name := range path[:last] {
		if len(c.at(path[:i+1])) > 0 {
			continue
		}
		for _, m := range c.at(path[:i]) {
			m[name] = shaped(name, map[string]any{})
		}
	}
	for _, m := range c.at(path[:last]) {
		setJSON(m, path[last], values)
	}
}

// shaped is a value as a field has it.
func shaped(name string, v any) any {
	if slices.Contains(repeated, name) {
		return []any{v}
	}
	return v
}

func setJSON(m map[string]any, name string, values []string) {
	if len(values) == 0 {
		if m[name] == nil {
			m[name] = shaped(name, map[string]any{})
		}
		return
	}
	var all []any
	for _, v := range values {
		all = append(all, jsonValue(v))
	}
	if slices.Contains(repeated, name) {
		m[name] = all
	} else {
		m[name] = all[0]
	}
}

// jsonValue is a number, a boolean or the name of an enumeration.
func jsonValue(s string) any {
	if _, err := strconv.ParseInt(s, 10, 64); err == nil {
		return json.Number(s)
	}
	if b, err := strconv.ParseBool(s); err == nil {
		return b
	}
	return s
}

func (c configJSON) remove(path ...string) {
	last := len(path) - 1
	for _, m := range c.at(path[:last]) {
		delete(m, path[last])
	}
}
