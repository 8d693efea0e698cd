package scenario

import (
	"fmt"
	"strconv"
	"time"

	"github.com/assaylab/assay/engine/sched"
)

// duration describes a setting that is a time, 0 or more.
func duration(name, usage string, field func(*Settings) *time.Duration) Setting {
	return Setting{Name: name, Usage: usage, Kind: Time, time: field}
}

// sizes describes a setting that is a list of batch sizes.
func sizes(name, usage string, field func(*Settings) *string) Setting {
	valid := func(text string) bool { _, err := sched.ParseSizes(text); return err == nil }
	return Setting{Name: name, Usage: usage, Kind: Text, Form: `rising sizes with commas between them, such as "2,4,8"`, valid: valid, text: field}
}

// names are the words of a scheduler's setting.
func names[T ~string](all []T) (words []string) {
	for _, w := range all {
		words = append(words, string(w))
	}
	return words
}

// setTime reads a duration with its unit, and "0".
func (d Setting) setTime(s *Settings, v any) (expected, suggestion string) {
	const form = "a duration in quotes, 0 or more, with its unit (ns, us, ms, s, m, h)"
	text, ok := v.(string)
	if !ok {
		return form, fmt.Sprintf("write %s = %q", d.Name, "20ms")
	}
	t, err := time.ParseDuration(text)
	if err != nil || t < 0 {
		return form, fmt.Sprintf("write %s = %q", d.Name, "20ms")
	}
	*d.time(s) = t
	return "", ""
}

// batchingConflict is conflict for the settings that say who runs when.
func (s Settings) batchingConflict() *conflict {
	const chunks = "chunked_prefill = true: a whole prompt keeps to no chunk and no share"
	switch {
	case s.PrefillChunk > 0 && !s.ChunkedPrefill:
		return &conflict{"prefill_chunk", strconv.Itoa(s.PrefillChunk), chunks, "write prefill_chunk = 0"}
	case s.PrefillChunk > s.TokenBudget:
		return &conflict{"prefill_chunk", strconv.Itoa(s.PrefillChunk), fmt.Sprintf("at most token_budget (%d)", s.TokenBudget), ""}
	case s.PrefillOrder == string(sched.Mixed) && !s.ChunkedPrefill:
		return &conflict{"prefill_order", QuoteTOML(s.PrefillOrder), chunks, ""}
	case s.QueueOrder == string(sched.Shortest) && s.QueueAgeing == 0:
		return &conflict{"queue_ageing", `"0s"`, "more than 0 with queue_order \"shortest\": all turns would be at the arrival", `write queue_ageing = "10ms"`}
	case s.Batching == string(sched.Dynamic):
		return s.preferredConflict()
	}
	return nil
}

// preferredConflict is about the sizes of a dynamic batch.
func (s Settings) preferredConflict() *conflict {
	found := QuoteTOML(s.PreferredBatch)
	if s.PreferredBatch == "" {
		return &conflict{"preferred_batch", found, "sizes with batching \"dynamic\": without them it is static", `write preferred_batch = "2,4"`}
	}
	if all, err := sched.ParseSizes(s.PreferredBatch); err == nil && all[len(all)-1] > s.MaxBatch {
		return &conflict{"preferred_batch", found, fmt.Sprintf("sizes up to max_batch (%d)", s.MaxBatch), ""}
	}
	return nil
}
