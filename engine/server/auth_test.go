package server

import (
	"net/http"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine"
)

func TestKeys(t *testing.T) {
	for _, c := range []struct {
		name, method, path, header string
		status                     int
		code                       string
	}{
		{"no key", "POST", pathCompletions, "", 401, "missing_api_key"},
		{"other scheme", "POST", pathCompletions, "Basic second", 401, "missing_api_key"},
		{"wrong", "POST", pathCompletions, "Bearer third", 401, "invalid_api_key"},
		{"beginning of a key", "POST", pathCompletions, "Bearer secon", 401, "invalid_api_key"},
		{"key and more", "POST", pathCompletions, "Bearer seconds", 401, "invalid_api_key"},
		{"empty", "POST", pathCompletions, "Bearer ", 401, "invalid_api_key"},
		{"first", "POST", pathCompletions, "Bearer first", 200, ""},
		{"second", "POST", pathCompletions, "Bearer second", 200, ""},
		{"scheme in small letters", "POST", pathCompletions, "bearer second", 200, ""},
		{"models", "GET", "/v1/models", "", 401, "missing_api_key"},
		{"stats", "GET", "/stats", "", 401, "missing_api_key"},
		{"tokenize", "POST", "/tokenize", "", 401, "missing_api_key"},
		{"nothing there", "GET", "/nothing", "", 401, "missing_api_key"},
		{"health", "GET", "/health", "", 200, ""},
		{"version", "GET", "/version", "", 200, ""},
		{"metrics", "GET", "/metrics", "", 200, ""},
		{"not quite health", "GET", "/health/", "", 401, "missing_api_key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := testConfig()
			config.APIKeys = []APIKey{{Key: "first"}, {Key: "second"}}
			b := always(end("x", engine.FinishLength))
			_, url := start(t, config, b)
			r, err := http.NewRequest(c.method, url+c.path, strings.NewReader(completionWith(`"n":1`)))
			if err != nil {
				t.Fatal(err)
			}
			if c.header != "" {
				r.Header.Set("Authorization", c.header)
			}
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			body := readAll(t, resp)
			if resp.StatusCode != c.status || c.code != "" && !strings.Contains(body, `"code":"`+c.code+`"`) {
				t.Errorf("%d: %s", resp.StatusCode, body)
			}
			if c.status == 401 && (resp.Header.Get("WWW-Authenticate") != "Bearer" || len(b.requests) != 0) {
				t.Errorf("headers %v, %d requests to the engine", resp.Header, len(b.requests))
			}
		})
	}
}

func TestProfilesOnlyWhenAskedFor(t *testing.T) {
	for _, on := range []bool{false, true} {
		config := testConfig()
		config.Profile = on
		_, url := start(t, config, always())
		want := map[bool]int{false: 404, true: 200}[on]
		for _, path := range []string{"/debug/pprof/", "/debug/pprof/goroutine", "/debug/pprof/cmdline"} {
			if resp, body := get(t, url+path); resp.StatusCode != want {
				t.Errorf("profiles %v: %s is %d: %.100s", on, path, resp.StatusCode, body)
			}
		}
	}
}

// TestClients follows a key's tenant, weight and priority to the engine. A request may step back behind
// its key's priority, and not before it.
func TestClients(t *testing.T) {
	for _, c := range []struct {
		key, body string
		want      Client // as the engine has it
	}{
		{"first", `"n":1`, Client{Tenant: "a", Weight: 3, Priority: 5}},
		{"first", `"priority":7`, Client{Tenant: "a", Weight: 3, Priority: 7}},
		{"first", `"priority":-7`, Client{Tenant: "a", Weight: 3, Priority: 5}},
		{"second", `"n":1`, Client{Tenant: "b", Weight: 0, Priority: -2}},
		{"second", `"priority":0`, Client{Tenant: "b", Weight: 0, Priority: 0}},
		{"", `"priority":-7`, Client{Tenant: "", Weight: 0, Priority: -7}},
		{"", `"n":1`, Client{}},
	} {
		config := testConfig()
		if c.key != "" {
			config.APIKeys = []APIKey{{"first", Client{Tenant: "a", Weight: 3, Priority: 5}}, {"second", Client{Tenant: "b", Weight: 0, Priority: -2}}}
		}
		b := always(end("x", engine.FinishLength))
		_, url := start(t, config, b)
		r, err := http.NewRequest("POST", url+pathCompletions, strings.NewReader(completionWith(c.body)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+c.key)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if body := readAll(t, resp); len(b.requests) != 1 {
			t.Fatalf("%d: %s", resp.StatusCode, body)
		}
		if q := b.requests[0]; (Client{Tenant: q.Tenant, Weight: q.Weight, Priority: q.Priority}) != c.want {
			t.Errorf("key %q, %s: the engine has tenant %q, weight %d, priority %d, want %+v", c.key, c.body, q.Tenant, q.Weight, q.Priority, c.want)
		}
	}
}
