package scenario

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/assaylab/assay/analysis/near"
	"github.com/assaylab/assay/analysis/strict"
	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/engine/model"
	"github.com/assaylab/assay/engine/recipe"
	"github.com/assaylab/assay/engine/sched"
)

// AsShipped is the quantization that leaves the weights as the model file has them.
const AsShipped = "as-shipped"

// quantizations are the weight formats that a scenario can name, most bits first.
var quantizations = func() (names []string) {
	for _, r := range recipe.All {
		names = append(names, r.Name)
	}
	return append(names, AsShipped)
}()

var preemptions = []string{engine.PreemptRecompute, engine.PreemptSwap}

// Settings is one value for every engine setting: an arm of a sweep, or its base.
type Settings struct {
	Quantization string // weight format, or AsShipped
	DraftModel   string // as written: a path relative to the scenario, "embedded:NAME", or "" for off
	DraftWeights string // the draft model's weight format, or AsShipped
	engine.Options
}

// DefaultSettings are what `assay serve` runs with when nothing is said.
func DefaultSettings() Settings {
	return Settings{Quantization: AsShipped, DraftWeights: AsShipped, Options: engine.DefaultOptions()}
}

// BaseSettings are what a scenario's arms have when [engine] says nothing: those of
// `assay serve`, but for one thread, which leaves the other processor of a small
// machine to the load generator.
func BaseSettings() Settings {
	s := DefaultSettings()
	s.Threads = 1
	return s
}

// Kind is the type of a setting's value.
type Kind string

// Kinds of settings.
const (
	Text    Kind = "string"
	Integer Kind = "int"
	Boolean Kind = "bool"
	Number  Kind = "number"
	Time    Kind = "duration"
)

// Setting describes one engine setting: the single place that knows its name, its
// values and its field. Scenarios, axes, filters and command-line flags are all
// read through it.
type Setting struct {
	Name     string // as in TOML; the flag has dashes for underscores
	Usage    string // one line, for help texts
	Kind     Kind
	Choices  []string // Text: the accepted values; nil for any
	Min, Max int      // Integer: the accepted range, both ends included
	Form     string   // Text: what a value must look like, in words; empty for any. Number: the range, in words

	valid   func(text string) bool // of Form
	time    func(*Settings) *time.Duration
	text    func(*Settings) *string
	integer func(*Settings) *int
	boolean func(*Settings) *bool
	number  func(*Settings) *float64
	in      interval // of number
}

