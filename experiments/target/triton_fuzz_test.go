package target

import (
	"testing"

	"github.com/assaylab/assay/experiments/system"
	"github.com/assaylab/assay/experiments/target/pbtxt"
)

// Whatever configuration is read, settings end up in it or are refused, in text as in JSON, and a server that runs with what came
// of it runs as it was asked to.
func FuzzTritonConfig(f *testing.F) {
	f.Add(configAsText, configAsJSON)
	f.Add("dynamic_batching: 3 instance_group: [1]", `{"dynamic_batching":3,"instance_group":[1],"max_batch_size":{}}`)
	f.Add("instance_group { count: 1 } instance_group { }", `{"instance_group":{"count":"x"},"model_transaction_policy":[[]]}`)
	f.Add("max_batch_size { }", `{"max_batch_size":[]}`)
	all := tritonChanges(tritonKind(f), system.Values{"max_batch_size": "8", "preferred_batch_sizes": "4,8", "max_queue_delay_us": "100", "instance_count": "2",
		"decoupled": "true", "timeout_action": "delay", "priority_levels": "2", "default_priority": "1", "preserve_ordering": "false"})
	f.Fuzz(func(t *testing.T, text, raw string) {
		if m, err := pbtxt.Parse([]byte(text)); err == nil {
			check(t, configText{m}, all)
		}
		if c, err := readConfigJSON([]byte(raw)); err == nil {
			check(t, c, all)
		}
	})
}

func check(t *testing.T, tree configTree, all []change) {
	t.Helper()
	if err := changeConfig(tree, all); err != nil {
		return
	}
	if d := differences(tree, all); d != nil {
		t.Fatalf("%q", d)
	}
}
