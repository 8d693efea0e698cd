package dialect

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Head is what the header of an answer says besides how it is to be read. The providers'
// names do not collide, so that it is read alike in every dialect.
type Head struct {
	RequestID  string        // to be named to the provider
	RetryAfter time.Duration // 0 where it is not said
	Requests   Limit         // of requests in the provider's window
	Tokens     Limit         // of tokens in it
}

// Limit is a rate limit: how many there may be, and how many are left. Both 0 where it is not said.
type Limit struct{ Limit, Left int }

// longestRetry bounds what is believed of Retry-After.
const longestRetry = 24 * time.Hour

// ReadHead reads the header of an answer.
func ReadHead(h http.Header) Head {
	return Head{
		RequestID:  first(h, "x-request-id", "request-id", "x-goog-request-id"),
		RetryAfter: retryAfter(h),
		Requests:   limit(h, "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "anthropic-ratelimit-requests-limit", "anthropic-ratelimit-requests-remaining"),
		Tokens:     limit(h, "x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-tokens-remaining"),
	}
}

// longestID bounds an id that is kept.
const longestID = 200

// first is the first of the headers that is there.
func first(h http.Header, names ...string) string {
	for _, name := range names {
		if v := strings.TrimSpace(h.Get(name)); v != "" && len(v) <= longestID {
			return v
		}
	}
	return ""
}

// limit reads pairs of headers: the limit, and what is left of it.
func limit(h http.Header, pairs ...string) Limit {
	for i := 0; i+1 < len(pairs); i += 2 {
		most, known := wholeNumber(h.Get(pairs[i]))
		left, told := wholeNumber(h.Get(pairs[i+1]))
		if known && told && most > 0 {
			return Limit{most, left}
		}
	}
	return Limit{}
}

func wholeNumber(text string) (int, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	return int(n), err == nil && n >= 0 && n <= 1<<53
}

// retryAfter reads milliseconds where the server says so, else seconds or a date, which is
// compared with the answer's own: no clock of ours comes into it.
func retryAfter(h http.Header) time.Duration {
	if ms, err := strconv.ParseFloat(h.Get("retry-after-ms"), 64); err == nil {
		return believable(ms * 1e6)
	}
	text := strings.TrimSpace(h.Get("Retry-After"))
	if s, err := strconv.ParseFloat(text, 64); err == nil {
		return believable(s * 1e9)
	}
	at, err := http.ParseTime(text)
	now, unknown := http.ParseTime(h.Get("Date"))
	if err != nil || unknown != nil {
		return 0
	}
	return believable(float64(at.Sub(now)))
}

func believable(ns float64) time.Duration {
	if !(ns > 0) {
		return 0
	}
	return time.Duration(min(ns, float64(longestRetry)))
}
