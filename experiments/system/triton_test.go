package system

import (
	"strings"
	"testing"
)

// Values have one canonical form, and what is none says what would be.
func TestTritonValues(t *testing.T) {
	k := triton()
	for _, tc := range []struct {
		name string
		v    any
		want string // "" for an error
		says string
	}{
		{"preferred_batch_sizes", "4,8", "4,8", ""},
		{"preferred_batch_sizes", "none", "none", ""},
		{"preferred_batch_sizes", "4,4", "", "each once"},
		{"preferred_batch_sizes", "0", "", "sizes of 1 or more"},
		{"preferred_batch_sizes", "4;8", "", `such as "4,8"`},
		{"preferred_batch_sizes", int64(4), "", "in quotes"},
		{"max_queue_delay_us", int64(500), "500", ""},
		{"max_queue_delay_us", int64(-1), "", "from 0 to"},
		{"max_queue_delay", int64(1), "", "max_queue_delay_us"},
		{"timeout_action", "delay", "delay", ""},
		{"timeout_action", "DELAY", "", "one of reject, delay"},
		{"decoupled", true, "true", ""},
		{"instance_count", int64(0), "", "from 1 to"},
	} {
		got, err := k.Parse(tc.name, tc.v)
		if got != tc.want || (err == nil) != (tc.want != "") || err != nil && !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s = %v: %q, %v", tc.name, tc.v, got, err)
		}
	}
}

// What cannot run together is refused before anything is started, and with the reason.
func TestTritonRefuses(t *testing.T) {
	for _, tc := range []struct {
		v    Values
		want string
	}{
		{Values{}, ""},
		{Values{"max_batch_size": "8", "preferred_batch_sizes": "4, 8", "max_queue_delay_us": "100"}, ""},
		{Values{"max_batch_size": "8", "preferred_batch_sizes": "4,16"}, "preferred_batch_sizes has 16, and max_batch_size is 8"},
		{Values{"max_batch_size": "0", "preferred_batch_sizes": "none"}, ""},
		{Values{"max_batch_size": "0", "preferred_batch_sizes": "1"}, "max_batch_size is 0"},
		{Values{"dynamic_batching": "false", "max_queue_delay_us": "0"}, "max_queue_delay_us is a setting of the dynamic batcher"},
		{Values{"dynamic_batching": "true", "max_queue_delay_us": "0"}, ""},
		{Values{"priority_levels": "2", "default_priority": "3"}, "default_priority is 3"},
		{Values{"priority_levels": "2", "default_priority": "2"}, ""},
		{Values{"preserve_ordering": "true", "priority_levels": "2"}, "needs one level"},
		{Values{"preserve_ordering": "true", "timeout_action": "delay"}, "cannot go with"},
	} {
		got := triton().Refuses(tc.v, "")
		if (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) {
			t.Errorf("%v: %q, want %q", tc.v, got, tc.want)
		}
	}
}
