package target

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/assaylab/assay/experiments/target/pbtxt"
)

func init() { fakes["triton"] = fakeTriton }

// scripted is a Triton server as far as the lab controls one: it keeps the configurations that it is given, and says of a model
// what the file stats.json of testdata says.
type scriptedTriton struct {
	mu         sync.Mutex
	repository map[string]configJSON // as on disk
	loaded     map[string]configJSON
	asked      []string // requests that change something, and the key that came with them
	says       string   // why a model does not load, "" for one that does
	twist      func(configJSON)
	stats      string
}

// fakeTriton serves the repository that its flags name: "fake triton MODE FLAGS".
func fakeTriton(args []string) error {
	flags := map[string]string{}
	for _, a := range args[1:] {
		name, value, _ := strings.Cut(a, "=")
		flags[name] = value
	}
	fmt.Println("I1129 18:00:00.000000 1 server.cc:677] scripted", strings.Join(args, " "))
	s := &scriptedTriton{repository: map[string]configJSON{}, loaded: map[string]configJSON{}, stats: "stats.json"}
	if err := s.read(flags["--model-repository"]); err != nil {
		return err
	}
	switch args[0] {
	case "refuses":
		s.says = "load failed for model 'm': version 1 is at UNAVAILABLE state: Internal: NameError: name 'x' is not defined\n\nAt:\n  model.py(3): <module>\n;"
	case "other":
		s.twist = func(c configJSON) { c["max_batch_size"] = json.Number("1") }
	case "mute":
		forever()
	}
	l, err := net.Listen("tcp", "127.0.0.1:"+flags["--http-port"])
	if err != nil {
		return err
	}
	return http.Serve(l, s.handler(args[0]))
}

// read takes over the configurations of a repository.
func (s *scriptedTriton) read(dir string) error {
	for _, name := range folders(dir) {
		text, err := os.ReadFile(filepath.Join(dir, name, configFile))
		if err != nil {
			return err
		}
		m, err := pbtxt.Parse(text)
		if err != nil {
			return err
		}
		s.repository[name] = asJSON(m)
	}
	return nil
}

// asJSON is a configuration as the server tells it; of a field that is given once nobody knows whether it is a list.
func asJSON(m *pbtxt.Message) configJSON {
	c := configJSON{}
	for _, f := range m.Fields {
		var v any = jsonValue(f.Value.Scalar)
		if text, ok := f.Value.Text(); ok {
			v = text
		}
		if f.Value.Message != nil {
			v = map[string]any(asJSON(f.Value.Message))
		}
		switch have := c[f.Name].(type) {
		case nil:
			c[f.Name] = shaped(f.Name, v)
		case []any:
			c[f.Name] = append(have, v)
		default:
			c[f.Name] = []any{have, v}
		}
	}
	return c
}

func (s *scriptedTriton) handler(mode string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v2/health/live", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /v2", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"name":"triton","version":"2.51.0","extensions":["classification","sequence","model_repository","statistics"]}`)
	})
	mux.HandleFunc("POST /v2/repository/index", s.index)
	mux.HandleFunc("POST /v2/repository/models/{model}/{what}", func(w http.ResponseWriter, r *http.Request) {
		if mode == "dies" {
			fmt.Fprintln(os.Stderr, "Fatal Python error: init_import_site: the stub is another Python's")
			os.Exit(1)
		}
		if err := s.change(r); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
		}
	})
	mux.HandleFunc("GET /v2/models/{model}/{what}", s.tell)
	return mux
}

func (s *scriptedTriton) index(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []map[string]string
	for name := range s.repository {
		all = append(all, map[string]string{"name": name})
	}
	_ = json.NewEncoder(w).Encode(all)
}

// change loads or unloads a model.
func (s *scriptedTriton) change(r *http.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	model, what := r.PathValue("model"), r.PathValue("what")
	s.asked = append(s.asked, strings.TrimSpace(what+" "+model+" "+r.Header.Get("Authorization")))
	if what == "unload" {
		delete(s.loaded, model)
		return nil
	}
	var body struct{ Parameters struct{ Config string } }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return err
	}
	config := s.repository[model]
	if body.Parameters.Config != "" {
		var err error
		if config, err = readConfigJSON([]byte(body.Parameters.Config)); err != nil {
			return err
		}
	}
	switch {
	case s.says != "":
		return errors.New(s.says)
	case config == nil:
		return fmt.Errorf("failed to load '%s', failed to poll from model repository", model)
	}
	if s.twist != nil {
		s.twist(config)
	}
	s.loaded[model] = config
	return nil
}

// tell answers what is asked of a model.
func (s *scriptedTriton) tell(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	config, loaded := s.loaded[r.PathValue("model")]
	if !loaded {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"error":"Request for unknown model: '%s' is not found"}`, r.PathValue("model"))
		return
	}
	switch r.PathValue("what") {
	case "config":
		_ = json.NewEncoder(w).Encode(config)
	case "stats":
		text, err := os.ReadFile(filepath.Join("testdata", "triton", s.stats))
		if err != nil {
			panic(err)
		}
		_, _ = w.Write(text)
	}
}
