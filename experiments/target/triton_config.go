package target

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/assaylab/assay/experiments/system"
)

// configTree is the configuration of a model, as its file has it (configText) or as a server tells it (configJSON).
type configTree interface {
	// scalars are the values at a path, in all messages of a repeated field; nil for none.
	scalars(path ...string) []string
	// has says whether there is anything at a path.
	has(path ...string) bool
	// set replaces the values at a path in all messages of a repeated field, and makes the messages above; without values
	// there is an empty message then, or the one that was there.
	set(path []string, values []string)
	remove(path ...string)
}

// change is what a setting does to a configuration.
type change struct {
	setting string
	path    []string
	values  []string // none for a message that shall be there
	drop    bool     // the path is taken away
}

const batcher = "dynamic_batching"

// configPaths are where settings are, of those that are one value.
var configPaths = map[string][]string{
	"max_batch_size":         {"max_batch_size"},
	"max_queue_delay_us":     {batcher, "max_queue_delay_microseconds"},
	"preserve_ordering":      {batcher, "preserve_ordering"},
	"priority_levels":        {batcher, "priority_levels"},
	"default_priority":       {batcher, "default_priority_level"},
	"max_queue_size":         {batcher, "default_queue_policy", "max_queue_size"},
	"default_timeout_us":     {batcher, "default_queue_policy", "default_timeout_microseconds"},
	"timeout_action":         {batcher, "default_queue_policy", "timeout_action"},
	"allow_timeout_override": {batcher, "default_queue_policy", "allow_timeout_override"},
	"instance_count":         {"instance_group", "count"},
	"instance_kind":          {"instance_group", "kind"},
	"decoupled":              {"model_transaction_policy", "decoupled"},
}

// tritonChanges are those of the given settings, in the order of documents.
func tritonChanges(k system.Kind, v system.Values) (all []change) {
	for _, name := range v.Names(k) {
		c := change{setting: name, path: configPaths[name], values: []string{v[name]}}
		switch name {
		case "dynamic_batching":
			c.path, c.values, c.drop = []string{batcher}, nil, v[name] == "false"
		case "preferred_batch_sizes":
			c.path, c.values = []string{batcher, "preferred_batch_size"}, system.Sizes(v[name])
			c.drop = len(c.values) == 0
		case "timeout_action":
			c.values = []string{strings.ToUpper(v[name])}
		case "instance_kind":
			c.values = []string{"KIND_" + strings.ToUpper(v[name])}
		}
		if c.path != nil {
			all = append(all, c)
		}
	}
	return all
}

// change carries changes out, and says what the server would refuse of what came of it.
func changeConfig(t configTree, changes []change) error {
	for _, c := range changes {
		for _, other := range []string{"sequence_batching", "ensemble_scheduling"} {
			if c.path[0] == batcher && !c.drop && t.has(other) {
				return fmt.Errorf("%s is a setting of the dynamic batcher, and the model's configuration has %s: remove the setting", c.setting, other)
			}
		}
		if c.drop {
			t.remove(c.path...)
		} else {
			t.set(c.path, c.values)
		}
	}
	return coherent(t)
}

// coherent says why no version of the server loads the configuration, nil where it may.
func coherent(t configTree) error {
	most := number(t, "max_batch_size")
	for _, size := range t.scalars(batcher, "preferred_batch_size") {
		if n, err := strconv.ParseInt(size, 0, 64); err == nil && n > most {
			return fmt.Errorf("the preferred batch size %d is above max_batch_size, which is %d in the model's configuration", n, most)
		}
	}
	levels, standard := number(t, batcher, "priority_levels"), number(t, batcher, "default_priority_level")
	switch {
	case levels == 0 && standard > 0:
		return fmt.Errorf("default_priority is %d, and the model's configuration has no priority_levels: set both", standard)
	case levels > 0 && (standard < 1 || standard > levels):
		return fmt.Errorf("priority_levels is %d, so that default_priority has to be from 1 to %d, and it is %d in the model's configuration", levels, levels, standard)
	case levels > 1 && first(t.scalars(batcher, "preserve_ordering")) == "true":
		return fmt.Errorf("preserve_ordering needs one level, and priority_levels is %d in the model's configuration", levels)
	}
	return nil
}

// number is a whole number of the configuration, 0 where there is none, as the server takes it.
func number(t configTree, path ...string) int64 {
	n, _ := strconv.ParseInt(first(t.scalars(path...)), 0, 64)
	return n
}

func first(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return all[0]
}

// differences are the settings that a server runs otherwise than was asked, one sentence each.
func differences(t configTree, changes []change) (all []string) {
	for _, c := range changes {
		asked, runs := strings.Join(c.values, ","), strings.Join(t.scalars(c.path...), ",")
		switch {
		case c.drop && c.setting == "preferred_batch_sizes" && standardSizes(t):
		case c.drop && t.has(c.path...):
			all = append(all, fmt.Sprintf("%s was taken away, and the server has it", strings.Join(c.path, ".")))
		case c.drop || len(c.values) == 0 && t.has(c.path...) || asked == "KIND_AUTO" || defaulted(asked, runs) || everywhere(asked, t.scalars(c.path...)):
		default:
			all = append(all, fmt.Sprintf("%s was asked to be %s, and the server runs it as %s", c.setting, orNothing(asked), orNothing(runs)))
		}
	}
	return all
}

// standardSizes says that the preferred batch sizes are what the server puts in where there are none: the largest batch.
func standardSizes(t configTree) bool {
	sizes := t.scalars(batcher, "preferred_batch_size")
	return len(sizes) == 1 && sizes[0] == first(t.scalars("max_batch_size"))
}

// defaulted says that a server left a value out because it is the default, or put it in.
func defaulted(asked, runs string) bool {
	return asked == runs || runs == "" && (asked == "0" || asked == "false" || asked == "REJECT")
}

// everywhere says that all messages of a repeated field have what was asked.
func everywhere(asked string, runs []string) bool {
	for _, r := range runs {
		if r != asked {
			return false
		}
	}
	return len(runs) > 0
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}
