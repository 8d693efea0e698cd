package dialect

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// Kind is a dialect under the name that users know, with what has to be known to use it.
type Kind struct {
	Name    string
	Usage   string // what speaks it, in a few words
	Dialect Dialect

	// Managed says that requests are paid for: a bound on what is spent is needed.
	Managed     bool
	KeyVariable string   // environment variable that by custom has the key
	Version     string   // end that a URL may have, which is part of every path here
	List        List     // how the server's models are listed; zero where it cannot tell
	Counts      bool     // it says how many tokens there were
	Untold      []string // what its answers do not tell, for who reads the figures
}

// List is the request for a list of models.
type List struct{ Method, Path string }

var (
	listOpenAI = List{http.MethodGet, "/v1/models"}
	listGemini = List{http.MethodGet, "/v1beta/models"}
	listTriton = List{http.MethodPost, "/v2/repository/index"}
)

// What several dialects do not tell.
const (
	untoldTokens  = "tokens of each message: the total is the server's, its division among messages an estimate by text"
	untoldCounts  = "counts of tokens: they are counted here, by the text"
	untoldStream  = "when tokens came: the answer comes whole, so that the first token is the last"
	untoldReason  = "why an answer ended"
	untoldLengths = "answers of forced lengths: they end where the model ends them"
	untoldScores  = "log-probabilities of given texts"
	untoldServer  = "settings and machines of the provider"
)

// Kinds returns all dialects, in the order of documents.
func Kinds() []Kind {
	managed := []string{untoldTokens, untoldLengths, untoldScores, untoldServer}
	return []Kind{
		{Name: "chat", Usage: "chat completions, as vLLM, SGLang, TensorRT-LLM, llama.cpp and others serve them", Dialect: Chat{},
			KeyVariable: "OPENAI_API_KEY", Version: "/v1", List: listOpenAI, Counts: true},
		{Name: "completions", Usage: "text completions of the same servers", Dialect: Completions{},
			KeyVariable: "OPENAI_API_KEY", Version: "/v1", List: listOpenAI, Counts: true},
		{Name: "openai-chat", Usage: "chat completions of OpenAI itself", Dialect: Chat{Own: true}, Managed: true,
			KeyVariable: "OPENAI_API_KEY", Version: "/v1", List: listOpenAI, Counts: true, Untold: managed},
		{Name: "openai-responses", Usage: "OpenAI's responses", Dialect: Responses{}, Managed: true,
			KeyVariable: "OPENAI_API_KEY", Version: "/v1", List: listOpenAI, Counts: true, Untold: managed},
		{Name: "anthropic", Usage: "Anthropic's messages", Dialect: Messages{}, Managed: true,
			KeyVariable: "ANTHROPIC_API_KEY", Version: "/v1", List: listOpenAI, Counts: true, Untold: managed},
		{Name: "gemini", Usage: "Google's streamGenerateContent", Dialect: Gemini{}, Managed: true,
			KeyVariable: "GEMINI_API_KEY", Version: "/v1beta", List: listGemini, Counts: true, Untold: managed},
		{Name: "gemini-whole", Usage: "Google's generateContent", Dialect: Gemini{Whole: true}, Managed: true,
			KeyVariable: "GEMINI_API_KEY", Version: "/v1beta", List: listGemini, Counts: true, Untold: append([]string{untoldStream}, managed[1:]...)},
		{Name: "vertex", Usage: "streamGenerateContent of Google's cloud, below a URL that ends in /projects/P/locations/L", Dialect: Gemini{Vertex: true}, Managed: true,
			KeyVariable: "GOOGLE_OAUTH_ACCESS_TOKEN", Counts: true, Untold: managed},
		{Name: "vertex-whole", Usage: "generateContent of Google's cloud, likewise", Dialect: Gemini{Vertex: true, Whole: true}, Managed: true,
			KeyVariable: "GOOGLE_OAUTH_ACCESS_TOKEN", Counts: true, Untold: append([]string{untoldStream}, managed[1:]...)},
		{Name: "triton-stream", Usage: "Triton's generate_stream, inputs as of TensorRT-LLM's ensemble", Dialect: Triton{},
			KeyVariable: "TRITON_API_KEY", Version: "/v2", List: listTriton, Untold: []string{untoldCounts, untoldReason, untoldScores}},
		{Name: "triton", Usage: "Triton's generate, likewise", Dialect: Triton{Whole: true},
			KeyVariable: "TRITON_API_KEY", Version: "/v2", List: listTriton, Untold: []string{untoldStream, untoldCounts, untoldReason, untoldScores}},
		{Name: "triton-vllm-stream", Usage: "generate_stream of Triton's vLLM backend", Dialect: Triton{VLLM: true},
			KeyVariable: "TRITON_API_KEY", Version: "/v2", List: listTriton, Counts: true, Untold: []string{untoldScores}},
		{Name: "triton-vllm", Usage: "generate of Triton's vLLM backend", Dialect: Triton{VLLM: true, Whole: true},
			KeyVariable: "TRITON_API_KEY", Version: "/v2", List: listTriton, Counts: true, Untold: []string{untoldStream, untoldScores}},
		{Name: "triton-llmapi-stream", Usage: "generate_stream of TensorRT-LLM's LLM API in Triton", Dialect: Triton{LLMAPI: true},
			KeyVariable: "TRITON_API_KEY", Version: "/v2", List: listTriton, Untold: []string{untoldCounts, untoldLengths, untoldScores}},
		{Name: "triton-llmapi", Usage: "generate of TensorRT-LLM's LLM API in Triton", Dialect: Triton{LLMAPI: true, Whole: true},
			KeyVariable: "TRITON_API_KEY", Version: "/v2", List: listTriton, Untold: []string{untoldStream, untoldCounts, untoldLengths, untoldScores}},
		{Name: "kserve", Usage: "infer of KServe's v2 protocol, inputs as of TensorRT-LLM's ensemble", Dialect: KServe{},
			KeyVariable: "TRITON_API_KEY", Version: "/v2", List: listTriton, Untold: []string{untoldStream, untoldCounts, untoldReason, untoldScores}},
		{Name: "triton-grpc", Usage: "ModelStreamInfer of Triton's gRPC port, inputs likewise", Dialect: TritonGRPC{},
			KeyVariable: "TRITON_API_KEY", Untold: []string{untoldCounts, untoldReason, untoldScores}},
		{Name: "triton-llmapi-grpc", Usage: "ModelStreamInfer of TensorRT-LLM's LLM API in Triton", Dialect: TritonGRPC{LLMAPI: true},
			KeyVariable: "TRITON_API_KEY", Untold: []string{untoldCounts, untoldLengths, untoldScores}},
	}
}

