package sweep

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/experiments/scenario"
)

// namer makes arm names out of the values that vary.
type namer struct {
	varies map[string]bool
	drafts map[string]bool // distinct draft models, "" left out
}

func newNamer(all []scenario.Settings) namer {
	n := namer{varies: map[string]bool{}, drafts: map[string]bool{}}
	for _, s := range all {
		for _, d := range scenario.EngineSettings() {
			if d.Get(&s) != d.Get(&all[0]) {
				n.varies[d.Name] = true
			}
		}
		if s.DraftModel != "" {
			n.drafts[s.DraftModel] = true
		}
	}
	return n
}

// name is short enough for a figure's label: "Q8_0 · b8 · kv q8_0 · reuse · draft 4".
// What is off is left out; an arm with everything off is "base".
func (n namer) name(s scenario.Settings) string {
	var parts []string
	for _, name := range []string{"quantization", "threads", "max_batch", "token_budget", "chunked_prefill", "block_size",
		"kv_tokens", "kv_layout", "kv_format", "k_format", "v_format", "k_per_channel", "kv_rotation",
		"kv_policy", "kv_budget", "kv_sinks", "kv_recent", "kv_observe",
		"prefix_cache", "eviction", "preemption", "swap_tokens", "context", "max_queue", "max_queued_tokens",
		"max_ttft", "batching", "batch_wait", "preferred_batch", "prefill_chunk", "prefill_order", "queue_order", "queue_ageing"} {
		if n.varies[name] {
			parts = append(parts, label(name, &s))
		}
	}
	if n.varies["draft_model"] || n.varies["draft_quantization"] || n.varies["drafter"] || n.varies["draft_layers"] || n.varies["draft_length"] || n.varies["draft_adaptive"] ||
		n.varies["draft_acceptance"] || n.varies["draft_epsilon"] {
		parts = append(parts, n.draft(s))
	}
	var shown []string
	for _, p := range parts {
		if p != "" {
			shown = append(shown, p)
		}
	}
	if len(shown) == 0 {
		return "base"
	}
	return strings.Join(shown, " · ")
}

// prefixes are what stands before values that are shown as they are.
var prefixes = map[string]string{"max_batch": "b", "token_budget": "budget ", "block_size": "block ", "kv_format": "kv ", "max_queue": "queue "}

// words are the values that are on, by settings of which not all are.
var words = map[string]map[string]string{
	"chunked_prefill": {"false": "whole prefill"},
	"k_per_channel":   {"true": "k per channel"},
	"kv_rotation":     {"hadamard": "rotated"},
	"kv_layout":       {engine.LayoutContiguous: engine.LayoutContiguous},
	"prefix_cache":    {"hash": "reuse", "radix": "radix reuse"},
	"preemption":      {engine.PreemptSwap: "swap"},
}

// label words one value, "" for what is off.
func label(name string, s *scenario.Settings) string {
	d, _ := scenario.FindSetting(name)
	v := d.Get(s)
	if before, is := prefixes[name]; is {
		return before + v
	}
	if values, are := words[name]; are {
		return values[v]
	}
	switch name {
	case "quantization":
		return strings.ReplaceAll(v, "-", " ")
	case "threads":
		return "t" + orWord(v, "all")
	case "kv_tokens":
		return "kv " + orWord(v, "full") + " tok"
	case "k_format", "v_format":
		return map[bool]string{true: name[:1] + " " + v}[v != engine.SameFormat]
	case "kv_policy":
		return map[bool]string{false: v}[v == kvcache.PolicyFull]
	case "kv_budget", "kv_sinks", "kv_recent", "kv_observe":
		return bounded(d, s)
	case "eviction":
		return map[bool]string{true: v}[s.PrefixCache != kvcache.IndexNone]
	case "swap_tokens":
		return map[bool]string{true: "swap " + orWord(v, "full") + " tok"}[s.Preemption == engine.PreemptSwap]
	case "context":
		return "ctx " + orWord(v, "full")
	case "max_queued_tokens":
		return "queued " + orWord(v, "any") + " tok"
	}
	return batchingLabel(name, v)
}

// bounded words a setting of what is kept, where it has an effect.
func bounded(d scenario.Setting, s *scenario.Settings) string {
	name, v := strings.TrimPrefix(d.Name, "kv_"), d.Get(s)
	switch {
	case !hasEffect(d, *s):
		return ""
	case name == "budget":
		return "keep " + v
	case name == "observe":
		return "observe " + orWord(v, "all")
	}
	return name + " " + v
}

// orWord replaces the zero that means something else.
func orWord(v, zero string) string {
	if v == "0" {
		return zero
	}
	return v
}

// draft words who drafts and how much: "draft 4" with a draft model, "ngram 4" without, "ngram ≤4" where that
// is the most, "self(2) 4" with two layers.
func (n namer) draft(s scenario.Settings) string {
	if s.DraftModel == "" && !s.Drafts() {
		return ""
	}
	d, _ := scenario.FindSetting("draft_length")
	name := "draft "
	switch s.Drafter {
	case engine.DrafterNgram, engine.DrafterSuffix, engine.DrafterRecycle:
		name = s.Drafter + " "
	case engine.DrafterSelf:
		name = fmt.Sprintf("self(%d) ", s.DraftLayers)
	}
	if s.DraftModel != "" && len(n.drafts) > 1 {
		base := path.Base(filepath.ToSlash(strings.TrimPrefix(s.DraftModel, scenario.EmbeddedPrefix)))
		name += strings.TrimSuffix(base, ".gguf") + " "
	}
	if s.DraftModel != "" && n.varies["draft_quantization"] {
		name += s.DraftWeights + " "
	}
	if s.DraftAdaptive {
		name += "≤"
	}
	return name + d.Get(&s) + n.acceptance(s)
}

// acceptance words which drafts stand: " typical 0.09", "" where that is exact.
func (n namer) acceptance(s scenario.Settings) string {
	if !s.Lossy() {
		return ""
	}
	words := " " + s.DraftAcceptance
	if n.varies["draft_epsilon"] {
		d, _ := scenario.FindSetting("draft_epsilon")
		words += " " + d.Get(&s)
	}
	return words
}
