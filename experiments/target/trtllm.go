package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/system"
)

func init() { starters["trtllm"] = starter{start: newTRT, probe: probeTRT, command: trtCommand} }

// trtCommandName starts TensorRT-LLM's server.
const trtCommandName = "trtllm-serve"

// trtPoll is how often statistics are fetched: the server keeps those of the last thousand iterations alone.
const trtPoll = time.Second

// trtAnswer bounds one answer: /metrics waits up to two seconds for an iteration.
const trtAnswer = 10 * time.Second

// trt is trtllm-serve in a process of its own.
type trt struct {
	*process
	launch Launch
	port   int

	mu     sync.Mutex // of reading /metrics: what one reading takes the next does not see
	totals trtTotals
	quit   context.CancelFunc // ends polling
	polled chan struct{}
}

var (
	_ Target   = (*trt)(nil)
	_ Prober   = (*trt)(nil)
	_ Reporter = (*trt)(nil)
)

func newTRT(l Launch) (Target, error) {
	if why := l.Kind.Refuses(l.Values, ""); why != "" {
		return nil, errors.New(why)
	}
	for _, path := range []*string{&l.Model, &l.Dir} { // as they are called in a container, too
		whole, err := filepath.Abs(*path)
		if err != nil {
			return nil, err
		}
		*path = whole
	}
	return &trt{launch: l}, nil
}

// Check implements Target.
func (t *trt) Check(ctx context.Context) error {
	found := probeTRT(ctx, t.launch)
	if len(found.Missing) > 0 {
		return errors.New(strings.Join(found.Missing, "; "))
	}
	if why := t.launch.Kind.Refuses(t.launch.Values, found.Version); why != "" {
		return errors.New(why)
	}
	return nil
}

// Start implements Target.
func (t *trt) Start(_ context.Context, log io.Writer) error {
	if err := t.prepare(); err != nil {
		return err
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	t.port = port
	c := command{Args: trtArguments(t.launch, fmt.Sprint(port)), CPUs: t.launch.CPUs}
	if inContainer(c.Args) {
		c.Args, c.Finally = container{ports: []int{port}, mounts: []string{t.launch.Model, t.launch.Dir}, cpus: t.launch.CPUs}.wrap(c.Args)
	}
	t.process, err = startProcess(c, log)
	return err
}

// prepare writes what the start needs.
func (t *trt) prepare() error {
	if err := os.MkdirAll(t.launch.Dir, 0o755); err != nil {
		return err
	}
	text, err := trtDocument(t.launch)
	if err != nil {
		return err
	}
	if err := os.WriteFile(trtFile(t.launch), []byte(text), 0o644); err != nil {
		return err
	}
	link := trtModel(t.launch)
	if link == t.launch.Model {
		return nil
	}
	if err := os.Remove(link); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.Symlink(t.launch.Model, link)
}

// Ready waits for /health, then begins to collect statistics.
func (t *trt) Ready(ctx context.Context) error {
	healthy := func(ctx context.Context) error {
		_, err := t.get(ctx, "/health")
		return err
	}
	if err := t.ready(ctx, healthy); err != nil {
		return err
	}
	if !t.counts() {
		return nil
	}
	polling, quit := context.WithCancel(context.Background())
	t.quit, t.polled = quit, make(chan struct{})
	go t.poll(polling)
	return nil
}

// counts says whether the server has statistics of iterations, at a place where reading them is ours alone: with return_perf_metrics
// it reads them itself, for its own counters.
func (t *trt) counts() bool {
	return t.launch.Values["enable_iter_perf_stats"] != "false" && t.launch.Values["return_perf_metrics"] != "true"
}

func (t *trt) poll(ctx context.Context) {
	defer close(t.polled)
	ticks := time.NewTicker(trtPoll)
	defer ticks.Stop()
	for {
		_ = t.collect(ctx) // what fails once shows as numbers that were left out
		select {
		case <-ctx.Done():
			return
		case <-t.Died():
			return
		case <-ticks.C:
		}
	}
}

// collect takes what statistics there are.
func (t *trt) collect(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	raw, err := t.get(ctx, "/metrics")
	if err != nil {
		return err
	}
	steps, err := readTRTSteps(raw)
	if err != nil {
		return fmt.Errorf("GET /metrics: %w", err)
	}
	t.totals.add(steps)
	return nil
}

// Stats implements Target.
func (t *trt) Stats(ctx context.Context) (Stats, error) {
	s, err := t.counters(ctx)
	if cpu, rss, ok := t.usage(); ok && err == nil && !inContainer(t.launch.Command) {
		s.CPUNS, s.PeakRSSBytes, s.Known = cpu, rss, append(s.Known, processCounters...)
	}
	return s, err
}

// counters are what the server counts.
func (t *trt) counters(ctx context.Context) (Stats, error) {
	if t.launch.Values["return_perf_metrics"] == "true" {
		page, err := t.get(ctx, trtExportPath)
		if err != nil {
			return Stats{}, err
		}
		return readTRTExport(string(page))
	}
	if !t.counts() {
		return Stats{Known: []string{}}, nil
	}
	if err := t.collect(ctx); err != nil {
		return Stats{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.totals.stats(), nil
}

// Report implements Reporter.
func (t *trt) Report(before, after Stats) []record.Setting {
	if t.launch.Values["return_perf_metrics"] == "true" {
		return trtExportReport(before, after)
	}
	return trtReport(before, after)
}

// Version implements Prober.
func (t *trt) Version(ctx context.Context) (string, error) {
	return versionAt(ctx, t.launch.Client, t.URL())
}

// URL implements Target.
func (t *trt) URL() string { return localhost + fmt.Sprint(t.port) }

// Stop implements Target.
func (t *trt) Stop() error {
	if t.quit != nil {
		t.quit()
		<-t.polled
		t.quit = nil
	}
	return t.process.Stop()
}

// get asks the server for a page.
func (t *trt) get(ctx context.Context, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, trtAnswer)
	defer cancel()
	return ask(ctx, t.launch.Client, t.URL()+path)
}

// trtFile is the file of options.
func trtFile(l Launch) string { return filepath.Join(l.Dir, "trtllm.yaml") }

// trtModel is the model by the name that it shall be served by: the server calls a model by the last part of its path. A name that
// no file can have leaves the model its own.
func trtModel(l Launch) string {
	if l.Served == "" || l.Served == filepath.Base(l.Model) || strings.ContainsAny(l.Served, `/\`) || l.Served == "." || l.Served == ".." {
		return l.Model
	}
	return filepath.Join(l.Dir, l.Served)
}

// trtDocument is what the file of options has.
func trtDocument(l Launch) (string, error) {
	o, err := system.TRT(l.Values)
	if err != nil {
		return "", err
	}
	return yamlDocument(o.Options)
}

// trtArguments is the command line. The host is named, because the name that is its default may stand for another address.
func trtArguments(l Launch, port string) []string {
	args := l.Command
	if args == nil {
		args = []string{trtCommandName}
	}
	o, _ := system.TRT(l.Values) // an error was found when the file was written
	host := "127.0.0.1"
	if inContainer(args) && !ownNetwork(args) {
		host = "0.0.0.0" // of the container, whose port is open on this machine's loopback alone
	}
	args = append(slices.Clone(args), trtModel(l), "--host", host, "--port", port)
	args = append(args, o.Flags...)
	return append(args, "--extra_llm_api_options", trtFile(l))
}

func trtCommand(l Launch) []string { return trtArguments(l, "PORT") }