// Named is the dialect of a name.
func Named(name string) (Kind, bool) {
	for _, k := range Kinds() {
		if k.Name == name {
			return k, true
		}
	}
	return Kind{}, false
}

// Names are those of all dialects.
func Names() []string {
	var all []string
	for _, k := range Kinds() {
		all = append(all, k.Name)
	}
	return all
}

// CheckBase says what is wrong with the path of a server's URL.
func (k Kind) CheckBase(path string) error {
	if g, ok := k.Dialect.(Gemini); ok && g.Vertex && !vertexBase(path) {
		return fmt.Errorf("the path of the URL is %q, expected one that ends in /projects/PROJECT/locations/LOCATION, such as /v1/projects/p/locations/us-central1", path)
	}
	if _, ok := k.Dialect.(TritonGRPC); ok && strings.Trim(path, "/") != "" {
		return fmt.Errorf("the path of the URL is %q, expected none: gRPC has a port of its own, such as http://127.0.0.1:8001", path)
	}
	return nil
}

func vertexBase(path string) bool {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	n := len(parts)
	return n >= 4 && parts[n-4] == "projects" && parts[n-2] == "locations" && parts[n-3] != "" && parts[n-1] != ""
}

// Auth is how k sends a key.
func (k Kind) Auth(key Key) Auth {
	a := k.form().auth
	a.Key = key
	return a
}

// Header is what k sends with every request besides a key and the types of content.
func (k Kind) Header() http.Header {
	h := http.Header{}
	for name, value := range k.form().header {
		h.Set(name, value)
	}
	return h
}

func (k Kind) form() *form { return k.Dialect.(interface{ form() *form }).form() }

// ReadList reads the names in a list of models, in the shape of any of the servers.
func ReadList(body []byte) ([]string, error) {
	type entry struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	var list struct {
		Data   []entry `json:"data"`
		Models []entry `json:"models"`
	}
	var all []entry
	if err := json.Unmarshal(body, &all); err != nil {
		if err := json.Unmarshal(body, &list); err != nil {
			return nil, err
		}
		all = append(list.Data, list.Models...)
	}
	var names []string
	for _, e := range all {
		if e.ID != "" {
			names = append(names, e.ID)
		} else if e.Name != "" {
			names = append(names, strings.TrimPrefix(e.Name, "models/"))
		}
	}
	return names, nil
}
