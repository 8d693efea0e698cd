package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/loadgen/dialect"
)

func init() { starters["triton"] = starter{start: newTriton, probe: probeTriton, command: tritonLine} }

// triton is a Triton server in a process of its own. It serves a model repository that is written for the trial, and loads its
// model when it is told to; or it is a script that starts one itself, as PyTriton's are, and is told the settings by flags.
type triton struct {
	*process
	launch  Launch
	changes []change
	home    *tritonHome
	repo    *modelRepository // nil for a script
	ports   tritonPorts
	api     *tritonAPI
	metrics *tritonAPI // nil where the server has none

	decoupled bool // as the server runs the model, known once it is ready
}

var (
	_ Target   = (*triton)(nil)
	_ Prober   = (*triton)(nil)
	_ Reporter = (*triton)(nil)

	_ Accountant = (*triton)(nil)
)

// tritonPorts are where the server listens, as numbers or, where they are not known, in words.
type tritonPorts struct{ http, grpc, metrics string }

// tritonGrace is how long the server may take to end: it waits for the requests under way and unloads its models.
const (
	tritonGrace = 15 * time.Second
	tritonExit  = 8 // seconds that it waits itself
)

func newTriton(l Launch) (Target, error) {
	if why := l.Kind.Refuses(l.Values, ""); why != "" {
		return nil, errors.New(why)
	}
	if l.URL != "" {
		return newAdjusted(l), nil
	}
	return &triton{launch: l, changes: tritonChanges(l.Kind, l.Values)}, nil
}

// scripted says that the launch is of a script that starts the server.
func scripted(l Launch) bool { return filepath.Ext(l.Model) == ".py" }

// Check looks for the server and for the model, and tries the settings on its configuration.
func (t *triton) Check(ctx context.Context) (err error) {
	if t.home, err = findTriton(ctx, t.launch.Command); err != nil {
		return err
	}
	if scripted(t.launch) {
		if t.home.python == "" {
			return fmt.Errorf("%s is a script, and %s no Python: name the interpreter of an environment with nvidia-pytriton as command", filepath.Base(t.launch.Model), t.home.server)
		}
		return nil
	}
	if t.repo, err = openRepository(t.launch.Model, t.launch.Served); err != nil {
		return err
	}
	_, err = t.repo.changed(t.changes)
	return err
}

// Start writes the repository and runs the server.
func (t *triton) Start(ctx context.Context, log io.Writer) (err error) {
	if t.home == nil {
		if err := t.Check(ctx); err != nil {
			return err
		}
	}
	if t.ports, err = freeTritonPorts(); err != nil {
		return err
	}
	if t.repo != nil {
		if err := t.repo.write(tritonModels(t.launch), t.changes); err != nil {
			return err
		}
		if err := t.home.place(tritonBackends(t.launch)); err != nil {
			return err
		}
	}
	t.api = &tritonAPI{base: localhost + t.ports.http, client: t.launch.Client}
	t.process, err = startProcess(command{Args: tritonArgs(t.launch, t.home, t.ports), Env: t.home.env, CPUs: t.launch.CPUs,
		Grace: tritonGrace, Finally: sweepShared(t.ports)}, log)
	return err
}

// tritonModels is the repository of a launch, tritonBackends the folder of backends where it needs one of its own.
func tritonModels(l Launch) string   { return filepath.Join(l.Dir, "models") }
func tritonBackends(l Launch) string { return filepath.Join(l.Dir, "backends") }

// freeTritonPorts finds three.
func freeTritonPorts() (p tritonPorts, err error) {
	for _, port := range []*string{&p.http, &p.grpc, &p.metrics} {
		for *port == "" || *port == p.http && port != &p.http || *port == p.grpc && port == &p.metrics {
			n, err := freePort()
			if err != nil {
				return p, err
			}
			*port = strconv.Itoa(n)
		}
	}
	return p, nil
}

// tritonArgs is the command line of a server, or of a script.
func tritonArgs(l Launch, h *tritonHome, p tritonPorts) []string {
	if scripted(l) {
		return scriptArgs(l, h, p)
	}
	args := append([]string{h.server}, h.extra...)
	args = append(args, "--model-repository="+tritonModels(l), "--model-control-mode=explicit",
		"--http-address=127.0.0.1", "--http-port="+p.http, "--grpc-address=127.0.0.1", "--grpc-port="+p.grpc,
		"--metrics-address=127.0.0.1", "--metrics-port="+p.metrics, fmt.Sprintf("--exit-timeout-secs=%d", tritonExit),
		"--backend-config=python,shm-region-prefix-name="+sharedName(p))
	if h.stub != "" {
		args = append(args, "--backend-directory="+tritonBackends(l))
	}
	if n, given := l.Values["http_threads"]; given {
		args = append(args, "--http-thread-count="+n)
	}
	return args
}

// scriptArgs tells a script where to listen, what its model is called, and the settings by their names.
func scriptArgs(l Launch, h *tritonHome, p tritonPorts) []string {
	args := append([]string{h.python}, h.extra...)
	args = append(args, l.Model, "--http-port", p.http, "--grpc-port", p.grpc, "--metrics-port", p.metrics, "--model", l.Served)
	for _, name := range l.Values.Names(l.Kind) {
		args = append(args, "--"+strings.ReplaceAll(name, "_", "-"), l.Values[name])
	}
	return args
}

