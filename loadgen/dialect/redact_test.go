package dialect

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
)

// awkward is a key with characters that encodings change.
const awkward = `sk/plan+ted="0123\456<&>~xyz`

func everyByte(form string) func(string) string {
	return func(text string) string {
		var b strings.Builder
		for _, c := range []byte(text) {
			fmt.Fprintf(&b, form, c)
		}
		return b.String()
	}
}

func inJSON(text string) string {
	raw, _ := json.Marshal(text) // HTML's characters are escaped too
	return strings.Trim(string(raw), `"`)
}

// encodings are what servers, proxies and logs may make of a text that has a key in it.
var encodings = map[string]func(string) string{
	"plain":         func(text string) string { return text },
	"query":         url.QueryEscape,
	"path":          url.PathEscape,
	"every byte":    everyByte("%%%02X"),
	"small letters": everyByte("%%%02x"),
	"query twice":   func(text string) string { return url.QueryEscape(url.QueryEscape(text)) },
	"JSON":          inJSON,
	"JSON, slashes": func(text string) string { return strings.ReplaceAll(inJSON(text), "/", `\/`) },
	"JSON, all":     everyByte(`\u%04x`),
	"JSON in query": func(text string) string { return url.QueryEscape(inJSON(text)) },
	"query in JSON": func(text string) string { return everyByte(`\u%04X`)(url.QueryEscape(text)) },
	"hex":           func(text string) string { return hex.EncodeToString([]byte(text)) },
	"HEX":           func(text string) string { return strings.ToUpper(hex.EncodeToString([]byte(text))) },
	"base64":        func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) },
	"base64url":     func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) },
	"base64, query": func(text string) string { return url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(text))) },
}

// traces are the encodings of every part of a key that is long enough to be told from chance, with nothing around it. Of base64
// it is what does not depend on that.
func traces(secret string) (all []string) {
	for i := 0; i+leastPart < len(secret); i++ {
		part := secret[i : i+leastPart+1]
		for name, encode := range encodings {
			if !strings.Contains(name, "base64") {
				all = append(all, encode(part))
			}
		}
		for _, before := range []string{"", "x", "xx"} {
			text := base64.StdEncoding.EncodeToString([]byte(before + part + "xxx"))
			text = text[(8*len(before)+5)/6 : 8*len(before+part)/6]
			all = append(all, text, strings.NewReplacer("+", "-", "/", "_").Replace(text))
		}
	}
	return all
}

func TestRedactEncodings(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, secret := range []string{secret, awkward} {
		key, err := NewKey(secret)
		if err != nil {
			t.Fatal(err)
		}
		left := traces(secret)
		for name, encode := range encodings {
			for range 30 {
				before, after := strings.Repeat("Q", rng.IntN(7)), strings.Repeat(".", rng.IntN(7))
				text := "seen: " + encode(before+secret+after) + " end"
				got := key.Redact(text)
				if !strings.HasPrefix(got, "seen: ") || !strings.HasSuffix(got, " end") || strings.Count(got, keyMark) != 1 {
					t.Fatalf("%s: %s becomes %s", name, text, got)
				}
				for _, trace := range left {
					if strings.Contains(got, trace) {
						t.Fatalf("%s: %s becomes %s, which has %s of the key", name, text, got, trace)
					}
				}
			}
		}
	}
}

// Wherever a text is cut off, in whatever form the key is in it, no more of it is left than chance has.
func TestRedactCutOff(t *testing.T) {
	for _, secret := range []string{secret, awkward} {
		key, _ := NewKey(secret)
		left := traces(secret)
		for name, encode := range encodings {
			text := "Basic " + encode("me:"+secret)
			for n := range len(text) {
				for _, end := range []string{"", ellipsis} {
					got := key.Redact(text[:n] + end)
					for _, trace := range left {
						if strings.Contains(got, trace) {
							t.Fatalf("%s: %s becomes %s", name, text[:n]+end, got)
						}
					}
				}
			}
		}
	}
}

// What has no key in it stays as it is, whatever escapes it has, and keys that are too short to be any are looked for as they are.
func TestRedactLeavesTheRest(t *testing.T) {
	key, _ := NewKey(secret)
	for _, text := range []string{`C:\temp\u00e9\x`, "100 % of 5%", "%zz%4", `\`, `\u12`, "c2stcGxhbg==", "sk-plan", strings.Repeat("73", 40)} {
		if got := key.Redact(text); got != text {
			t.Errorf("%q becomes %q", text, got)
		}
	}
	short, _ := NewKey("key1")
	if got := short.Redact("a key1 and a2V5MQ== and 6b657931"); got != "a [API key] and a2V5MQ== and 6b657931" {
		t.Error(got)
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("x", "y")
	f.Add(`\u00`, "%2")
	f.Add("%25", `\\`)
	f.Fuzz(func(t *testing.T, before, after string) {
		key, _ := NewKey(secret)
		got := key.Redact(before + secret + after)
		if strings.Contains(got, secret) || !strings.Contains(got, keyMark) {
			t.Fatalf("%q: %q", before+secret+after, got)
		}
		if clean := before + after; !strings.Contains(key.Redact(clean), keyMark) && key.Redact(clean) != clean {
			t.Fatalf("%q changed to %q", clean, key.Redact(clean))
		}
	})
}
