package target

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/promtext"
	"github.com/assaylab/assay/experiments/system"
)

// tritonModelDir is the folder of a model.
func tritonModelDir(t *testing.T, config string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "given")
	writeFiles(t, dir, map[string]string{"1/model.py": "# computes nothing\n", "1/__pycache__/model.pyc": "x"})
	if config != "" {
		writeFiles(t, dir, map[string]string{configFile: config})
	}
	return dir
}

func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

const givenConfig = `backend: "python" max_batch_size: 8
dynamic_batching { preferred_batch_size: [ 4 ] }
parameters { key: "engine" value: { string_value: "assay" } }`

// tritonLaunch is of the scripted server.
func tritonLaunch(t *testing.T, mode, model string, v system.Values) Launch {
	return Launch{Kind: tritonKind(t), Values: v, Model: model, Served: "m", Command: fake("triton", mode), Dir: filepath.Join(t.TempDir(), "trial"), Client: &http.Client{}}
}

// begun starts a launch's target, and says how far it came.
func begun(t *testing.T, l Launch, log io.Writer) (Target, error) {
	t.Helper()
	x, err := New(l)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Stop() })
	if err := x.Check(t.Context()); err != nil {
		return x, err
	}
	if err := x.Start(t.Context(), log); err != nil {
		return x, err
	}
	ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Second, errors.New("not ready in time"))
	defer cancel()
	return x, x.Ready(ctx)
}

// A trial's server gets a repository of its own, loads the model from it, and tells what it counted.
func TestTriton(t *testing.T) {
	l := tritonLaunch(t, "serves", tritonModelDir(t, givenConfig), system.Values{"max_batch_size": "6", "preferred_batch_sizes": "none", "max_queue_delay_us": "500", "http_threads": "2"})
	var log safe
	x, err := begun(t, l, &log)
	if err != nil {
		t.Fatalf("%v: %s", err, log.String())
	}
	text, err := os.ReadFile(filepath.Join(l.Dir, "models", "m", configFile))
	want := "# Changed: max_batch_size, preferred_batch_sizes, max_queue_delay_us.\nbackend: \"python\"\nmax_batch_size: 6\ndynamic_batching {\n" +
		"  max_queue_delay_microseconds: 500\n}\nparameters {\n  key: \"engine\"\n  value {\n    string_value: \"assay\"\n  }\n}\nname: \"m\"\n"
	if _, rest, _ := strings.Cut(string(text), "\n"); err != nil || rest != want {
		t.Errorf("%v: %s, want %s", err, rest, want)
	}
	if _, err := os.Stat(filepath.Join(l.Dir, "models", "m", "1", "__pycache__")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what Python compiled is copied: %v", err)
	}
	for _, flag := range []string{"--model-control-mode=explicit", "--http-address=127.0.0.1", "--http-thread-count=2"} {
		if !strings.Contains(log.String(), flag) {
			t.Errorf("no %s in %s", flag, log.String())
		}
	}
	if version, err := x.(Prober).Version(t.Context()); version != "2.51.0" {
		t.Errorf("version %q, %v", version, err)
	}
	s, err := x.Stats(t.Context())
	if err != nil || s.Steps != 10 || s.Busy != 60*time.Millisecond || !slices.Contains(s.Known, "busy_ns") || s.Samples[tritonRequests] != 40 ||
		!slices.Contains(s.Known, "running_ns") || s.Timed != 40 || s.Occupancy != time.Duration(s.Samples[tritonRequestNS]) || s.Occupancy == 0 {
		t.Errorf("%+v, %v", s, err)
	}
	if err := x.Stop(); err != nil {
		t.Error(err)
	}
}

// Each way not to get ready has a reason that says what to do, and ends the server.
func TestTritonNotReady(t *testing.T) {
	for _, tc := range []struct {
		mode, want string
		died       bool
	}{
		{"refuses", "model \"m\" does not load: load failed for model 'm': version 1 is at UNAVAILABLE state: Internal: NameError: name 'x' is not defined", false},
		{"dies", "Fatal Python error: init_import_site", true},
		{"other", "max_batch_size was asked to be 6, and the server runs it as 1", false},
	} {
		x, err := begun(t, tritonLaunch(t, tc.mode, tritonModelDir(t, givenConfig), system.Values{"max_batch_size": "6"}), io.Discard)
		if err == nil || !strings.Contains(err.Error(), tc.want) || errors.Is(err, ErrDied) != tc.died {
			t.Errorf("%s: %v, want %s", tc.mode, err, tc.want)
		}
		if err := x.Stop(); (err != nil) != tc.died {
			t.Errorf("%s: stop: %v", tc.mode, err)
		}
	}
}

