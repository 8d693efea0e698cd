package experiments

import (
	"strings"
	"testing"

	"github.com/assaylab/assay/loadgen/result"
)

// What ends a trial is what says that no request of it can be answered, in the words of each provider; all else is one request's.
func TestHopeless(t *testing.T) {
	failure := func(status int, message string) result.Request {
		return result.Request{Outcome: result.HTTPError, Status: status, Error: message}
	}
	for _, tc := range []struct {
		r    result.Request
		want string // "" for a failure of one request
	}{
		{failure(401, "401 Unauthorized: Incorrect API key provided: sk-***"), "the API key is refused"},
		{failure(401, "401 Unauthorized: invalid x-api-key"), "the API key is refused"},
		{failure(403, "403 Forbidden: PERMISSION_DENIED"), "the API key is refused"},
		{failure(400, "400 Bad Request: API key not valid. Please pass a valid API key."), "the API key is refused"},
		{failure(400, "400 Bad Request: API key expired. Please renew the API key."), "the API key is refused"},
		{failure(402, "402 Payment Required: Insufficient Balance"), "the account is not paid for"},
		{failure(404, "404 Not Found: The model `m-9` does not exist or you do not have access to it."), `http://h has no model "m-9"`},
		{failure(404, "404 Not Found: model: m-9"), `http://h has no model "m-9"`},
		{failure(404, "404 Not Found: models/m-9 is not found for API version v1beta"), `http://h has no model "m-9"`},
		{failure(404, "404 Not Found: <html>nothing here</html>"), `http://h has no such path, or no model "m-9"`},
		{failure(405, "405 Method Not Allowed"), `http://h has no such path`},
		{failure(308, "308 Permanent Redirect, redirects to http://other"), "http://h says that it is elsewhere"},
		{failure(400, "400 Bad Request: max_tokens is too large"), ""},
		{failure(413, "413 Request Entity Too Large"), ""},
		{failure(500, "500 Internal Server Error"), ""},
		{failure(502, "502 Bad Gateway"), ""},
		{result.Request{Outcome: result.Overloaded, Status: 429, Error: "429 Too Many Requests: your API key has a limit"}, ""},
		{result.Request{Outcome: result.StreamErr, Status: 200, Error: "no such model m-9"}, ""},
		{result.Request{Outcome: result.Refused}, ""},
		{result.Request{Outcome: result.OK, Status: 200}, ""},
	} {
		h := &hopeless{model: "m-9", base: "http://h"}
		got := h.Ended(tc.r, 1)
		err := h.found()
		if !strings.HasPrefix(got, tc.want) || (got == "") != (tc.want == "") || (err == nil) != (tc.want == "") {
			t.Errorf("%+v: %q, %v, want %q", tc.r, got, err, tc.want)
		}
		if err != nil && (!strings.HasPrefix(err.Error(), tc.want) || !strings.HasSuffix(err.Error(), ": "+tc.r.Error)) {
			t.Errorf("%v does not say %s", err, tc.r.Error)
		}
	}
	h := &hopeless{model: "m", base: "http://h"}
	h.Ended(failure(401, "the first"), 1)
	h.Ended(failure(404, "the second"), 2)
	if err := h.found(); err == nil || !strings.Contains(err.Error(), "the first") {
		t.Errorf("%v", err)
	}
}
