package offers

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/stream"
)

// known is a system by how it gives itself away.
type known struct {
	name, title string
	owner       string // owned_by in its list of models, "" where that tells nothing
	path        string // where it says its version
	version     func(body []byte) string
	metrics     string // where it exports counters, "" for nowhere
	prefix      string // of their names
	forwards    bool
}

// systems are tried in this order. A list of models that names its owner decides; the others are told by what they answer at a
// path that is theirs alone. /version is many systems', and counts only with an owner.
var systems = []known{
	{name: "assay", title: "the included engine", owner: "assay", path: "/version", version: field("version"), metrics: "/metrics", prefix: "vllm:"},
	{name: "vllm", title: "vLLM", owner: "vllm", path: "/version", version: field("version"), metrics: "/metrics", prefix: "vllm:"},
	{name: "trtllm", title: "TensorRT-LLM", owner: "tensorrt_llm", path: "/version", version: field("version"), metrics: "/prometheus/metrics", prefix: "trtllm_"},
	{name: "sglang", title: "SGLang", owner: "sglang", path: "/get_server_info", version: field("version"), metrics: "/metrics", prefix: "sglang:"},
	{name: "llama.cpp", title: "llama.cpp", owner: "llamacpp", path: "/props", version: field("build_info"), metrics: "/metrics", prefix: "llamacpp:"},
	{name: "ollama", title: "Ollama", path: "/api/version", version: field("version")},
	{name: "tgi", title: "Text Generation Inference", path: "/info", version: tgiVersion, metrics: "/metrics", prefix: "tgi_"},
	{name: "litellm", title: "LiteLLM", path: "/health/readiness", version: field("litellm_version"), metrics: "/metrics", prefix: "litellm_", forwards: true},
}

// triton says what it is below its own version of the protocol.
var triton = known{name: "triton", title: "Triton Inference Server", path: "/v2", version: field("version")}

// longestVersion bounds a version that is kept.
const longestVersion = 80

// field reads a member that is a text.
func field(name string) func([]byte) string {
	return func(body []byte) string {
		var m map[string]any
		if json.Unmarshal(body, &m) != nil {
			return ""
		}
		text, _ := m[name].(string)
		return oneLine(text, longestVersion)
	}
}

// tgiVersion takes a version only beside a model, because other servers have an /info, too.
func tgiVersion(body []byte) string {
	if field("model_id")(body) == "" {
		return ""
	}
	return field("version")(body)
}

// oneLine is a text of a server made fit for a line.
func oneLine(text string, most int) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	return text
}

// Framed says that the server is asked by gRPC: what is found out here is asked by plain HTTP, on another port.
func (s Server) Framed() bool { return stream.Framed(s.Kind.Dialect) }

// Identify asks for the list of models and for versions. It generates nothing. Of a provider it asks for the list alone.
func Identify(ctx context.Context, s Server, provider bool) (*Report, error) {
	r := &Report{Model: s.Model}
	if s.Framed() {
		return r, nil
	}
	owners, err := s.models(ctx, r)
	if err != nil {
		return nil, err
	}
	if r.Model == "" && len(r.Models) > 0 {
		r.Model = r.Models[0].Name
	}
	if provider || s.Kind.Managed {
		return r, nil
	}
	k, version := s.identify(ctx, owners)
	if k == nil {
		r.add(MetricsFeature, NotShown, "it is not known what the server is, and with that not where it has any")
		return r, nil
	}
	r.System, r.Title, r.Version, r.Forwards = k.name, k.title, version, k.forwards
	s.exported(ctx, r, k)
	return r, nil
}

// identify finds the system, nil for none.
func (s Server) identify(ctx context.Context, owners []string) (*known, string) {
	if strings.HasPrefix(s.Kind.Version, "/v2") {
		if version := s.version(ctx, &triton); version != "" {
			return &triton, version
		}
		return nil, ""
	}
	for i := range systems {
		for _, owner := range owners {
			if systems[i].owner != "" && owner == systems[i].owner {
				return &systems[i], s.version(ctx, &systems[i])
			}
		}
	}
	for i := range systems {
		if k := &systems[i]; k.path != "/version" {
			if version := s.version(ctx, k); version != "" {
				return k, version
			}
		}
	}
	return nil, ""
}

func (s Server) version(ctx context.Context, k *known) string {
	body, status, err := s.get(ctx, k.path)
	if err != nil || status != http.StatusOK {
		return ""
	}
	return s.Key.Redact(k.version(body))
}

// exported looks for counters. What TensorRT-LLM has at /metrics is gone once it is read, and is left alone.
func (s Server) exported(ctx context.Context, r *Report, k *known) {
	if k.metrics == "" {
		r.add(MetricsFeature, NotShown, "%s is not known to export any here", k.title)
		return
	}
	body, status, err := s.get(ctx, k.metrics)
	n := 0
	for line := range strings.Lines(string(body)) {
		if strings.HasPrefix(line, k.prefix) {
			n++
		}
	}
	switch {
	case err != nil:
		r.add(MetricsFeature, No, "GET %s: %s", k.metrics, oneLine(s.Key.Redact(err.Error()), 200))
	case status != http.StatusOK:
		r.add(MetricsFeature, No, "GET %s: %d %s", k.metrics, status, http.StatusText(status))
	case n == 0:
		r.add(MetricsFeature, No, "GET %s has no line that begins with %s", k.metrics, k.prefix)
	default:
		r.add(MetricsFeature, Yes, "%d lines at %s begin with %s", n, k.metrics, k.prefix)
	}
}

// models reads the list of models into r, and returns whose they are.
func (s Server) models(ctx context.Context, r *Report) (owners []string, err error) {
	list := s.Kind.List
	if list.Path == "" {
		return nil, nil
	}
	body, status, err := s.ask(ctx, list.Method, list.Path, nil, nil)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s does not answer: %s", s.Base, s.Key.Redact(err.Error()))
	case status == http.StatusNotFound:
		return nil, nil
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return nil, fmt.Errorf("%s refuses the API key, or the lack of one: %d %s", s.Base, status, http.StatusText(status))
	case status != http.StatusOK:
		return nil, fmt.Errorf("%s%s: %d %s", s.Base, list.Path, status, http.StatusText(status))
	}
	r.Models, owners, err = readModels(body)
	if err != nil {
		return nil, fmt.Errorf("%s%s is no list of models: %s", s.Base, list.Path, s.Key.Redact(err.Error()))
	}
	return owners, nil
}

// readModels reads a list of models in the shape of any server, with the length of contexts where it says that.
func readModels(body []byte) (models []Model, owners []string, err error) {
	names, err := dialect.ReadList(body)
	if err != nil {
		return nil, nil, err
	}
	var list struct {
		Data []struct {
			ID    string `json:"id"`
			Owner string `json:"owned_by"`
			Most  int    `json:"max_model_len"`
			Meta  struct {
				Context int `json:"n_ctx"`
				Trained int `json:"n_ctx_train"`
			} `json:"meta"`
		} `json:"data"`
	}
	_ = json.Unmarshal(body, &list) // other shapes have no more than names
	context := map[string]int{}
	for _, m := range list.Data {
		owners = append(owners, m.Owner)
		context[m.ID] = max(0, cmp.Or(m.Most, m.Meta.Context, m.Meta.Trained))
	}
	for _, name := range names {
		models = append(models, Model{name, context[name]})
	}
	return models, owners, nil
}