// A server that never answers is given up at the time that it had.
func TestTritonMute(t *testing.T) {
	x, err := New(tritonLaunch(t, "mute", tritonModelDir(t, givenConfig), nil))
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Start(t.Context(), io.Discard); err != nil {
		t.Fatal(err)
	}
	cause := errors.New("not ready after a while")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, cause)
	defer cancel()
	if err := x.Ready(ctx); !errors.Is(err, cause) {
		t.Errorf("%v", err)
	}
	if err := x.Stop(); err != nil {
		t.Error(err)
	}
}

// What cannot be started is known before anything is.
func TestTritonCheck(t *testing.T) {
	empty, repository, weights := t.TempDir(), t.TempDir(), t.TempDir()
	writeFiles(t, repository, map[string]string{"one/config.pbtxt": "", "two/1/model.py": ""})
	writeFiles(t, weights, map[string]string{"1/model.onnx": ""})
	for _, tc := range []struct {
		model   string
		values  system.Values
		command []string
		want    string
	}{
		{empty, nil, nil, "expected a model of Triton or a repository of models"},
		{repository, nil, nil, `found no model "m", expected one of one, two`},
		{weights, nil, nil, "found no config.pbtxt and no model.py in a version"},
		{tritonModelDir(t, "max_batch_size 8"), nil, nil, "config.pbtxt: line 1, column 16: found 8, expected : or {"},
		{tritonModelDir(t, "max_batch_size: 8"), system.Values{"preferred_batch_sizes": "9"}, nil, "9 is above max_batch_size, which is 8"},
		{empty, nil, []string{"/nowhere/tritonserver"}, "is not an executable file"},
		{filepath.Join(empty, "server.py"), nil, nil, "is a script, and"},
	} {
		l := tritonLaunch(t, "serves", tc.model, tc.values)
		if tc.command != nil {
			l.Command = tc.command
		}
		x, err := New(l)
		if err != nil {
			t.Fatal(err)
		}
		if err := x.Check(t.Context()); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%v, want %s", err, tc.want)
		}
	}
	if _, err := New(tritonLaunch(t, "serves", empty, system.Values{"max_batch_size": "2", "preferred_batch_sizes": "4"})); err == nil || !strings.Contains(err.Error(), "max_batch_size is 2") {
		t.Errorf("%v", err)
	}
}

// A model without a configuration gets one, a repository keeps all its models, and what is large is linked.
func TestTritonRepository(t *testing.T) {
	given, dir := t.TempDir(), filepath.Join(t.TempDir(), "models")
	writeFiles(t, given, map[string]string{"m/1/model.py": "", "other/config.pbtxt": "backend: 'onnxruntime'", "other/1/model.onnx": strings.Repeat("w", largestCopied+1), "notes/README": ""})
	r, err := openRepository(given, "m")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.write(dir, nil); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"m/config.pbtxt": "backend: \"python\"\nname: \"m\"\n", "other/config.pbtxt": "backend: \"onnxruntime\"\nname: \"other\"\n"} {
		if text, err := os.ReadFile(filepath.Join(dir, path)); err != nil || !strings.HasSuffix(string(text), want) {
			t.Errorf("%s: %q, %v", path, text, err)
		}
	}
	if info, err := os.Lstat(filepath.Join(dir, "other", "1", "model.onnx")); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("large files are copied: %v, %v", info, err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "other", "1", "model.onnx")); err != nil || len(text) != largestCopied+1 {
		t.Errorf("the link leads nowhere: %v", err)
	}
	if err := r.write(filepath.Join(t.TempDir(), "a folder"), nil); err == nil || !strings.Contains(err.Error(), "paths without spaces") {
		t.Errorf("%v", err)
	}
}

