package dialect

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

const secret = "sk-planted-0123456789abcdef"

// A key is in the header of what is sent, and in nothing that can be printed.
func TestKeysAreNotPrinted(t *testing.T) {
	key, err := NewKey(" " + secret + "\n")
	if err != nil {
		t.Fatal(err)
	}
	type hidden struct{ options Options } // fmt calls no methods of what is in an unexported field
	for _, k := range Kinds() {
		o := Options{Model: "m", Key: key}
		call, err := k.Dialect.Encode(prompt, o)
		if err != nil {
			t.Fatal(err)
		}
		refused := o
		refused.Temperature = -1
		_, bad := k.Dialect.Encode(prompt, refused)
		asJSON, _ := json.Marshal([]any{key, o.Model, call.Header, call.Auth})
		for _, v := range []any{key, &key, o, &o, hidden{o}, call, &call, call.Auth, k.Auth(key), bad, k, string(asJSON)} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				if text := fmt.Sprintf(verb, v); strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
					t.Errorf("%s of %T has the key: %s", verb, v, text)
				}
			}
		}
		h := http.Header{}
		call.Auth.Sign(h)
		if got := fmt.Sprint(h); strings.Count(got, secret) != 1 {
			t.Errorf("%s is signed with %s", k.Name, got)
		}
	}
	if fmt.Sprint(key) != "[API key]" || fmt.Sprint(Key{}) != "no API key" {
		t.Errorf("%v, %v", key, Key{})
	}
}

func TestNewKey(t *testing.T) {
	for _, bad := range []string{"a b", "a\nb", "clé", "\x00"} {
		if k, err := NewKey(bad); err == nil || k.Given() || strings.Contains(err.Error(), bad) {
			t.Errorf("%q: %v, %v", bad, k, err)
		}
	}
	if k, err := NewKey(" \n"); err != nil || k.Given() {
		t.Errorf("nothing is a key: %v %v", k, err)
	}
	h := http.Header{}
	Auth{Header: "X"}.Sign(h)
	if len(h) != 0 {
		t.Errorf("signed with no key: %v", h)
	}
}

func TestRedact(t *testing.T) {
	key, _ := NewKey(secret)
	for in, want := range map[string]string{
		"":                                     "",
		"nothing here":                         "nothing here",
		"key " + secret + " is " + secret:      "key [API key] is [API key]",
		"cut off: " + secret[:20]:              "cut off: [API key]",
		"cut off: " + secret[:20] + "…":        "cut off: [API key]…",
		"short of a part: " + secret[:7]:       "short of a part: " + secret[:7],
		"Bearer " + secret + ", " + secret[:9]: "Bearer [API key], [API key]",
	} {
		if got := key.Redact(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	if got := (Key{}).Redact(secret); got != secret {
		t.Errorf("no key takes out %q", got)
	}
}

// Wherever the shortening of an error cuts through a key, no more of it is left than chance has.
func TestRedactAfterClipping(t *testing.T) {
	key, _ := NewKey(secret)
	for n := range 260 {
		text := key.Redact(clip(strings.Repeat(".", n) + secret + " is wrong"))
		if strings.Contains(text, secret[:leastPart]) {
			t.Fatalf("%d bytes before it: %s", n, text)
		}
	}
}

func TestReadHead(t *testing.T) {
	for _, tc := range []struct {
		name   string
		header map[string]string
		want   Head
	}{
		{"nothing", nil, Head{}},
		{"OpenAI", map[string]string{"x-request-id": "r1", "x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "0", "x-ratelimit-limit-tokens": "150000", "x-ratelimit-remaining-tokens": "149984"},
			Head{RequestID: "r1", Requests: Limit{60, 0}, Tokens: Limit{150000, 149984}}},
		{"Anthropic", map[string]string{"request-id": "r2", "anthropic-ratelimit-requests-limit": "50", "anthropic-ratelimit-requests-remaining": "49", "retry-after": "12"},
			Head{RequestID: "r2", Requests: Limit{50, 49}, RetryAfter: 12 * time.Second}},
		{"milliseconds first", map[string]string{"retry-after-ms": "1500", "Retry-After": "2"}, Head{RetryAfter: 1500 * time.Millisecond}},
		{"a date, by the server's clock", map[string]string{"Date": "Sun, 29 Nov 2026 12:00:00 GMT", "Retry-After": "Sun, 29 Nov 2026 12:00:34 GMT"}, Head{RetryAfter: 34 * time.Second}},
		{"a date without a clock", map[string]string{"Retry-After": "Sun, 29 Nov 2026 12:00:34 GMT"}, Head{}},
		{"a date that has passed", map[string]string{"Date": "Sun, 29 Nov 2026 12:00:00 GMT", "Retry-After": "Sun, 29 Nov 2026 11:00:00 GMT"}, Head{}},
		{"nonsense", map[string]string{"Retry-After": "soon", "x-ratelimit-limit-requests": "-1", "x-ratelimit-remaining-requests": "many", "x-request-id": strings.Repeat("x", 300)}, Head{}},
		{"no number", map[string]string{"Retry-After": "NaN"}, Head{}},
		{"for ever", map[string]string{"Retry-After": "1e300"}, Head{RetryAfter: longestRetry}},
		{"half of a pair", map[string]string{"x-ratelimit-remaining-tokens": "5"}, Head{}},
	} {
		h := http.Header{}
		for k, v := range tc.header {
			h.Set(k, v)
		}
		if got := ReadHead(h); got != tc.want {
			t.Errorf("%s: %+v, want %+v", tc.name, got, tc.want)
		}
	}
}
