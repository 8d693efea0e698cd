package target

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/assaylab/assay/experiments/system"
	"github.com/assaylab/assay/experiments/target/pbtxt"
)

func tritonKind(t testing.TB) system.Kind {
	t.Helper()
	k, ok := system.Named("triton")
	if !ok {
		t.Fatal("no system triton")
	}
	return k
}

// Everything that a configuration may have, in both forms. Of what is not among the settings nothing may change.
const (
	configAsText = `name: "m" backend: "python" max_batch_size: 8
input [ { name: "text_input" data_type: TYPE_STRING dims: [ 1 ] } ]
dynamic_batching { preferred_batch_size: [ 4, 8 ] max_queue_delay_microseconds: 100 }
instance_group [ { count: 1 kind: KIND_CPU }, { count: 2 kind: KIND_CPU } ]
parameters { key: "engine" value: { string_value: "assay" } }`
	configAsJSON = `{"name":"m","backend":"python","max_batch_size":8,"input":[{"name":"text_input","data_type":"TYPE_STRING","dims":[1]}],
"dynamic_batching":{"preferred_batch_size":[4,8],"max_queue_delay_microseconds":100},
"instance_group":[{"count":1,"kind":"KIND_CPU"},{"count":2,"kind":"KIND_CPU"}],"parameters":{"engine":{"string_value":"assay"}}}`
)

// trees are the same configuration in both forms.
func trees(t *testing.T) map[string]configTree {
	t.Helper()
	m, err := pbtxt.Parse([]byte(configAsText))
	if err != nil {
		t.Fatal(err)
	}
	c, err := readConfigJSON([]byte(configAsJSON))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]configTree{"text": configText{m}, "JSON": c}
}

// Each setting ends up at its place, in both forms alike, and the server that runs so is found to differ in nothing.
func TestTritonChanges(t *testing.T) {
	for _, tc := range []struct {
		values system.Values
		path   string
		want   string
	}{
		{system.Values{"max_batch_size": "16"}, "max_batch_size", "16"},
		{system.Values{"preferred_batch_sizes": "2, 6"}, "dynamic_batching.preferred_batch_size", "2 6"},
		{system.Values{"preferred_batch_sizes": "5"}, "dynamic_batching.preferred_batch_size", "5"},
		{system.Values{"preferred_batch_sizes": "none"}, "dynamic_batching.preferred_batch_size", ""},
		{system.Values{"max_queue_delay_us": "0"}, "dynamic_batching.max_queue_delay_microseconds", "0"},
		{system.Values{"preserve_ordering": "true"}, "dynamic_batching.preserve_ordering", "true"},
		{system.Values{"priority_levels": "3", "default_priority": "2"}, "dynamic_batching.default_priority_level", "2"},
		{system.Values{"max_queue_size": "7"}, "dynamic_batching.default_queue_policy.max_queue_size", "7"},
		{system.Values{"default_timeout_us": "70"}, "dynamic_batching.default_queue_policy.default_timeout_microseconds", "70"},
		{system.Values{"timeout_action": "delay"}, "dynamic_batching.default_queue_policy.timeout_action", "DELAY"},
		{system.Values{"allow_timeout_override": "true"}, "dynamic_batching.default_queue_policy.allow_timeout_override", "true"},
		{system.Values{"instance_count": "3"}, "instance_group.count", "3 3"},
		{system.Values{"instance_kind": "gpu"}, "instance_group.kind", "KIND_GPU KIND_GPU"},
		{system.Values{"decoupled": "true"}, "model_transaction_policy.decoupled", "true"},
		{system.Values{"dynamic_batching": "false"}, "dynamic_batching.max_queue_delay_microseconds", ""},
		{system.Values{"dynamic_batching": "true"}, "dynamic_batching.max_queue_delay_microseconds", "100"},
		{system.Values{"http_threads": "3"}, "max_batch_size", "8"},
	} {
		changes := tritonChanges(tritonKind(t), tc.values)
		for form, tree := range trees(t) {
			if err := changeConfig(tree, changes); err != nil {
				t.Errorf("%v: %v", tc.values, err)
			}
			if got := strings.Join(tree.scalars(strings.Split(tc.path, ".")...), " "); got != tc.want {
				t.Errorf("%v in %s: %s is %q, want %q", tc.values, form, tc.path, got, tc.want)
			}
			if d := differences(tree, changes); d != nil {
				t.Errorf("%v in %s: %q", tc.values, form, d)
			}
		}
	}
}