// The server of the Python package is told where its parts are, and gets the stub of the environment's Python.
func TestFindTriton(t *testing.T) {
	t.Setenv("LD_LIBRARY_PATH", "/mine")
	t.Setenv("PATH", "/usr/bin")
	home := t.TempDir()
	site := "lib/python3.11/site-packages/"
	writeFiles(t, home, map[string]string{
		"bin/python": "#!/bin/sh\necho 3.11\necho /opt/python/lib\n",
		site + "pytriton/tritonserver/bin/tritonserver":                               "#!/bin/sh\n",
		site + "pytriton/tritonserver/python_backend_stubs/3.10/" + tritonStub:        "",
		site + "pytriton/tritonserver/python_backend_stubs/3.11/" + tritonStub:        "",
		site + "pytriton/tritonserver/backends/python/triton_python_backend_utils.py": "",
		site + "nvidia_pytriton-0.7.0.dist-info/METADATA":                             "",
	})
	python, server := filepath.Join(home, "bin", "python"), filepath.Join(home, site, "pytriton/tritonserver/bin/tritonserver")
	for _, command := range []string{python, server} {
		h, err := findTriton(t.Context(), []string{command, "--log-verbose=1"})
		if err != nil {
			t.Fatal(err)
		}
		root := filepath.Dir(filepath.Dir(server))
		want := &tritonHome{server: server, extra: []string{"--log-verbose=1"}, python: python, backing: filepath.Join(root, "backends"),
			stub:  filepath.Join(root, "python_backend_stubs", "3.11", tritonStub),
			env:   []string{"PATH=" + filepath.Join(home, "bin") + ":/usr/bin", "LD_LIBRARY_PATH=/opt/python/lib:" + filepath.Join(home, site, "nvidia_pytriton.libs") + ":/mine"},
			notes: []string{"the server of nvidia-pytriton 0.7.0, Python 3.11"}}
		if !reflect.DeepEqual(h, want) {
			t.Errorf("%s: %+v, want %+v", command, h, want)
		}
	}
	h, err := findTriton(t.Context(), []string{python})
	if err != nil {
		t.Fatal(err)
	}
	placed := filepath.Join(t.TempDir(), "backends")
	if err := h.place(placed); err != nil {
		t.Fatal(err)
	}
	if got := folders(filepath.Dir(filepath.Join(placed, "python"))); !slices.Equal(got, []string{"python"}) {
		t.Errorf("backends %q", got)
	}
	for path, mode := range map[string]fs.FileMode{"python/triton_python_backend_utils.py": 0o644, "python/" + tritonStub: 0o755} {
		if info, err := os.Lstat(filepath.Join(placed, path)); err != nil || !info.Mode().IsRegular() || info.Mode()&mode != mode {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	writeFiles(t, home, map[string]string{"bin/python": "#!/bin/sh\necho 3.14\necho /opt/python/lib\n"})
	if _, err := findTriton(t.Context(), []string{python}); err == nil || !strings.Contains(err.Error(), "no stub for Python 3.14, which the environment has: expected one of 3.10, 3.11") {
		t.Errorf("%v", err)
	}
	writeFiles(t, home, map[string]string{"bin/python": "#!/bin/sh\necho broken >&2\nexit 1\n"})
	if _, err := findTriton(t.Context(), []string{python}); err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("%v", err)
	}
	other := t.TempDir()
	writeFiles(t, other, map[string]string{"bin/python3": "#!/bin/sh\n", "tritonserver/bin/tritonserver": "#!/bin/sh\n", "tritonserver/TRITON_VERSION": "2.51.0\n"})
	if _, err := findTriton(t.Context(), []string{filepath.Join(other, "bin/python3")}); err == nil || !strings.Contains(err.Error(), "install nvidia-pytriton there") {
		t.Errorf("%v", err)
	}
	image := filepath.Join(other, "tritonserver/bin/tritonserver")
	if h, err := findTriton(t.Context(), []string{image}); err != nil || h.version != "2.51.0" || h.stub != "" || h.env != nil {
		t.Errorf("%+v, %v", h, err)
	}
	f := Probe(t.Context(), Launch{Kind: tritonKind(t), Command: []string{image}, Dir: "DIR", Values: system.Values{"http_threads": "4"}})
	if f.Version != "2.51.0" || len(f.Missing) > 0 || !slices.Contains(f.Would, "--http-port=PORT") || !slices.Contains(f.Would, "--http-thread-count=4") {
		t.Errorf("%+v", f)
	}
	if f := Probe(t.Context(), Launch{Kind: tritonKind(t), Command: []string{"/nowhere"}}); len(f.Missing) != 1 {
		t.Errorf("%+v", f)
	}
}

// A script is told where to listen, its model's name, and the settings by flags.
func TestTritonScript(t *testing.T) {
	l := Launch{Kind: tritonKind(t), Model: "server.py", Served: "m", Command: []string{"/v/bin/python", "-X", "dev"}, Values: system.Values{"max_batch_size": "4", "preferred_batch_sizes": "none"}}
	want := "/v/bin/python -X dev server.py --http-port PORT --grpc-port GRPC_PORT --metrics-port METRICS_PORT --model m --max-batch-size 4 --preferred-batch-sizes none"
	if got := strings.Join(l.CommandLine(), " "); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// there is a server that is there, and the launch of its model.
func there(t *testing.T, s *scriptedTriton, v system.Values) Launch {
	t.Helper()
	server := httptest.NewServer(s.handler(""))
	t.Cleanup(server.Close)
	return Launch{Kind: tritonKind(t).There(), Values: v, Served: "m", URL: server.URL + "/v2/", Dir: filepath.Join(t.TempDir(), "trial"), Client: &http.Client{},
		Sign: func(h http.Header) { h.Set("Authorization", "Bearer "+planted) }}
}

func config(t *testing.T, text string) configJSON {
	t.Helper()
	c, err := readConfigJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The model of a server that is there runs with the trial's settings, and afterwards as it did before.
func TestTritonAdjusted(t *testing.T) {
	const disk, ran = `{"name":"m","max_batch_size":2}`, `{"name":"m","max_batch_size":8,"dynamic_batching":{"preferred_batch_size":[8]}}`
	for _, tc := range []struct {
		values        system.Values
		loaded        bool
		during, after string
		asked         []string
	}{
		{system.Values{"max_queue_delay_us": "50"}, true, `{"name":"m","max_batch_size":8,"dynamic_batching":{"max_queue_delay_microseconds":50}}`, ran, []string{"load m", "load m"}},
		{system.Values{"max_batch_size": "4"}, false, `{"name":"m","max_batch_size":4}`, "", []string{"load m", "load m", "unload m"}},
		{system.Values{"max_batch_size": "4"}, true, `{"name":"m","max_batch_size":4,"dynamic_batching":{}}`, ran, []string{"load m", "load m"}},
		{nil, true, ran, ran, nil},
		{nil, false, disk, "", []string{"load m", "unload m"}},
	} {
		s := &scriptedTriton{repository: map[string]configJSON{"m": config(t, disk)}, loaded: map[string]configJSON{}, stats: "stats.json"}
		if tc.loaded {
			s.loaded["m"] = config(t, ran)
		}
		l := there(t, s, tc.values)
		x, err := begun(t, l, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if want := config(t, tc.during); !reflect.DeepEqual(s.loaded["m"], want) {
			t.Errorf("%v: it runs with %v, want %v", tc.values, s.loaded["m"], want)
		}
		if x.URL() != strings.TrimSuffix(l.URL, "/v2/") {
			t.Errorf("URL %s", x.URL())
		}
		if s, err := x.Stats(t.Context()); err != nil || s.Steps != 10 {
			t.Errorf("%+v, %v", s, err)
		}
		if err := x.Stop(); err != nil {
			t.Error(err)
		}
		var want configJSON
		if tc.after != "" {
			want = config(t, tc.after)
		}
		if !reflect.DeepEqual(s.loaded["m"], want) {
			t.Errorf("%v: it is left with %v, want %v", tc.values, s.loaded["m"], want)
		}
		for i := range tc.asked {
			tc.asked[i] += " Bearer " + planted
		}
		if !reflect.DeepEqual(s.asked, tc.asked) {
			t.Errorf("%v: asked %q, want %q", tc.values, s.asked, tc.asked)
		}
		if text, _ := os.ReadFile(filepath.Join(l.Dir, beforeFile)); (len(text) > 0) != (tc.loaded && tc.values != nil) || bytes.Contains(text, []byte(planted)) {
			t.Errorf("kept %s", text)
		}
	}
}

// A model that does not load with the settings is loaded again as it was, and the trial has the reason.
func TestTritonAdjustedFails(t *testing.T) {
	ran := `{"name":"m","max_batch_size":8}`
	s := &scriptedTriton{repository: map[string]configJSON{"m": config(t, ran)}, loaded: map[string]configJSON{"m": config(t, ran)}, says: "no memory is left"}
	x, err := begun(t, there(t, s, system.Values{"max_batch_size": "4"}), io.Discard)
	if err == nil || !strings.Contains(err.Error(), "no memory is left") {
		t.Errorf("%v", err)
	}
	if err := x.Stop(); err == nil || !strings.Contains(err.Error(), "has not been set back to how it was") {
		t.Errorf("stop: %v", err)
	}
	s.says = "explicit model load / unload is not allowed if polling is enabled"
	if _, err := begun(t, there(t, s, system.Values{"max_batch_size": "4"}), io.Discard); err == nil || !strings.Contains(err.Error(), "--model-control-mode=explicit") {
		t.Errorf("%v", err)
	}
	for _, tc := range []struct {
		change func(*Launch)
		want   string
	}{
		{func(l *Launch) { l.Served = "other" }, `has no model "other": expected one of m`},
		{func(l *Launch) { l.Values = system.Values{"http_threads": "2"} }, "is set when a server is started"},
		{func(l *Launch) { l.Dialect = "triton-grpc" }, "has a port of its own"},
		{func(l *Launch) { l.URL = "http://127.0.0.1:1" }, "ask http://127.0.0.1:1 for its models"},
	} {
		l := there(t, s, nil)
		tc.change(&l)
		if _, err := begun(t, l, io.Discard); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%v, want %s", err, tc.want)
		}
	}
}

// What a model did is worded with units, and follows from the counters by division alone.
func TestTritonReport(t *testing.T) {
	counters := func(file string) map[string]float64 {
		s := &scriptedTriton{loaded: map[string]configJSON{"m": {}}, stats: file}
		server := httptest.NewServer(s.handler(""))
		defer server.Close()
		c, err := (&tritonAPI{base: server.URL, client: server.Client()}).stats(t.Context(), "m")
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	after := Stats{Samples: counters("stats.json")}
	page, err := promtext.Parse(`# HELP nv_inference_request_failure Number of failed inference requests, all batch sizes
# TYPE nv_inference_request_failure counter
nv_inference_request_failure{model="m",reason="OTHER",version="1"} 0
nv_inference_request_failure{model="m",reason="REJECTED",version="1"} 2
nv_inference_request_failure{model="other",reason="REJECTED",version="1"} 5
nv_inference_pending_request_count{model="m",version="1"} 3
nv_inference_pending_request_count{model="other",version="1"} 7
nv_cpu_utilization 0.5
`)
	if err != nil {
		t.Fatal(err)
	}
	addMetrics(&after, page, "m")
	if after.Waiting != 3 {
		t.Errorf("%d wait", after.Waiting)
	}
	before := map[string]float64{tritonRequests: 20, tritonInferences: 20, tritonExecutions: 5, tritonFailed: 0, tritonQueueNS: 60e6, tritonRequestNS: 200e6,
		tritonComputeNS: 30e6, tritonBatchSize + "4": 1}
	got := tritonReport(before, after.Samples, false)
	want := []record.Setting{
		{Name: "requests answered", Value: "20"}, {Name: "requests failed", Value: "2: 2 rejected"}, {Name: "executions", Value: "5"}, {Name: "mean batch size", Value: "4.00"},
		{Name: "executions by batch size", Value: "2: 4, 4: 1, 6: 4"}, {Name: "mean time in the queue", Value: "1.00 ms"},
		{Name: "mean time of an execution", Value: "6.00 ms"}, {Name: "mean time of a request", Value: "10.0 ms"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	got = tritonReport(nil, counters("stats-decoupled.json"), true)
	want = []record.Setting{
		{Name: "requests answered", Value: "5"}, {Name: "requests failed", Value: "0"}, {Name: "executions", Value: "5"}, {Name: "mean batch size", Value: "1.00"},
		{Name: "executions by batch size", Value: "1: 5"}, {Name: "mean time in the queue", Value: "0.020 ms"}, {Name: "responses", Value: "10"},
		{Name: "mean responses of a request", Value: "2.00"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	decoupled := counters("stats-decoupled.json")
	for _, tc := range []struct {
		seen Seen
		want string
	}{
		{Seen{5, 5, 10}, ""}, {Seen{6, 5, 10}, ""}, {Seen{6, 4, 8}, ""},
		{Seen{5, 5, 9}, "It counted 10 responses, the client read 9 messages with text."},
		{Seen{7, 6, 10}, "It counted 5 requests as answered, the client 6 of 7."},
		{Seen{4, 4, 10}, "It counted 5 requests as answered, the client 4 of 4."},
	} {
		if got := strings.Join(tritonDiffers(nil, decoupled, true, tc.seen), " "); got != tc.want {
			t.Errorf("%+v: %q, want %q", tc.seen, got, tc.want)
		}
	}
	if got := tritonDiffers(nil, counters("stats-python.json"), true, Seen{3, 3, 18}); got != nil {
		t.Errorf("responses that a backend does not count are taken for 0: %q", got)
	}
	s := tritonStats(decoupled, true)
	if s.timeRequests(true); s.Occupancy != 0 || s.Timed != 0 || slices.Contains(s.Known, "running_ns") {
		t.Errorf("how long requests were with a decoupled model is taken for known: %+v", s)
	}
	if s.Busy != 0 || slices.Contains(s.Known, "busy_ns") {
		t.Errorf("the time in executions of a decoupled model is taken for known: %+v", s)
	}
}
