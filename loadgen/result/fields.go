package result

// field is one field of a Request: its key in requests.jsonl, and where it is. Exactly one of stamp, count, text and
// number is set. The scanner of lines and the columns both go by this list, so that a new field is one more row;
// a test finds one that is missing.
type field struct {
	key    string
	stamp  func(*Request) *int64
	count  func(*Request) *int
	text   func(*Request) *string
	number *number
	near   func(*Request) int64 // what a stamp is close to: its column holds the difference
	lone   bool                 // a stamp that is close to none, not even to that of the request before
}

// number is a field of another type, as an integer.
type number struct {
	get     func(*Request) int64
	set     func(*Request, int64)
	boolean bool // true and false in JSON
}

// fields has them in the order in which a line has its keys, and every stamp after what it is near to.
var fields = []field{
	{key: "seq", number: &number{get: func(r *Request) int64 { return int64(r.Seq) }, set: func(r *Request, v int64) { r.Seq = uint64(v) }}},
	{key: "intended_ns", stamp: func(r *Request) *int64 { return &r.Intended }},
	{key: "dequeued_ns", stamp: func(r *Request) *int64 { return &r.Dequeued }, near: func(r *Request) int64 { return r.Intended }},
	{key: "conn_ns", stamp: func(r *Request) *int64 { return &r.Conn }, near: func(r *Request) int64 { return r.Dequeued }},
	{key: "sent_ns", stamp: func(r *Request) *int64 { return &r.Sent }, near: func(r *Request) int64 { return r.Dequeued }},
	{key: "headers_ns", stamp: func(r *Request) *int64 { return &r.Headers }, near: func(r *Request) int64 { return r.Sent }},
	{key: "first_ns", stamp: func(r *Request) *int64 { return &r.First }, near: func(r *Request) int64 { return r.Headers }},
	{key: "last_ns", stamp: func(r *Request) *int64 { return &r.Last }, near: func(r *Request) int64 { return r.First }},
	{key: "end_ns", stamp: func(r *Request) *int64 { return &r.End }, near: func(r *Request) int64 { return r.Last }},
	{key: "status", count: func(r *Request) *int { return &r.Status }},
	{key: "outcome", text: func(r *Request) *string { return &r.Outcome }},
	{key: "error", text: func(r *Request) *string { return &r.Error }},
	{key: "id", text: func(r *Request) *string { return &r.ID }},
	{key: "model", text: func(r *Request) *string { return &r.Model }},
	{key: "request_id", text: func(r *Request) *string { return &r.RequestID }},
	{key: "retry_after_ns", stamp: func(r *Request) *int64 { return &r.RetryAfter }, lone: true},
	{key: "limit_requests", count: func(r *Request) *int { return &r.LimitRequests }},
	{key: "left_requests", count: func(r *Request) *int { return &r.LeftRequests }},
	{key: "limit_tokens", count: func(r *Request) *int { return &r.LimitTokens }},
	{key: "left_tokens", count: func(r *Request) *int { return &r.LeftTokens }},
	{key: "finish", text: func(r *Request) *string { return &r.Finish }},
	{key: "said", text: func(r *Request) *string { return &r.Said }},
	{key: "asked_prompt", count: func(r *Request) *int { return &r.AskedPrompt }},
	{key: "asked_output", count: func(r *Request) *int { return &r.AskedOutput }},
	{key: "prompt_tokens", count: func(r *Request) *int { return &r.PromptTokens }},
	{key: "cached_tokens", count: func(r *Request) *int { return &r.CachedTokens }},
	{key: "written_tokens", count: func(r *Request) *int { return &r.Written }},
	{key: "output_tokens", count: func(r *Request) *int { return &r.OutputTokens }},
	{key: "reasoning_tokens", count: func(r *Request) *int { return &r.Reasoning }},
	{key: "first_tokens", count: func(r *Request) *int { return &r.FirstTokens }},
	{key: "estimated", number: &number{get: estimated, set: func(r *Request, v int64) { r.Estimated = v != 0 }, boolean: true}},
	{key: "turn", count: func(r *Request) *int { return &r.Turn }},
	{key: "held_ns", stamp: func(r *Request) *int64 { return &r.Held }, lone: true},
	{key: "class", text: func(r *Request) *string { return &r.Class }},
	{key: "team", text: func(r *Request) *string { return &r.Team }},
}

func estimated(r *Request) int64 {
	if r.Estimated {
		return 1
	}
	return 0
}