// sharedName begins the names of the shared memory of the server's Python models: two servers must not have the same.
func sharedName(p tritonPorts) string { return "assay-triton-" + p.http + "-" }

// sweepShared removes what a server that was killed leaves in shared memory.
func sweepShared(p tritonPorts) []string {
	return []string{"sh", "-c", "rm -f /dev/shm/" + sharedName(p) + "*"}
}

// Ready waits until the server answers, has it load the model, and waits until the model can be asked: that the server is ready
// says nothing of its models. What the server then says of the model's configuration has to be what was asked.
func (t *triton) Ready(ctx context.Context) error {
	if t.repo != nil {
		if err := t.ready(ctx, t.api.live); err != nil {
			return err
		}
		if err := t.load(ctx); err != nil {
			return err
		}
	}
	if err := t.ready(ctx, func(ctx context.Context) error { return t.api.ready(ctx, t.launch.Served) }); err != nil {
		return err
	}
	metrics := &tritonAPI{base: localhost + t.ports.metrics, client: t.launch.Client}
	if _, err := metrics.page(ctx); err == nil {
		t.metrics = metrics
	}
	var err error
	t.decoupled, err = t.api.verify(ctx, t.launch.Served, t.changes)
	return err
}

// load has the model loaded. A server that dies of it is named as dead.
func (t *triton) load(ctx context.Context) error {
	err := t.api.load(ctx, t.launch.Served, nil)
	var says *refusal
	switch {
	case err == nil || errors.As(err, &says):
		return err
	case ctx.Err() != nil:
		return t.late(context.Cause(ctx), fmt.Errorf("model %q was being loaded", t.launch.Served))
	}
	select {
	case <-t.Died():
		return t.Death()
	case <-time.After(deathNotice):
		return err
	}
}

// deathNotice is how long after its connection broke a server may take to be known as dead.
const deathNotice = time.Second

// verify holds what the server runs a model with against what was asked, and says whether the model is decoupled.
func (a *tritonAPI) verify(ctx context.Context, model string, changes []change) (decoupled bool, err error) {
	c, err := a.config(ctx, model)
	if err != nil {
		return false, fmt.Errorf("read the configuration of model %q: %w", model, err)
	}
	if d := differences(c, changes); len(d) > 0 {
		return false, fmt.Errorf("model %q does not run as it was asked to: %s", model, strings.Join(d, "; "))
	}
	return first(c.scalars("model_transaction_policy", "decoupled")) == "true", nil
}

// URL implements Target.
func (t *triton) URL() string {
	if t.launch.shape() == dialect.Framed { // gRPC has a port of its own
		return localhost + t.ports.grpc
	}
	return t.api.base
}

// localhost begins the URLs of servers that the lab starts.
const localhost = "http://127.0.0.1:"

// Version implements Prober.
func (t *triton) Version(ctx context.Context) (string, error) { return t.api.version(ctx) }

// Stats implements Target.
func (t *triton) Stats(ctx context.Context) (Stats, error) {
	counts, err := t.api.stats(ctx, t.launch.Served)
	if err != nil {
		return Stats{}, err
	}
	s := tritonStats(counts, t.decoupled)
	s.timeRequests(t.decoupled)
	if t.metrics != nil {
		page, err := t.metrics.page(ctx)
		if err != nil {
			return Stats{}, err
		}
		addMetrics(&s, page, t.launch.Served)
	}
	if cpu, peak, ok := t.usage(); ok {
		s.CPUNS, s.PeakRSSBytes = cpu, peak
		s.Known = append(s.Known, "cpu_ns", "peak_rss_bytes")
	}
	return s, nil
}

// Report implements Reporter.
func (t *triton) Report(before, after Stats) []record.Setting {
	return tritonReport(before.Samples, after.Samples, t.decoupled)
}

// Differs implements Accountant.
func (t *triton) Differs(before, after Stats, seen Seen) []string {
	return tritonDiffers(before.Samples, after.Samples, t.decoupled, seen)
}

// Stop ends the server, which waits for connections that are open. Its repository stays with the trial, the backends do not.
func (t *triton) Stop() error {
	t.launch.Client.CloseIdleConnections()
	err := t.process.Stop()
	if t.home != nil && t.home.stub != "" && t.repo != nil {
		err = errors.Join(err, os.RemoveAll(tritonBackends(t.launch)))
	}
	return err
}

// probeTriton looks for the server. It starts an interpreter at most.
func probeTriton(ctx context.Context, l Launch) (f Found) {
	h, err := findTriton(ctx, l.Command)
	if err != nil {
		f.Missing = []string{err.Error()}
		return f
	}
	f = Found{Executable: h.server, Version: h.version, Notes: h.notes, Would: tritonArgs(l, h, unknownPorts)}
	if scripted(l) {
		f.Executable = h.python
	}
	if h.version == "" {
		f.Notes = append(f.Notes, "the server's version is known once it runs")
	}
	return f
}

// unknownPorts stand for the ports in what would be run.
var unknownPorts = tritonPorts{"PORT", "GRPC_PORT", "METRICS_PORT"}

// tritonLine is what would be run, by what the launch says alone.
func tritonLine(l Launch) []string {
	h := &tritonHome{server: tritonCommand, python: "python3"}
	if len(l.Command) > 0 {
		h.extra = l.Command[1:]
		if isPython(l.Command[0]) {
			h.python = l.Command[0]
		} else {
			h.server = l.Command[0]
		}
	}
	return tritonArgs(l, h, unknownPorts)
}
