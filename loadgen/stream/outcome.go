package stream

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/result"
)

// stopped is the outcome of a request whose context is done: the whole attack's
// (cancelled) or its own deadline (timeout). "" while neither is.
func stopped(attack, request context.Context) string {
	switch {
	case over(attack):
		return result.Cancelled
	case over(request):
		return result.Timeout
	}
	return ""
}

// over reports whether a context is done or should be. A dial keeps the deadline by a
// timer of its own, which may fire before the context's.
func over(ctx context.Context) bool {
	deadline, timed := ctx.Deadline()
	return ctx.Err() != nil || timed && !time.Now().Before(deadline)
}

// broken is the outcome of a request that a transport error ended.
func broken(connected bool, err error) string {
	switch {
	case !connected:
		return result.Refused
	case strings.Contains(err.Error(), "malformed"), strings.Contains(err.Error(), "chunk length"): // net/http has no error value for a reply that is not HTTP
		return result.Malformed
	case strings.Contains(err.Error(), "looked like an HTTP/1.1 header"), strings.Contains(err.Error(), "client conn could not be established"):
		// asked for in HTTP/2; which of the two it is depends on whether the request or the reply was first
		return result.Malformed
	case strings.Contains(err.Error(), "REFUSED_STREAM"), strings.Contains(err.Error(), "ENHANCE_YOUR_CALM"): // what gRPC takes for UNAVAILABLE and RESOURCE_EXHAUSTED
		return result.Overloaded
	}
	return result.Reset
}

// refusal is the outcome and the message of a status other than 200.
func refusal(resp *http.Response, body []byte) (outcome, message string) {
	outcome, message = result.HTTPError, strings.TrimSpace(fmt.Sprintf("%d %s", resp.StatusCode, http.StatusText(resp.StatusCode)))
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, dialect.StatusOverloaded:
		outcome = result.Overloaded
	}
	if after := resp.Header.Get("Retry-After"); after != "" {
		message += ", retry after " + after
	}
	if location := resp.Header.Get("Location"); location != "" {
		message += ", redirects to " + location
	}
	if text := dialect.ErrorText(body); text != "" {
		message += ": " + text
	}
	return outcome, message
}

// unfinished is the outcome of a gRPC answer that has come to its end and is not complete, after a number of messages.
// A server that fails before the first refuses; later it is an error inside the stream.
func unfinished(resp *http.Response, messages int) (outcome, message string) {
	status, told := dialect.ReadStatus(resp.Header, resp.Trailer)
	switch bad := noFrames(resp); {
	case told && status.Overloaded():
		return result.Overloaded, "gRPC " + status.String()
	case told && !status.OK() && messages == 0:
		return result.HTTPError, "gRPC " + status.String()
	case told && !status.OK():
		return result.StreamErr, "gRPC " + status.String()
	case told:
		return result.Truncated, fmt.Sprintf("gRPC says OK after %d messages, without the final response", messages)
	case bad != "":
		return result.Malformed, bad
	}
	return result.Truncated, fmt.Sprintf("the stream ended after %d messages without a gRPC status", messages)
}

// noFrames says why the body of an answer cannot be gRPC's, "" where it can.
func noFrames(resp *http.Response) string {
	if media := mediaType(resp); media != "application/grpc" && !strings.HasPrefix(media, "application/grpc+") {
		return fmt.Sprintf("content type is %q, expected application/grpc", resp.Header.Get("Content-Type"))
	}
	return ""
}