// EngineSettings lists every setting in the order of the documentation.
func EngineSettings() []Setting {
	integer := func(name string, lo, hi int, usage string, field func(*Settings) *int) Setting {
		return Setting{Name: name, Usage: usage, Kind: Integer, Min: lo, Max: hi, integer: field}
	}
	boolean := func(name, usage string, field func(*Settings) *bool) Setting {
		return Setting{Name: name, Usage: usage, Kind: Boolean, boolean: field}
	}
	text := func(name, usage string, choices []string, field func(*Settings) *string) Setting {
		return Setting{Name: name, Usage: usage, Kind: Text, Choices: choices, text: field}
	}
	return []Setting{
		text("quantization", "weight format", quantizations, func(s *Settings) *string { return &s.Quantization }),
		text("draft_model", "draft model for speculative decoding, empty for off", nil, func(s *Settings) *string { return &s.DraftModel }),
		text("draft_quantization", "weight format of the draft model", quantizations, func(s *Settings) *string { return &s.DraftWeights }),
		text("drafter", "what drafts tokens, auto for model with a draft_model and none without", engine.Drafters, func(s *Settings) *string { return &s.Drafter }),
		integer("draft_layers", 0, 1024, "first layers of the model that draft with drafter self, fewer than it has", func(s *Settings) *int { return &s.DraftLayers }),
		integer("draft_length", 1, 16, "tokens drafted per verify step, of trees all their nodes", func(s *Settings) *int { return &s.DraftLength }),
		boolean("draft_adaptive", "draft as many as pay in each step, none included, draft_length at most", func(s *Settings) *bool { return &s.DraftAdaptive }),
		text("draft_acceptance", "which drafts stand where tokens are sampled, typical at a cost in quality", engine.Acceptances, func(s *Settings) *string { return &s.DraftAcceptance }),
		number("draft_epsilon", interval{lo: 0, hi: 1, open: true}, "of typical, less accepts more: a draft stands above min(e, sqrt(e)/exp(entropy))", func(s *Settings) *float64 { return &s.DraftEpsilon }),
		integer("threads", 0, 1024, "workers of one step, 0 for all usable cores", func(s *Settings) *int { return &s.Threads }),
		integer("max_batch", 1, 4096, "sequences in one step", func(s *Settings) *int { return &s.MaxBatch }),
		integer("token_budget", 1, 1<<20, "rows in one step: prompt chunk, decode and drafts", func(s *Settings) *int { return &s.TokenBudget }),
		boolean("chunked_prefill", "split prompts over steps to keep the budget", func(s *Settings) *bool { return &s.ChunkedPrefill }),
		integer("block_size", 1, 1024, "positions per KV block", func(s *Settings) *int { return &s.BlockSize }),
		integer("kv_tokens", 0, math.MaxInt32, "positions the KV cache holds, 0 for max_batch x context", func(s *Settings) *int { return &s.KVTokens }),
		text("kv_format", "format of cached keys and values", kvFormats, func(s *Settings) *string { return &s.KVFormat }),
		text("k_format", "format of cached keys, same for kv_format", sideFormats, func(s *Settings) *string { return &s.KFormat }),
		text("v_format", "format of cached values, same for kv_format", sideFormats, func(s *Settings) *string { return &s.VFormat }),
		boolean("k_per_channel", "keys in q8_0 or q4_0 have scales per column, over 32 positions", func(s *Settings) *bool { return &s.KPerChannel }),
		text("kv_rotation", "rotation of keys and values before they are cached", model.Rotations, func(s *Settings) *string { return &s.KVRotation }),
		text("kv_layout", "sequences in the cache, contiguous with their whole context reserved", engine.Layouts, func(s *Settings) *string { return &s.KVLayout }),
		text("kv_policy", "which positions of a sequence are kept", kvcache.Policies, func(s *Settings) *string { return &s.KVPolicy }),
		integer("kv_budget", 1, 1<<24, "positions kept of a sequence, where not all are", func(s *Settings) *int { return &s.KVBudget }),
		integer("kv_sinks", 0, 1<<24, "first positions that are always kept", func(s *Settings) *int { return &s.KVSinks }),
		integer("kv_recent", 1, 1<<24, "last positions that are always kept, with h2o and snapkv", func(s *Settings) *int { return &s.KVRecent }),
		integer("kv_observe", 0, 1<<24, "last rows of a prompt whose attention chooses, with h2o and snapkv, 0 for all", func(s *Settings) *int { return &s.KVObserve }),
		text("prefix_cache", "how finished sequences' blocks are found for equal prefixes", kvcache.Indexes, func(s *Settings) *string { return &s.PrefixCache }),
		text("eviction", "which of the found blocks go first when room is short", kvcache.Evictions, func(s *Settings) *string { return &s.Eviction }),
		text("preemption", "what becomes of a preempted sequence's blocks", preemptions, func(s *Settings) *string { return &s.Preemption }),
		integer("swap_tokens", 0, math.MaxInt32, "positions kept outside the cache by preemption swap, 0 for kv_tokens", func(s *Settings) *int { return &s.SwapTokens }),
		integer("context", 0, 1<<24, "longest sequence in tokens, 0 for the model's own", func(s *Settings) *int { return &s.Context }),
		integer("max_queue", 1, math.MaxInt32, "waiting requests, one more is refused", func(s *Settings) *int { return &s.MaxQueue }),
		integer("max_queued_tokens", 0, math.MaxInt32, "waiting prompt tokens, 0 for no limit", func(s *Settings) *int { return &s.MaxQueuedTokens }),
		duration("max_ttft", "refuse requests whose first token is expected later, 0s for none", func(s *Settings) *time.Duration { return &s.MaxTTFT }),
		text("batching", "when requests join those that run", names(sched.Policies), func(s *Settings) *string { return &s.Batching }),
		duration("batch_wait", "longest wait of the first request for a static or dynamic batch", func(s *Settings) *time.Duration { return &s.BatchWait }),
		sizes("preferred_batch", "sizes with which a dynamic batch starts at once, such as 2,4", func(s *Settings) *string { return &s.PreferredBatch }),
		integer("prefill_chunk", 0, 1<<20, "rows of prompts in one step, 0 for what the budget leaves", func(s *Settings) *int { return &s.PrefillChunk }),
		text("prefill_order", "who has a step's rows first", names(sched.PrefillOrders), func(s *Settings) *string { return &s.PrefillOrder }),
		text("queue_order", "who of those that wait is next", names(sched.QueueOrders), func(s *Settings) *string { return &s.QueueOrder }),
		duration("queue_ageing", "with shortest, how much later a turn is for each prompt token", func(s *Settings) *time.Duration { return &s.QueueAgeing }),
	}
}

// FindSetting returns the setting of that name.
func FindSetting(name string) (Setting, bool) {
	all := EngineSettings()
	i := slices.IndexFunc(all, func(s Setting) bool { return s.Name == name })
	if i < 0 {
		return Setting{}, false
	}
	return all[i], true
}

func isSetting(name string) bool {
	_, ok := FindSetting(name)
	return ok
}

// Get prints the value in s as a scenario would write it, strings without quotes.
func (d Setting) Get(s *Settings) string {
	switch d.Kind {
	case Integer:
		return strconv.Itoa(*d.integer(s))
	case Boolean:
		return strconv.FormatBool(*d.boolean(s))
	case Number:
		return strict.Decimal(*d.number(s))
	case Time:
		return d.time(s).String()
	default:
		return *d.text(s)
	}
}

