package result

// Never marks a stamp of something that did not happen.
const Never int64 = -1

// Outcome classes. A fast refusal is an outcome, not a missing sample.
const (
	OK         = "ok"
	HTTPError  = "http_error" // a status other than 200, 429, 503 and 529; one of gRPC before any message
	Overloaded = "overloaded" // 429, 503 or 529; gRPC's UNAVAILABLE or RESOURCE_EXHAUSTED
	Refused    = "refused"    // no connection
	Timeout    = "timeout"
	Reset      = "reset"        // the connection broke while streaming
	Truncated  = "truncated"    // the stream ended without its end marker, or without gRPC's status
	Malformed  = "malformed"    // an event that is not of the dialect
	StreamErr  = "stream_error" // an error object inside the stream, after a 200; a status of gRPC after messages
	Cancelled  = "cancelled"    // by us: the run was stopped
)

// Outcomes returns every outcome class, success first.
func Outcomes() []string {
	return []string{OK, HTTPError, Overloaded, Refused, Timeout, Reset, Truncated, Malformed, StreamErr, Cancelled}
}

// Request is the timeline of one request. All stamps are nanoseconds after the
// start of the attack's schedule, or Never.
type Request struct {
	Seq      uint64 `json:"seq"`
	Intended int64  `json:"intended_ns"` // when the schedule wanted it sent
	Dequeued int64  `json:"dequeued_ns"` // when a worker took it up
	Conn     int64  `json:"conn_ns"`     // when it had a connection, new or kept alive
	Sent     int64  `json:"sent_ns"`     // when the request had been written to the socket
	Headers  int64  `json:"headers_ns"`  // when the response header was read
	First    int64  `json:"first_ns"`    // the first message with at least one generated token
	Last     int64  `json:"last_ns"`     // the last message with at least one generated token
	End      int64  `json:"end_ns"`      // the body had been read, or the failure noticed

	Status  int    `json:"status"` // HTTP status, 0 where none came
	Outcome string `json:"outcome"`
	Error   string `json:"error,omitempty"`
	ID      string `json:"id,omitempty"` // the server's id of the request

	// Of the server's own words and limits, 0 and "" where it does not say.
	Model         string `json:"model,omitempty"`          // that answered, where it has another name than the one that was asked
	RequestID     string `json:"request_id,omitempty"`     // of the answer's header
	RetryAfter    int64  `json:"retry_after_ns,omitempty"` // how long it wants to be left alone
	LimitRequests int    `json:"limit_requests,omitempty"` // requests in its window
	LeftRequests  int    `json:"left_requests,omitempty"`  // of these
	LimitTokens   int    `json:"limit_tokens,omitempty"`   // tokens in its window
	LeftTokens    int    `json:"left_tokens,omitempty"`    // of these

	Finish       string `json:"finish,omitempty"`           // the finish reason, under the names that dialects share
	Said         string `json:"said,omitempty"`             // the finish reason as the server words it, where that is another word
	AskedPrompt  int    `json:"asked_prompt"`               // prompt tokens as the workload counted them
	AskedOutput  int    `json:"asked_output"`               // max_tokens
	PromptTokens int    `json:"prompt_tokens"`              // as the server counted, 0 where it did not
	CachedTokens int    `json:"cached_tokens"`              // prompt tokens that the server read from its prefix cache
	Written      int    `json:"written_tokens,omitempty"`   // prompt tokens that it wrote to a cache, at a price of their own
	OutputTokens int    `json:"output_tokens"`              // as the server counted, else the sum over Events
	Reasoning    int    `json:"reasoning_tokens,omitempty"` // of these, reasoning as the server counted, whether sent or not
	FirstTokens  int    `json:"first_tokens"`               // tokens in the first message (k1 of TPOT)
	Estimated    bool   `json:"estimated,omitempty"`        // token counts are ours, the server gave none
	Turn         int    `json:"turn,omitempty"`             // of a conversation, from 1; 0 where it is of none
	Held         int64  `json:"held_ns,omitempty"`          // from dequeued to when the reply to the turn before was there, 0 where it was
	Class        string `json:"class,omitempty"`            // of the load, "" where it has no classes
	Team         string `json:"team,omitempty"`             // whose request it is, "" for nobody's

	Events []Event `json:"-"` // kept in events.jsonl
}

// New returns a request of which nothing has happened yet.
func New(seq uint64) Request {
	return Request{
		Seq: seq, Intended: Never, Dequeued: Never, Conn: Never, Sent: Never,
		Headers: Never, First: Never, Last: Never, End: Never,
	}
}

// Event is one message that carried generated tokens.
type Event struct {
	At     int64 // nanoseconds after the schedule's start: when it came, or where that is not known was read, before parsing
	Tokens int   // tokens in this message
	Read   int   // ordinal of the socket read that delivered it: equal ordinals arrived together
}
