package server

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
)

// A profile begins and ends when asked to, once each; what it gives is pprof's compressed format.
func TestProfileBetweenTwoRequests(t *testing.T) {
	config := testConfig()
	config.Profile = true
	_, url := start(t, config, always())
	begin, end := url+"/debug/pprof/begin", url+"/debug/pprof/end"
	for i, step := range []struct {
		url  string
		want int
	}{
		{end, http.StatusConflict}, {begin + "?rate_hz=0", http.StatusBadRequest}, {begin + "?rate_hz=501", http.StatusBadRequest},
		{begin + "?rate_hz=x", http.StatusBadRequest}, {begin + "?rate_hz=200", http.StatusNoContent}, {begin, http.StatusConflict},
		{end, http.StatusOK}, {end, http.StatusConflict}, {begin, http.StatusNoContent}, {end, http.StatusOK},
	} {
		resp, body := post(t, step.url, "")
		if resp.StatusCode != step.want {
			t.Fatalf("step %d, %s: %d %s, want %d", i, step.url, resp.StatusCode, body, step.want)
		}
		if resp.StatusCode == http.StatusOK {
			z, err := gzip.NewReader(strings.NewReader(body))
			if err != nil {
				t.Fatalf("step %d: %v", i, err)
			}
			if plain, err := io.ReadAll(z); err != nil || len(plain) == 0 {
				t.Fatalf("step %d: %d bytes, %v", i, len(plain), err)
			}
		}
	}
	if resp, _ := get(t, begin); resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", resp.StatusCode)
	}
}
