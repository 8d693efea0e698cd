package record

// Task is one subject's answers to the items of a task: what `assay eval` prints for
// choice, generate and code with --json. Every list that has one entry per item is in
// the items' order, which is the same for all subjects, so that they are compared in pairs.
type Task struct {
	Format      int      `json:"format"`
	Kind        string   `json:"kind"`           // "choice", "letters", "generate" or "code"
	Form        string   `json:"form,omitempty"` // how it was asked of a server: FormText or FormChat
	Source      string   `json:"source"`         // where the items come from
	Subject     string   `json:"subject"`
	Reference   string   `json:"reference"` // the subject that others are compared with
	Metrics     []Metric `json:"metrics"`
	Items       []Item   `json:"items"`
	WeightBytes int64    `json:"weight_bytes"`
	ElapsedNS   int64    `json:"elapsed_ns"` // of this subject
}

// TaskPlan is a task of a run.
type TaskPlan struct {
	Kind   string  `json:"kind"`            // Task.Kind of the answers that are judged: "letters" of questions with choices
	Source string  `json:"source"`          // as Task.Source
	Least  float64 `json:"least,omitempty"` // share of the items that an arm must get right, 0.6 = 60 %; 0 for none
}

// Forms in which a server is asked.
const (
	FormText = "text" // continue a text
	FormChat = "chat" // answer a message
)

// Metric is one figure by item: Hits for a share of items, Values for a mean. One of
// the two is set. Items says which items it covers, by index; nil is all of them.
type Metric struct {
	Name   string    `json:"name"`
	Unit   string    `json:"unit,omitempty"` // of Values
	Items  []int     `json:"items,omitempty"`
	Hits   []bool    `json:"hits,omitempty"`
	Values []float64 `json:"values,omitempty"`
}

// Item is what a subject answered.
type Item struct {
	ID      string    `json:"id"`
	Answer  string    `json:"answer,omitempty"`  // the text that it wrote
	Finish  string    `json:"finish,omitempty"`  // why it ended: "end", "stop" or "length"
	Output  string    `json:"output,omitempty"`  // of the command that judged it
	LogProb []float64 `json:"logprob,omitempty"` // nats, of each choice
	Tokens  []int     `json:"tokens,omitempty"`  // scored, of each choice
}
