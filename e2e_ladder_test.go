//go:build linux

package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/assaylab/assay/experiments/testkit"
)

const smallLadder = `
name = "m"
[slo]
ttft = "60s"
[[rung]]
name = "full"
model = "embedded:gopherling-2m"
[rung.engine]
max_batch = 1
[rung.declared]
step = "1ms"
prefill = 1000
[[rung]]
name = "quantized"
model = "embedded:gopherling-2m"
[rung.engine]
quantization = "Q8_0"
`

// The gateway starts the engines of its ladder. One that is killed under load loses no request that had not begun, and is
// started again; none of them outlives the gateway, however that ends.
func TestServeLadder(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the binary and runs engines")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ladder.toml"), []byte(smallLadder), 0o600); err != nil {
		t.Fatal(err)
	}
	p := testkit.Start(t, dir, "serve", "--ladder", "ladder.toml", "--listen", "127.0.0.1:0", "--ladder-trace", "trace.jsonl")
	url := address(t, p)
	testkit.Eventually(t, "the ladder is ready", func() bool { res, _ := httpGet(t, url+"/health"); return res.StatusCode == http.StatusOK })
	engines := p.Engines()
	full := slices.IndexFunc(engines, func(c testkit.Child) bool { return slices.Contains(c.Args, "--max-batch=1") })
	if len(engines) != 2 || full < 0 {
		t.Fatalf("engines %v", engines)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	rungs, begun := map[string]int{}, make(chan struct{}, 64)
	for range 16 { // behind each other at the first rung
		all.Add(1)
		go func() {
			defer all.Done()
			body := `{"model":"m","prompt":"func main() {","max_tokens":48,"ignore_eos":true}`
			begun <- struct{}{}
			res, err := http.Post(url+"/v1/completions", "application/json", strings.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			text := bodyOf(t, res)
			mu.Lock()
			defer mu.Unlock()
			rungs[res.Header.Get("X-Assay-Rung")]++
			if res.StatusCode != http.StatusOK || !strings.Contains(text, `"assay_rung"`) || !strings.Contains(text, `"completion_tokens":48`) {
				t.Errorf("%s: %s", res.Status, text)
			}
		}()
	}
	for range 16 {
		<-begun
	}
	testkit.Eventually(t, "requests are at the first rung", func() bool {
		_, m := httpGet(t, url+"/metrics")
		return strings.Contains(m, "assay_ladder_in_flight{server=\"full\",state=\"waiting\"} ") && !strings.Contains(m, "assay_ladder_in_flight{server=\"full\",state=\"waiting\"} 0")
	})
	engines[full].Kill()
	all.Wait()
	if rungs["quantized"] == 0 || rungs["full"]+rungs["quantized"] != 16 {
		t.Errorf("served by %v", rungs)
	}
	testkit.Eventually(t, "the engine is started again", func() bool {
		_, m := httpGet(t, url+"/metrics")
		return strings.Contains(m, `assay_ladder_server_up{server="full"} 1`)
	})
	p.Kill() // the hard way: nothing is told to end
	testkit.Eventually(t, "the engines end", func() bool { return len(p.Descendants()) == 0 })
	if trace, err := os.ReadFile(filepath.Join(dir, "trace.jsonl")); err != nil || bytes.Count(trace, []byte("\n")) != 17 {
		t.Errorf("%v: %s", err, trace)
	}
}
