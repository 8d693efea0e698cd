package soak

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	prometheus "github.com/prometheus/common/model"

	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/server"
	"github.com/assaylab/assay/experiments/testkit"
)

// watcher looks at a server again and again.
type watcher struct {
	url     string
	process *testkit.Process
	limits  phase
	done    chan struct{}
	wait    sync.WaitGroup

	mu       sync.Mutex
	looks    int
	faults   []string
	memory   []sample
	routines int // most at once
	waiting  int // most at once
	pauses   []pause
}

type sample struct {
	at  time.Time
	rss int64 // bytes
}

// pause is a time in which this process did not run, and the server may not have either.
type pause struct{ from, to time.Time }

// Where this process is not scheduled for so long, the machine was not ours.
const (
	pauseTick = 50 * time.Millisecond
	pauseGap  = 500 * time.Millisecond
)

func watch(url string, p *testkit.Process, limits phase) *watcher {
	w := &watcher{url: url, process: p, limits: limits, done: make(chan struct{})}
	w.wait.Go(func() { w.every(pauseTick, w.clock()) })
	w.wait.Go(func() { w.every(100*time.Millisecond, w.look) })
	return w
}

func (w *watcher) stop() {
	close(w.done)
	w.wait.Wait()
}

func (w *watcher) every(d time.Duration, do func()) {
	for {
		select {
		case <-w.done:
			return
		case <-time.After(d):
			do()
		}
	}
}

// clock notes pauses.
func (w *watcher) clock() func() {
	last := time.Now()
	return func() {
		now := time.Now()
		if now.Sub(last) > pauseGap {
			w.mu.Lock()
			w.pauses = append(w.pauses, pause{last, now})
			w.mu.Unlock()
		}
		last = now
	}
}

func (w *watcher) fault(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = append(w.faults, fmt.Sprintf(format, args...))
}

// look checks what must hold at every moment.
func (w *watcher) look() {
	s, err := stats(w.url)
	if err != nil {
		w.fault("%v", err)
		return
	}
	if b := s.Blocks; b.Free+b.Cached+b.Held != b.Total || b.Pinned > b.Held {
		w.fault("of %d blocks %d are free, %d cached, %d held, %d of them pinned", b.Total, b.Free, b.Cached, b.Held, b.Pinned)
	}
	if s.Running > w.limits.maxBatch || s.Waiting > w.limits.maxQueue+w.limits.maxBatch {
		w.fault("%d run and %d wait", s.Running, s.Waiting)
	}
	if w.limits.offload && s.OffloadBytes > offloadBytes {
		w.fault("%d bytes in files", s.OffloadBytes)
	}
	families, err := scrape(w.url)
	if err != nil {
		w.fault("%v", err)
		return
	}
	if kept, total := gauges(families["assay:kv_blocks"]), gauges(families["assay:kv_blocks_capacity"]); kept != total || total == 0 {
		w.fault("/metrics: the states of KV blocks add up to %v of %v", kept, total)
	}
	rss, err := resident(w.process.PID)
	if err != nil {
		w.fault("%v", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.looks++
	w.memory = append(w.memory, sample{time.Now(), rss})
	w.routines = max(w.routines, int(gauges(families["go_goroutines"])))
	w.waiting = max(w.waiting, s.Waiting)
}

func gauges(f *dto.MetricFamily) (sum float64) {
	for _, m := range f.GetMetric() {
		sum += m.GetGauge().GetValue()
	}
	return sum
}

func get(url string) (*http.Response, error) {
	q, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	q.Header.Set("Authorization", "Bearer "+keys[0].key)
	res, err := http.DefaultClient.Do(q)
	if err == nil && res.StatusCode != http.StatusOK {
		res.Body.Close()
		return nil, fmt.Errorf("%s: %s", url, res.Status)
	}
	return res, err
}

func stats(url string) (s server.StatsReport, err error) {
	res, err := get(url + "/stats")
	if err != nil {
		return s, err
	}
	defer res.Body.Close()
	return s, json.NewDecoder(res.Body).Decode(&s)
}

func scrape(url string) (map[string]*dto.MetricFamily, error) {
	res, err := get(url + "/metrics")
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	parser := expfmt.NewTextParser(prometheus.UTF8Validation)
	return parser.TextToMetricFamilies(res.Body)
}

// resident is a process's resident memory in bytes.
func resident(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	line, _, _ := strings.Cut(rest, "\n")
	kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(line), " kB"), 10, 64)
	return kib << 10, err
}

// settle waits until the server has nothing to do, and returns what it counted.
func settle(t *testing.T, url string) (s server.StatsReport) {
	t.Helper()
	testkit.Eventually(t, "the server is idle, and all blocks are given back", func() bool {
		var err error
		if s, err = stats(url); err != nil {
			t.Fatal(err)
		}
		return s.Running == 0 && s.Waiting == 0 && s.Blocks.Held == s.Blocks.Pinned && s.Admitted == total(s.Finished)
	})
	return s
}

func total(finished map[engine.FinishReason]int64) (n int64) {
	for _, of := range finished {
		n += of
	}
	return n
}
