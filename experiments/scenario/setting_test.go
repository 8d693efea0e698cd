package scenario

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"github.com/assaylab/assay/analysis/near"
	"github.com/assaylab/assay/engine"
)

// TestSettingsCoverOptions holds that every field of engine.Options is a setting:
// each must change exactly one field, and all fields must be reached.
func TestSettingsCoverOptions(t *testing.T) {
	other := map[string]string{"quantization": "Q4_0", "draft_model": "x.gguf", "draft_quantization": "Q8_0", "drafter": "suffix", "draft_acceptance": "typical", "kv_format": "f32", "k_format": "q4_0", "v_format": "q4_0",
		"kv_rotation": "hadamard", "kv_layout": "contiguous", "kv_policy": "h2o",
		"prefix_cache": "radix", "eviction": "cost", "preemption": "swap",
		"batching": "static", "preferred_batch": "2,3", "prefill_order": "mixed", "queue_order": "fair"}
	changed := map[string]string{}
	for _, d := range EngineSettings() {
		base := Settings{Quantization: AsShipped, DraftWeights: AsShipped}
		s := base
		value := other[d.Name]
		switch d.Kind {
		case Integer:
			value = "7"
		case Boolean:
			value = "true"
		case Number:
			value = "0.5"
		case Time:
			value = "7ms"
		}
		if err := d.Parse(&s, value); err != nil {
			t.Fatal(err)
		}
		if got := d.Get(&s); got != value {
			t.Errorf("%s: set %s, got %s", d.Name, value, got)
		}
		for _, field := range differing(base, s) {
			if by, dup := changed[field]; dup {
				t.Errorf("%s and %s set the same field %s", by, d.Name, field)
			}
			changed[field] = d.Name
		}
	}
	want := reflect.TypeFor[engine.Options]().NumField() + 3 - 1 // Handicap is no setting
	if len(changed) != want {
		t.Errorf("settings reach %d fields of %d: %v", len(changed), want, changed)
	}
}

func differing(a, b Settings) []string {
	var names []string
	for _, pair := range [][2]reflect.Value{{reflect.ValueOf(a), reflect.ValueOf(b)}, {reflect.ValueOf(a.Options), reflect.ValueOf(b.Options)}} {
		for i := range pair[0].NumField() {
			f := pair[0].Type().Field(i)
			if !f.Anonymous && !pair[0].Field(i).Equal(pair[1].Field(i)) {
				names = append(names, f.Name)
			}
		}
	}
	return names
}

func TestDefaultSettingsAreValid(t *testing.T) {
	if err := DefaultSettings().Validate(); err != nil {
		t.Error(err)
	}
}

func TestTreesAreAcceptedExactly(t *testing.T) {
	s := DefaultSettings()
	s.Drafter, s.DraftAcceptance = engine.DrafterRecycle, engine.AcceptTypical
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), `draft_acceptance: found "typical", expected "exact" with drafter "recycle"`) {
		t.Errorf("error %v", err)
	}
}

func TestSettingParseErrors(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"max_batch", "eight", `max_batch: found "eight", expected a whole number from 1 to 4096`},
		{"draft_epsilon", "0", `draft_epsilon: found "0", expected a number above 0 and at most 1`},
		{"draft_epsilon", "low", `draft_epsilon: found "low", expected a number above 0 and at most 1`},
		{"draft_epsilon", "NaN", `draft_epsilon: found "NaN", expected a number above 0 and at most 1`},
		{"draft_acceptance", "typcial", `draft_acceptance: found "typcial", expected one of exact, typical; did you mean "typical"?`},
		{"max_batch", "0", `max_batch: found "0", expected a whole number from 1 to 4096`},
		{"prefix_cache", "hush", `prefix_cache: found "hush", expected one of none, hash, radix; did you mean "hash"?`},
		{"kv_format", "Q8_0", `kv_format: found "Q8_0", expected one of f32, f16, bf16, q8_0, q4_0; did you mean "q8_0"?`},
		{"batching", "contiguous", `batching: found "contiguous", expected one of continuous, none, static, dynamic; did you mean "continuous"?`},
		{"batch_wait", "20", `batch_wait: found "20", expected a duration in quotes, 0 or more, with its unit (ns, us, ms, s, m, h); write batch_wait = "20ms"`},
		{"max_ttft", "-1s", `max_ttft: found "-1s", expected a duration in quotes, 0 or more, with its unit (ns, us, ms, s, m, h); write max_ttft = "20ms"`},
		{"preferred_batch", "4,2", `preferred_batch: found "4,2", expected rising sizes with commas between them, such as "2,4,8"`},
		{"preferred_batch", "two", `preferred_batch: found "two", expected rising sizes with commas between them, such as "2,4,8"`},
	} {
		d, _ := FindSetting(c.name)
		s := DefaultSettings()
		if err := d.Parse(&s, c.value); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
		if s != DefaultSettings() {
			t.Errorf("%s: changed by a value that was refused", c.name)
		}
	}
}

