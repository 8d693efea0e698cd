package metric

import "github.com/assaylab/assay/loadgen/result"

// StreamedTokens is the sum of the token counts of the messages.
func StreamedTokens(r *result.Request) int {
	n := 0
	for _, e := range r.Events {
		n += e.Tokens
	}
	return n
}

// OutputTokens is the server's count, or the messages' where the server gave none.
func OutputTokens(r *result.Request) int {
	if r.OutputTokens > 0 {
		return r.OutputTokens
	}
	return StreamedTokens(r)
}

// FirstTokens is the number of tokens in the first message, k1 of TPOT.
func FirstTokens(r *result.Request) int {
	if r.FirstTokens == 0 && len(r.Events) > 0 {
		return r.Events[0].Tokens
	}
	return r.FirstTokens
}

// PromptTokens is the server's count, or the workload's where the server gave none.
func PromptTokens(r *result.Request) int {
	if r.PromptTokens > 0 {
		return r.PromptTokens
	}
	return r.AskedPrompt
}

// TokensInWindow is the number of tokens stamped before the window's end, those of
// requests that failed later included: throughput is what the server emitted.
func TokensInWindow(r *result.Request, windowNS int64) int {
	n := 0
	for _, e := range r.Events {
		if e.At < windowNS {
			n += e.Tokens
		}
	}
	return n
}

// IssuedInWindow says whether a request counts for rates over the window. The window
// is half-open and the last issue marks its end, so of n requests n-1 lie in it: the
// rate of a constant schedule comes out exactly, that of a Poisson schedule without
// bias.
func IssuedInWindow(r *result.Request, windowNS int64) bool { return r.Intended < windowNS }
