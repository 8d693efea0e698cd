package target

import (
	"slices"

	"github.com/assaylab/assay/experiments/target/pbtxt"
)

// configText is the configuration as a config.pbtxt has it.
type configText struct{ *pbtxt.Message }

var _ configTree = configText{}

// at are the messages at a path, all of repeated fields.
func (t configText) at(path []string) []*pbtxt.Message {
	here := []*pbtxt.Message{t.Message}
	for _, name := range path {
		var next []*pbtxt.Message
		for _, m := range here {
			for _, v := range m.All(name) {
				if v.Message != nil {
					next = append(next, v.Message)
				}
			}
		}
		here = next
	}
	return here
}

func (t configText) scalars(path ...string) (all []string) {
	last := len(path) - 1
	for _, m := range t.at(path[:last]) {
		for _, v := range m.All(path[last]) {
			if v.Message == nil {
				all = append(all, v.Scalar)
			}
		}
	}
	return all
}

func (t configText) has(path ...string) bool {
	last := len(path) - 1
	return slices.ContainsFunc(t.at(path[:last]), func(m *pbtxt.Message) bool { return len(m.All(path[last])) > 0 })
}

func (t configText) set(path, values []string) {
	last := len(path) - 1
	for i, name := range path[:last] {
		if len(t.at(path[:i+1])) > 0 {
			continue
		}
		for _, m := range t.at(path[:i]) {
			m.Set(name, pbtxt.Value{Message: &pbtxt.Message{}})
		}
	}
	for _, m := range t.at(path[:last]) {
		setText(m, path[last], values)
	}
}

func setText(m *pbtxt.Message, name string, values []string) {
	if len(values) == 0 {
		if len(m.All(name)) == 0 {
			m.Set(name, pbtxt.Value{Message: &pbtxt.Message{}})
		}
		return
	}
	var all []pbtxt.Value
	for _, v := range values {
		all = append(all, pbtxt.Value{Scalar: v})
	}
	m.Set(name, all...)
}

func (t configText) remove(path ...string) {
	last := len(path) - 1
	for _, m := range t.at(path[:last]) {
		m.Remove(path[last])
	}
}
