package target

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
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
	args := trtArguments(t.launch, fmt.Sprint(port))
	t.process, err = startProcess(command{Args: args, CPUs: t.launch.CPUs}, log)
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
	whole, err := filepath.Abs(t.launch.Model)
	if err != nil {
		return err
	}
	if err := os.Remove(link); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.Symlink(whole, link)
}

// Ready waits for /health, then begins to collect statistics.
func (t *trt) Ready(ctx context.Context) error {
	if err := t.ready(ctx, func(ctx context.Context) error { return t.get(ctx, "/health", nil) }); err != nil {
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
	return t.get(ctx, "/metrics", func(r io.Reader) error {
		steps, err := readTRTSteps(r)
		if err == nil {
			t.totals.add(steps)
		}
		return err
	})
}

// Stats implements Target.
func (t *trt) Stats(ctx context.Context) (Stats, error) {
	if t.launch.Values["return_perf_metrics"] == "true" {
		return t.exported(ctx)
	}
	if !t.counts() {
		return Stats{Known: []string{}}, nil
	}
	if err := t.collect(ctx); err != nil {
		return Stats{}, fmt.Errorf("GET /metrics: %w", err)
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
	var answer struct {
		Version string `json:"version"`
	}
	err := t.get(ctx, "/version", func(r io.Reader) error { return json.NewDecoder(io.LimitReader(r, 1<<16)).Decode(&answer) })
	return answer.Version, err
}

// URL implements Target.
func (t *trt) URL() string { return fmt.Sprintf("http://127.0.0.1:%d", t.port) }

// Stop implements Target.
func (t *trt) Stop() error {
	if t.quit != nil {
		t.quit()
		<-t.polled
		t.quit = nil
	}
	return t.process.Stop()
}

func (t *trt) get(ctx context.Context, path string, read func(io.Reader) error) error {
	ctx, cancel := context.WithTimeout(ctx, trtAnswer)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.URL()+path, nil)
	if err != nil {
		return err
	}
	res, err := t.launch.Client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", path, res.Status)
	}
	if read == nil {
		_, err = io.Copy(io.Discard, res.Body)
		return err
	}
	return read(res.Body)
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
	args = append(append([]string{}, args...), trtModel(l), "--host", "127.0.0.1", "--port", port)
	args = append(args, o.Flags...)
	return append(args, "--extra_llm_api_options", trtFile(l))
}

func trtCommand(l Launch) []string { return trtArguments(l, "PORT") }
