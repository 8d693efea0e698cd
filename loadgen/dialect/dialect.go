package dialect

import (
	"fmt"
	"net/http"

	"github.com/assaylab/assay/loadgen/workload"
)

// Dialect encodes requests and makes decoders for the answers.
type Dialect interface {
	fmt.Stringer

	// Encode makes a streaming request for p.
	Encode(p workload.Prompt, o Options) (Call, error)

	// NewDecoder returns the decoder of one response.
	NewDecoder() Decoder
}

// Decoder reads the payloads of one response in order.
type Decoder interface {
	// Decode reads the data of one event. An error of type *ServerError is one that
	// the server reports; any other says that the payload is not of the dialect. The
	// Delta's Usage is good until the next call.
	Decode(payload []byte) (Delta, error)

	// Done says that the dialect's end mark has been read.
	Done() bool
}

// Call is an encoded request.
type Call struct {
	Path   string // below the server's base URL, beginning with "/"
	Header http.Header
	Body   []byte
}

// Delta is what one event added.
type Delta struct {
	ID      string // the server's id of the request
	Message bool   // part of the answer; false for what only reports, such as the final usage
	Text    string // generated text of any channel: content, reasoning, tool call
	Finish  string // finish reason, in the event that has one
	Usage   *Usage // nil where the event has no counts
}

// Usage is the server's count so far, not since the last event.
type Usage struct {
	Prompt int // prompt tokens
	Cached int // of these, read from the prefix cache
	Output int // generated tokens
}

// ServerError is an error that the server reports inside a stream or in the body
// of a refusal.
type ServerError struct{ Message string }

func (e *ServerError) Error() string { return e.Message }

// Counter counts the tokens of a text. It serves where a server gives no counts.
type Counter interface{ Count(text string) int }

// UsageWanted says which token counts the server is asked for.
type UsageWanted int

// What can be wanted. Servers that refuse the unknown member
// continuous_usage_stats need UsageFinal.
const (
	UsageContinuous UsageWanted = iota // in every event: exact counts per message
	UsageFinal                         // once, at the end
	UsageNone
)

// Options are what the requests of an attack have in common.
type Options struct {
	Model       string  // as the server calls it
	Temperature float64 // always sent; 0 is greedy
	TopP        float64 // 0: not sent, the server's default
	TopK        int     // 0: not sent
	Seed        *uint64 // nil: not sent
	IgnoreEOS   bool    // go on to MaxTokens: forces the output length
	Usage       UsageWanted
	Header      http.Header    // sent with every request, such as Authorization
	Extra       map[string]any // further members of the body; none that this package sets
}