// TOML prints the value in s as a scenario would write it.
func (d Setting) TOML(s *Settings) string {
	if d.Kind == Text || d.Kind == Time {
		return QuoteTOML(d.Get(s))
	}
	return d.Get(s)
}

// Parse sets the value in s from text, such as a flag's argument.
func (d Setting) Parse(s *Settings, text string) error {
	var v any = text
	switch d.Kind {
	case Integer:
		n, err := strconv.ParseInt(text, 10, 64)
		if err == nil {
			v = n
		}
	case Boolean:
		b, err := strconv.ParseBool(text)
		if err == nil {
			v = b
		}
	case Number:
		x, err := strconv.ParseFloat(text, 64)
		if err == nil {
			v = x
		}
	}
	if expected, suggestion := d.set(s, v); expected != "" {
		err := fmt.Errorf("%s: found %q, expected %s", d.Name, text, expected)
		if suggestion != "" {
			err = fmt.Errorf("%w; %s", err, suggestion)
		}
		return err
	}
	return nil
}

// set stores a TOML value. Where the value is not accepted, s is unchanged and
// expected says what would be.
func (d Setting) set(s *Settings, v any) (expected, suggestion string) {
	switch d.Kind {
	case Integer:
		n, err := wholeNumber(v, d.Min, d.Max)
		if err != nil {
			return err.expected, err.suggest(d.Name)
		}
		*d.integer(s) = n
	case Boolean:
		b, ok := v.(bool)
		if !ok {
			return "true or false", unquoted(d.Name, v)
		}
		*d.boolean(s) = b
	case Number:
		return d.setNumber(s, v)
	case Time:
		return d.setTime(s, v)
	default:
		return d.setText(s, v)
	}
	return "", ""
}

func (d Setting) setText(s *Settings, v any) (expected, suggestion string) {
	t, ok := v.(string)
	switch {
	case d.Choices == nil && !ok:
		return "a string", ""
	case !ok:
		return oneOf(d.Choices), ""
	case d.Choices != nil && !slices.Contains(d.Choices, t):
		return oneOf(d.Choices), near.Suggestion(t, d.Choices)
	case d.valid != nil && !d.valid(t):
		return d.Form, ""
	}
	*d.text(s) = t
	return "", ""
}

// Validate reports values out of range and settings that contradict each other.
// It never changes s.
func (s Settings) Validate() error {
	for _, d := range EngineSettings() {
		scratch := s
		if err := d.Parse(&scratch, d.Get(&s)); err != nil {
			return err
		}
	}
	if why := s.conflict(); why != nil {
		return fmt.Errorf("%s: found %s, expected %s", why.key, why.found, why.expected)
	}
	return nil
}

// conflict is a pair of settings that no engine can run with.
type conflict struct{ key, found, expected, suggestion string }

// conflict returns the first contradiction, nil where there is none.
func (s Settings) conflict() *conflict {
	if s.TokenBudget < s.MaxBatch {
		return &conflict{"token_budget", strconv.Itoa(s.TokenBudget),
			fmt.Sprintf("at least max_batch (%d): every running sequence takes a row of each step", s.MaxBatch),
			fmt.Sprintf("write token_budget = %d or more", s.MaxBatch)}
	}
	if why := s.drafterConflict(); why != nil {
		return why
	}
	if s.Drafts() && s.TokenBudget < 1+s.DraftLength {
		return &conflict{"token_budget", strconv.Itoa(s.TokenBudget),
			fmt.Sprintf("at least draft_length + 1 (%d): drafts are verified in the same step", 1+s.DraftLength),
			fmt.Sprintf("write token_budget = %d or more", 1+s.DraftLength)}
	}
	if s.KVTokens > 0 && s.KVTokens < s.BlockSize {
		return &conflict{"kv_tokens", strconv.Itoa(s.KVTokens),
			fmt.Sprintf("0, or at least block_size (%d)", s.BlockSize), ""}
	}
	if s.SwapTokens > 0 && s.SwapTokens < s.BlockSize {
		return &conflict{"swap_tokens", strconv.Itoa(s.SwapTokens),
			fmt.Sprintf("0, or at least block_size (%d)", s.BlockSize), ""}
	}
	if why := s.kvConflict(); why != nil {
		return why
	}
	if why := s.boundConflict(); why != nil {
		return why
	}
	return s.batchingConflict()
}

// QuoteTOML writes a basic string. Go's quoting differs from TOML's in \x and in
// control characters only, which TOML has as \u.
func QuoteTOML(s string) string {
	out := []byte{'"'}
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			out = append(out, '\\', byte(r))
		case r < 0x20 || r == 0x7f:
			out = fmt.Appendf(out, `\u%04X`, r)
		default:
			out = append(out, string(r)...)
		}
	}
	return string(append(out, '"'))
}
