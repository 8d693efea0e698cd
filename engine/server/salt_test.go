package server

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine"
)

// cachedTokens asks with a key and says how many prompt tokens came from the prefix cache.
func cachedTokens(t *testing.T, url, key, body string) int {
	t.Helper()
	r, err := http.NewRequest("POST", url+pathCompletions, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	var answer struct {
		Usage struct {
			Details struct {
				Cached int `json:"cached_tokens"`
			} `json:"prompt_tokens_details"`
		}
	}
	if err := json.Unmarshal(text, &answer); err != nil || resp.StatusCode != 200 {
		t.Fatalf("%d: %s", resp.StatusCode, text)
	}
	return answer.Usage.Details.Cached
}

// TestNoTenantFindsAnothersPrompt: with keys, what one has asked is found by itself alone, whatever
// the other says of a salt, unless the operator has the cache shared; and with a salt by requests
// of the same one.
func TestNoTenantFindsAnothersPrompt(t *testing.T) {
	type ask struct {
		key, salt string
		found     bool
	}
	for _, row := range []struct {
		name   string
		keys   []APIKey
		shared bool
		asks   []ask
	}{
		{"per key", []APIKey{{Key: "alice"}, {Key: "bob"}}, false, []ask{{"alice", "", false}, {"bob", "", false}, {"alice", "", true}, {"bob", "", true},
			{"bob", "alice", false}, {"bob", "x", false}, {"alice", "x", false}, {"alice", "x", true}}},
		{"shared", []APIKey{{Key: "alice"}, {Key: "bob"}}, true, []ask{{"alice", "", false}, {"bob", "", true}, {"bob", "x", false}, {"alice", "x", true}}},
		{"no keys", nil, false, []ask{{"", "", false}, {"", "", true}, {"", "x", false}, {"", "y", false}, {"", "x", true}}},
	} {
		for _, index := range []string{"hash", "radix"} {
			t.Run(row.name+" "+index, func(t *testing.T) {
				_, url := startEngineAs(t, func(o *engine.Options) { o.PrefixCache, o.BlockSize = index, 4 },
					func(c *Config) { c.APIKeys, c.SharedCache = row.keys, row.shared })
				for i, a := range row.asks {
					more := `"max_tokens":1`
					if a.salt != "" {
						more += `,"cache_salt":"` + a.salt + `"`
					}
					if n := cachedTokens(t, url, a.key, `{"model":"gopherling-2m","prompt":"`+goPrompt+`",`+more+`}`); (n > 0) != a.found {
						t.Errorf("request %d, %+v: %d tokens from the cache", i, a, n)
					}
				}
			})
		}
	}
}
