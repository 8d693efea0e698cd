package sweep

import (
	"github.com/assaylab/assay/engine/sched"
	"github.com/assaylab/assay/experiments/scenario"
)

// canonicalBatching is canonical for the settings that say who runs when.
func canonicalBatching(s scenario.Settings) scenario.Settings {
	d := scenario.DefaultSettings()
	switch sched.Policy(s.Batching) {
	case sched.None:
		s.PrefillOrder = d.PrefillOrder // nobody else is there to have rows
		fallthrough
	case sched.Continuous:
		s.BatchWait = d.BatchWait
	}
	if s.Batching != string(sched.Dynamic) {
		s.PreferredBatch = ""
	}
	if s.QueueOrder != string(sched.Shortest) {
		s.QueueAgeing = d.QueueAgeing
	}
	return s
}

// batchingLabel words one value of a setting that says who runs when, "" for what is off.
func batchingLabel(name, v string) string {
	switch name {
	case "max_ttft":
		return map[bool]string{false: "ttft " + v}[v == "0s"]
	case "batch_wait":
		return "wait " + v
	case "preferred_batch":
		return map[bool]string{false: "sizes " + v}[v == ""]
	case "prefill_chunk":
		return map[bool]string{false: "chunk " + v}[v == "0"]
	case "queue_ageing":
		return "ageing " + v
	}
	return v // a word that says what it is of
}
