package dialect

import (
	"fmt"
	"net/http"

	"github.com/assaylab/assay/loadgen/workload"
)

// Dialect encodes requests and makes decoders for the answers.
type Dialect interface {
	fmt.Stringer

	// Encode makes a request for p. An *UnsupportedError says what the dialect cannot ask for.
	Encode(p workload.Prompt, o Options) (Call, error)

	// NewDecoder returns the decoder of one response.
	NewDecoder() Decoder
}

// Decoder reads the payloads of one response in order.
type Decoder interface {
	// Shape is how payloads arrive. It does not change.
	Shape() Shape

	// Decode reads the data of one event, one message, or a whole document. An error of type *ServerError
	// is one that the server reports; any other says that the payload is not of the dialect.
	// The Delta's Usage is good until the next call.
	Decode(payload []byte) (Delta, error)

	// Done says that the answer is complete: that its end mark has been read, and for an
	// Unmarked or a Framed one, that it may end here.
	Done() bool
}

// StatusOverloaded is Anthropic's word for a server that has too much to do, as others say 503.
const StatusOverloaded = 529

// Shape is how an answer arrives.
type Shape int

// Shapes of answers.
const (
	Marked   Shape = iota // server-sent events, up to an end mark: what comes behind it is of no interest
	Unmarked              // server-sent events, as long as the body lasts
	Whole                 // one JSON document, decoded when all of it is there
	Framed                // gRPC's messages over HTTP/2, up to a status in the trailer: see ReadStatus
)

// Call is an encoded request. Its key is not in Header, so that a call can be printed.
type Call struct {
	Path   string // below the server's base URL, beginning with "/"; may have a query
	Header http.Header
	Body   []byte
	Auth   Auth
}

// Delta is what one event added.
type Delta struct {
	ID      string // the server's id of the request
	Model   string // that answers, as the server calls it
	Message bool   // part of the answer; false for what only reports, such as the final usage
	Text    string // generated text of any channel: content, reasoning, tool call
	Thought bool   // Text is reasoning
	Finish  string // finish reason, in the event that has one: one of ours, or what the server says
	Said    string // the finish reason as the server words it, where Finish is another word for it
	Usage   *Usage // nil where the event has no counts
	Late    bool   // Usage does not count Text yet
}

// Usage is the server's count so far, not since the last event.
type Usage struct {
	Prompt    int // prompt tokens
	Cached    int // of these, read from the prefix cache
	Written   int // of these, written to a cache at a price of their own
	Output    int // generated tokens, reasoning included
	Reasoning int // of these, reasoning, whether or not it is sent
}

// ServerError is an error that the server reports inside a stream or in the body
// of a refusal.
type ServerError struct{ Message string }

func (e *ServerError) Error() string { return e.Message }

// OverloadedError is a ServerError of a server that has too much to do, where neither a status nor anything else says so.
type OverloadedError struct{ *ServerError }

func (e OverloadedError) Unwrap() error { return e.ServerError }

// Counter counts the tokens of a text. It serves where a server gives no counts.
type Counter interface{ Count(text string) int }

// UsageWanted says which token counts the server is asked for, by dialects that ask.
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
	Model       string   // as the server calls it
	Temperature float64  // always sent, but for ServerSampling; 0 is greedy
	TopP        float64  // 0: not sent, the server's default
	TopK        int      // 0: not sent
	Seed        *uint64  // nil: not sent
	Stop        []string // texts that end an answer
	IgnoreEOS   bool     // go on to MaxTokens: forces the output length
	Usage       UsageWanted
	Key         Key            // sent as the dialect sends one
	Header      http.Header    // sent with every request
	Extra       map[string]any // further members of the body; none that this package sets

	// ServerSampling sends no temperature: some models refuse to be told one.
	ServerSampling bool
}