// Every setting has a place in a configuration, but for those of the server itself.
func TestTritonPlaces(t *testing.T) {
	for _, s := range tritonKind(t).Settings {
		value := "1"
		switch s.Type {
		case system.Boolean:
			value = "true"
		case system.Choice:
			value = s.Choices[0]
		}
		if got := len(tritonChanges(tritonKind(t), system.Values{s.Name: value})); (got == 1) != (s.Name != "http_threads") {
			t.Errorf("%s makes %d changes", s.Name, got)
		}
	}
}

// What is not a setting is as before, in both forms.
func TestTritonRest(t *testing.T) {
	all := tritonChanges(tritonKind(t), system.Values{"max_batch_size": "8", "max_queue_delay_us": "100", "preferred_batch_sizes": "4,8"})
	m := trees(t)
	text, tree := m["text"].(configText), m["JSON"].(configJSON)
	before := text.String()
	if err := changeConfig(text, all); err != nil || text.String() != before {
		t.Errorf("%v: %s", err, text)
	}
	if err := changeConfig(tree, all); err != nil {
		t.Fatal(err)
	}
	var want, got any
	raw, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	if json.Unmarshal([]byte(configAsJSON), &want) != nil || json.Unmarshal(raw, &got) != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s", raw)
	}
}

// A configuration that has none of what is set gets it.
func TestTritonFromNothing(t *testing.T) {
	all := tritonChanges(tritonKind(t), system.Values{"max_batch_size": "4", "max_queue_size": "9", "instance_count": "2", "dynamic_batching": "true"})
	text, tree := configText{&pbtxt.Message{}}, configJSON{}
	for _, c := range []configTree{text, tree} {
		if err := changeConfig(c, all); err != nil {
			t.Fatal(err)
		}
	}
	if want := "max_batch_size: 4\ndynamic_batching {\n  default_queue_policy {\n    max_queue_size: 9\n  }\n}\ninstance_group {\n  count: 2\n}\n"; text.String() != want {
		t.Errorf("%s", text)
	}
	raw, err := json.Marshal(tree)
	if want := `{"dynamic_batching":{"default_queue_policy":{"max_queue_size":9}},"instance_group":[{"count":2}],"max_batch_size":4}`; err != nil || string(raw) != want {
		t.Errorf("%s, %v", raw, err)
	}
}

// What the server would refuse is refused before it is started, with what it follows from.
func TestTritonIncoherent(t *testing.T) {
	for _, tc := range []struct {
		values system.Values
		want   string
	}{
		{system.Values{"preferred_batch_sizes": "16"}, "16 is above max_batch_size, which is 8"},
		{system.Values{"max_batch_size": "4"}, "8 is above max_batch_size, which is 4"},
		{system.Values{"priority_levels": "2"}, "has to be from 1 to 2, and it is 0"},
		{system.Values{"default_priority": "1"}, "has no priority_levels"},
		{system.Values{"preserve_ordering": "true", "priority_levels": "2", "default_priority": "1"}, "needs one level"},
	} {
		for form, tree := range trees(t) {
			if err := changeConfig(tree, tritonChanges(tritonKind(t), tc.values)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v in %s: %v, want %s", tc.values, form, err, tc.want)
			}
		}
	}
	for _, scheduler := range []string{"sequence_batching", "ensemble_scheduling"} {
		m, _ := pbtxt.Parse([]byte(scheduler + " { }"))
		err := changeConfig(configText{m}, tritonChanges(tritonKind(t), system.Values{"max_queue_delay_us": "1"}))
		if err == nil || !strings.Contains(err.Error(), "has "+scheduler) {
			t.Errorf("%s: %v", scheduler, err)
		}
	}
}

// A server that runs something else than was asked is found out.
func TestTritonDifferences(t *testing.T) {
	asked := tritonChanges(tritonKind(t), system.Values{"max_batch_size": "4", "preferred_batch_sizes": "none", "instance_count": "2", "decoupled": "false", "instance_kind": "auto"})
	got := differences(trees(t)["JSON"], asked)
	want := []string{
		"max_batch_size was asked to be 4, and the server runs it as 8",
		"dynamic_batching.preferred_batch_size was taken away, and the server has it",
		"instance_count was asked to be 2, and the server runs it as 1,2",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	got = differences(config(t, `{"max_batch_size":8,"dynamic_batching":{"preferred_batch_size":[8]}}`), tritonChanges(tritonKind(t), system.Values{"preferred_batch_sizes": "none"}))
	if got != nil {
		t.Errorf("what the server puts in itself is taken for a difference: %q", got)
	}
}