func TestValidateConflicts(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Settings)
		want   string
	}{
		{"budget below batch", func(s *Settings) { s.MaxBatch, s.TokenBudget = 64, 63 }, "token_budget: found 63, expected at least max_batch (64)"},
		{"budget below draft", func(s *Settings) { s.MaxBatch, s.TokenBudget, s.DraftModel = 1, 4, "d" }, "token_budget: found 4, expected at least draft_length + 1 (5)"},
		{"cache below block", func(s *Settings) { s.KVTokens = 8 }, "kv_tokens: found 8, expected 0, or at least block_size (16)"},
		{"budget below ngram drafts", func(s *Settings) { s.MaxBatch, s.TokenBudget, s.Drafter = 1, 4, "ngram" }, "token_budget: found 4, expected at least draft_length + 1 (5)"},
		{"two drafters", func(s *Settings) { s.DraftModel, s.Drafter = "d", "ngram" }, "drafter: found \"ngram\", expected \"auto\" or \"model\" with a draft_model"},
		{"drafting off with a draft model", func(s *Settings) { s.DraftModel, s.Drafter = "d", "none" }, "drafter: found \"none\", expected \"auto\" or \"model\" with a draft_model"},
		{"no model to draft", func(s *Settings) { s.Drafter = "model" }, "drafter: found \"model\", expected a draft_model with it"},
		{"drafts beyond the context", func(s *Settings) { s.Drafter, s.Context, s.DraftLength = "ngram", 16, 15 }, "draft_length: found 15, expected at most context - 2 (14)"},
		{"no layers to draft", func(s *Settings) { s.Drafter = "self" }, "draft_layers: found 0, expected at least 1 with drafter = \"self\""},
		{"channels of floats", func(s *Settings) { s.KPerChannel, s.BlockSize = true, 32 }, "k_per_channel: found true with keys in bf16, expected keys in q8_0 or q4_0"},
		{"channels in small blocks", func(s *Settings) { s.KPerChannel, s.KFormat = true, "q4_0" }, "block_size: found 16, expected a multiple of 32 with k_per_channel"},
		{"slots are not shared", func(s *Settings) { s.KVLayout, s.PrefixCache = "contiguous", "radix" }, "prefix_cache: found \"radix\", expected none with kv_layout"},
		{"chunk of whole prompts", func(s *Settings) { s.PrefillChunk, s.ChunkedPrefill = 8, false }, "prefill_chunk: found 8, expected chunked_prefill = true"},
		{"chunk above budget", func(s *Settings) { s.PrefillChunk = 300 }, "prefill_chunk: found 300, expected at most token_budget (256)"},
		{"share of whole prompts", func(s *Settings) { s.PrefillOrder, s.ChunkedPrefill = "mixed", false }, "prefill_order: found \"mixed\", expected chunked_prefill = true"},
		{"no ageing", func(s *Settings) { s.QueueOrder, s.QueueAgeing = "shortest", 0 }, "queue_ageing: found \"0s\", expected more than 0"},
		{"dynamic without sizes", func(s *Settings) { s.Batching = "dynamic" }, "preferred_batch: found \"\", expected sizes"},
		{"dynamic above the batch", func(s *Settings) { s.Batching, s.PreferredBatch = "dynamic", "4,16" }, "preferred_batch: found \"4,16\", expected sizes up to max_batch (8)"},
		{"out of range", func(s *Settings) { s.MaxQueue = -1 }, "max_queue: found \"-1\", expected a whole number from 1"},
	} {
		s := DefaultSettings()
		c.change(&s)
		if err := s.Validate(); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

// TestQuoteTOML reads what it wrote with the real parser.
func TestQuoteTOML(t *testing.T) {
	for _, s := range []string{"", "plain", `a"b\c`, "tab\tline\n", "\x00\x1f\x7f", "gopher 🐹 é"} {
		var doc struct{ V string }
		if _, err := toml.Decode("v = "+QuoteTOML(s), &doc); err != nil || doc.V != s {
			t.Errorf("%q: got %q, %v", s, doc.V, err)
		}
	}
}

func TestNearestSetting(t *testing.T) {
	for _, c := range []struct{ word, want string }{
		{"quantisation", "quantization"}, {"max-batch", "max_batch"}, {"MaxBatch", "max_batch"}, {"draft", "draft_model"},
		{"thread", "threads"}, {"kvformat", "kv_format"}, {"zebra", ""}, {"", ""}, {"x", ""}, {strings.Repeat("threads", 20), ""},
	} {
		if got := near.Word(c.word, settingNames()); got != c.want {
			t.Errorf("%q: got %q, want %q", c.word, got, c.want)
		}
	}
	if got := near.Word("Q4_O", quantizations); got != "Q4_0" {
		t.Errorf("the letter O for the digit 0: got %q", got)
	}
}

func TestPresets(t *testing.T) {
	for _, p := range Presets() {
		if len(p.Limits) == 0 || len(p.Sources) == 0 || p.Usage == "" {
			t.Errorf("%s: %+v", p.Name, p)
		}
		for _, l := range p.Limits {
			if !slices.Contains(metrics, l.Metric) || l.Limit <= 0 || l.Percentile != DefaultPercentile {
				t.Errorf("%s: %+v", p.Name, l)
			}
		}
	}
}

func settingNames() []string {
	var names []string
	for _, s := range EngineSettings() {
		names = append(names, s.Name)
	}
	return names
}
