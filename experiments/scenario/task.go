package scenario

import (
	"fmt"

	"github.com/assaylab/assay/loadgen/workload"
)

// Task is what every arm is asked beside its loads, engines and targets alike, and judged by.
type Task struct {
	Key       string  // of its table, for messages
	Kind      string  // one of TaskKinds
	File      string  // with the items, as written
	Items     int     // the first so many of the file, or so many places in code; 0 for all of a file
	MaxTokens int     // of an answer, where an item does not say
	Context   int     // of TaskCode: tokens of the file before a place, at most
	Least     float64 // share of the items that an arm must get right; 0 for none
}

// Kinds of tasks.
const (
	TaskChoice   = "choice"   // questions with choices
	TaskGenerate = "generate" // prompts, whose completions are judged by equality or by a pattern
	TaskCode     = "code"     // places in Go functions
)

// Answers of these lengths are enough for a letter after a few words, for a short answer, for a
// function.
var defaultTaskTokens = map[string]int{TaskChoice: 16, TaskGenerate: 128, TaskCode: 128}

const (
	defaultCodeItems   = 40
	defaultCodeContext = 512
	mostTaskItems      = 1 << 16
	mostLeast          = 0.999 // nothing short of all items ever shows more
)

// tasks reads every [[task]].
func (r *reader) tasks(t *table) (all []Task) {
	for _, c := range t.children("task") {
		k := Task{Key: c.path}
		if !c.has("kind") {
			c.missing("kind", "what is asked", `"choice"`)
		}
		k.Kind = c.choice("kind", "", []string{TaskChoice, TaskGenerate, TaskCode})
		k.File = c.requiredText("file", "a file of items", `"data/choice.jsonl"`)
		items := 0
		if k.Kind == TaskCode {
			items = defaultCodeItems
			k.Context = c.integer("context_tokens", defaultCodeContext, 1, workload.MaxLength)
		}
		k.Items = c.integer("items", items, 1, mostTaskItems)
		k.MaxTokens = c.integer("max_tokens", defaultTaskTokens[k.Kind], 1, workload.MaxLength)
		k.Least = c.number("least", 0, interval{lo: 0, hi: mostLeast, open: true})
		c.finish()
		for _, before := range all {
			if k.Kind != "" && k.File != "" && before.Kind == k.Kind && before.File == k.File {
				c.report(c.key("file"), fmt.Sprintf("%q for two tasks of kind %s", k.File, k.Kind), "one", "")
			}
		}
		all = append(all, k)
	}
	return all
}
