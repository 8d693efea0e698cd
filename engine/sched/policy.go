package sched

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Policy says when waiting sequences join those that run. Whatever it is, every
// sequence gets the same tokens; only when differs.
type Policy string

// Policies.
const (
	Continuous Policy = "continuous" // at every step, wherever there is room (iteration-level, Yu et al. 2022, Orca)
	None       Policy = "none"       // one sequence at a time
	Static     Policy = "static"     // batches of MaxBatch, or of what came within BatchWait, run to their last member's end
	Dynamic    Policy = "dynamic"    // like Static, but a batch also starts as soon as it has a size of Preferred
)

// Policies lists all, the default first.
var Policies = []Policy{Continuous, None, Static, Dynamic}

// batched reports whether sequences run in batches that nobody joins.
func (p Policy) batched() bool { return p == Static || p == Dynamic }

// PrefillOrder says who has the rows of a step first.
type PrefillOrder string

// Prefill orders.
const (
	// DecodeFirst gives every generating sequence its row, and prompts what they leave.
	DecodeFirst PrefillOrder = "decode-first"
	// PrefillFirst computes prompts in steps of their own, and goes on generating when
	// there is none that can be computed.
	PrefillFirst PrefillOrder = "prefill-first"
	// Mixed sets half of the rows aside for prompts, as far as they want them. Generating
	// sequences share the others, those who had a row longest ago first, and what they leave is the
	// prompts' too.
	Mixed PrefillOrder = "mixed"
)

// PrefillOrders lists all, the default first.
var PrefillOrders = []PrefillOrder{DecodeFirst, PrefillFirst, Mixed}

// QueueOrder says who of the waiting sequences is next. Lower priorities come first under
// all of them, and of equal priority those that were preempted.
type QueueOrder string

// Queue orders.
const (
	// FCFS is first come, first served.
	FCFS QueueOrder = "fcfs"
	// Shortest takes the fewest tokens first, with ageing: a sequence's turn is Ageing times its
	// tokens after its arrival, so that nobody who comes later than that overtakes it.
	Shortest QueueOrder = "shortest"
	// Fair takes the tenant that was served least, by the virtual token counter of Sheng et al. 2024,
	// "Fairness in Serving Large Language Models".
	Fair QueueOrder = "fair"
)

// QueueOrders lists all, the default first.
var QueueOrders = []QueueOrder{FCFS, Shortest, Fair}

// withDefaults names what was left open, and has the batch that the policy allows.
func (c Config) withDefaults() Config {
	if c.Policy == "" {
		c.Policy = Continuous
	}
	if c.Policy == None {
		c.MaxBatch = 1
	}
	if c.Order == "" {
		c.Order = DecodeFirst
	}
	if c.Queue == "" {
		c.Queue = FCFS
	}
	return c
}

// validatePolicy returns what is wrong with the fields that say who runs when.
func (c Config) validatePolicy() []error {
	d := c.withDefaults()
	errs := []error{
		oneOf("batching", d.Policy, Policies),
		oneOf("prefill_order", d.Order, PrefillOrders),
		oneOf("queue_order", d.Queue, QueueOrders),
		notNegative("batch_wait", c.BatchWait),
		notNegative("queue_ageing", c.Ageing),
		notNegative("patience", c.Patience),
		atLeast("prefill_chunk", c.Chunk, 0),
		c.validatePreferred(),
	}
	if c.Chunk > 0 && !c.Chunked {
		errs = append(errs, fmt.Errorf("sched: prefill_chunk is %d, and prompts are not chunked", c.Chunk))
	}
	if c.Order == Mixed && !c.Chunked {
		errs = append(errs, fmt.Errorf("sched: prefill_order is %q, and prompts are not chunked: a whole one keeps to no share", c.Order))
	}
	return errs
}

func (c Config) validatePreferred() error {
	if c.Policy != Dynamic {
		return nil
	}
	if len(c.Preferred) == 0 {
		return fmt.Errorf("sched: preferred_batch is empty; %q needs sizes", Dynamic)
	}
	for i, n := range c.Preferred {
		if n < 1 || n > c.MaxBatch || i > 0 && n <= c.Preferred[i-1] {
			return fmt.Errorf("sched: preferred_batch is %v; want rising sizes from 1 to max_batch, %d", c.Preferred, c.MaxBatch)
		}
	}
	return nil
}

func oneOf[T ~string](name string, found T, all []T) error {
	if slices.Contains(all, found) {
		return nil
	}
	var names []string
	for _, t := range all {
		names = append(names, string(t))
	}
	return fmt.Errorf("sched: %s is %q; it must be one of %s", name, found, strings.Join(names, ", "))
}

func notNegative(name string, d time.Duration) error {
	if d >= 0 {
		return nil
	}
	return fmt.Errorf("sched: %s is %v; it must not be negative", name, d)
}

// ParseSizes reads a list of batch sizes as settings have it: "2,4,8"; empty is none.
func ParseSizes(text string) (sizes []int, err error) {
	if text == "" {
		return nil, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 || len(sizes) > 0 && n <= sizes[len(sizes)-1] {
			return nil, fmt.Errorf("sched: preferred_batch is %q; want rising sizes with commas between them, such as \"2,4,8\"", text)
		}
		sizes = append(sizes, n)
	}
	return sizes, nil
}
