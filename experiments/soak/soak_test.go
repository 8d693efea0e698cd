package soak

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/assaylab/assay/experiments/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

const (
	name         = "soaked" // of the model, for clients
	offloadBytes = 4 << 20
	idleRoutines = 24 // of a server that nobody is connected to but the watcher
)

// phase is a server to soak.
type phase struct {
	name               string
	args               []string
	maxBatch, maxQueue int
	target             time.Duration // max_ttft
	offload            bool
}

var phases = []phase{
	{name: "continuous", maxBatch: 8, maxQueue: 256, target: time.Second, args: []string{"--queue-order", "fair", "--prefix-cache", "hash"}},
	{name: "short-of-blocks", maxBatch: 16, maxQueue: 256, target: 2 * time.Second, offload: true,
		args: []string{"--kv-tokens", "2048", "--prefix-cache", "radix", "--preemption", "swap", "--swap-tokens", "1024", "--eviction", "cost"}},
	{name: "static", maxBatch: 8, maxQueue: 64, target: 4 * time.Second, args: []string{"--batching", "static"}},
}

// plan is how hard and for how long.
type plan struct {
	model   string
	seed    uint64
	times   float64       // of the capacity
	measure time.Duration // the capacity
	attack  time.Duration
	stall   time.Duration // how long a client that stalls holds on
	number  uint64        // of the phase
}

func (p phase) arguments(t *testing.T, model, dir string) []string {
	t.Helper()
	var lines strings.Builder
	for _, k := range keys {
		fmt.Fprintln(&lines, k.key, k.line)
	}
	file := testkit.WriteFile(t, filepath.Join(dir, "keys"), lines.String())
	args := append([]string{"serve", "--model", model, "--name", name, "--listen", "127.0.0.1:0", "--threads", "1", "--log-format", "json",
		"--api-key-file", file, "--max-batch", fmt.Sprint(p.maxBatch), "--max-queue", fmt.Sprint(p.maxQueue), "--max-ttft", p.target.String()}, p.args...)
	if p.offload {
		args = append(args, "--offload", filepath.Join(dir, "blocks"), "--offload-bytes", fmt.Sprint(offloadBytes))
	}
	return args
}

// run soaks one server.
func run(t *testing.T, p phase, how plan) *result {
	t.Helper()
	dir := t.TempDir()
	logFile := filepath.Join(dir, "log")
	// A shell sends the log, which may be large, to a file, and becomes the server.
	process := testkit.StartWith(t, dir, []string{"sh", "-c", `exec "$0" "$@" 2>>` + logFile}, p.arguments(t, how.model, dir)...)
	url := address(t, process, logFile)
	r := &result{phase: p}
	c := newClients(url, how.stall)
	random := rand.New(rand.NewPCG(how.seed, how.number))
	people := &crowd{rand: random, name: p.name, text: testkit.Corpus(t), target: p.target}
	var b book
	r.watch = watch(url, process, p)
	r.capacity = b.capacity(c, people, 2*p.maxBatch, how.measure, r.watch.active)
	start := time.Now()
	sent := b.attack(c, people, random, max(1, how.times*r.capacity), how.attack)
	r.offered = float64(sent) / how.attack.Seconds()
	t.Logf("%s: the attack took %v", p.name, time.Since(start).Round(time.Millisecond))
	r.stats = settle(t, url)
	r.watch.stop()
	c.close()
	r.settled = routines(t, url)
	r.outcomes = b.all
	process.Signal(syscall.SIGTERM)
	if end := process.Wait(); end.Code != 0 {
		t.Errorf("the server ended with %d", end.Code)
	}
	r.log = readLog(t, logFile)
	return r
}

// routines are the server's goroutines once those of closed connections have ended.
func routines(t *testing.T, url string) (n int) {
	t.Helper()
	for range 100 {
		families, err := scrape(url)
		if err != nil {
			t.Fatal(err)
		}
		if n = int(gauges(families["go_goroutines"])); n <= idleRoutines {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	return n
}

// address waits for the server's address.
func address(t *testing.T, p *testkit.Process, logFile string) (url string) {
	t.Helper()
	testkit.Eventually(t, "the server announces its address", func() bool {
		if p.Ended() {
			text, _ := os.ReadFile(logFile)
			t.Fatalf("the server has ended:\n%s", text)
		}
		_, rest, _ := strings.Cut(p.Stdout(), "listening on ")
		line, _, whole := strings.Cut(rest, "\n")
		url = line
		return whole
	})
	return url
}

// TestShortSoak keeps the soak itself from rotting: seconds of a little load, and no times judged.
func TestShortSoak(t *testing.T) {
	testkit.NeedProc(t)
	r := run(t, phases[1], plan{model: "embedded:gopherling-2m", seed: 1, number: 1, times: 2, measure: 500 * time.Millisecond, attack: 2 * time.Second, stall: 300 * time.Millisecond})
	r.judge(t)
	t.Log("\n" + r.table())
}
