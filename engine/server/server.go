package server

import (
	"maps"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/assaylab/assay/engine/metrics"
)

// Server is the HTTP side of one engine. It implements http.Handler; Serve and
// Shutdown run it on a listener.
type Server struct {
	config    Config
	backend   Backend
	tokenizer Tokenizer
	metrics   *metrics.Metrics
	routes    map[string]route // by path; a path ending in / stands for all below it
	running   drain
	born      int64         // Unix seconds, the "created" of the model
	groups    atomic.Uint64 // of siblings, see engine.Request
	keys      keys

	mu   sync.Mutex
	http []*http.Server // those that Serve started
}

// route is the handler of a path, by method.
type route map[string]handler

// handler is an http.HandlerFunc whose answer has the request's id, and a line in the log.
type handler func(w *response, r *http.Request)

// New makes a server for one model. It starts nothing.
func New(config Config, backend Backend, tokenizer Tokenizer) *Server {
	config = config.withDefaults()
	s := &Server{config: config, backend: backend, tokenizer: tokenizer,
		metrics: metrics.New(config.Model, config.Context, backend.Stats), born: config.Now().Unix(), keys: newKeys(config.APIKeys)}
	prometheus := s.metrics.Handler()
	s.routes = map[string]route{
		"/v1/completions":      {http.MethodPost: s.generate(s.completions())},
		"/v1/chat/completions": {http.MethodPost: s.generate(s.chat())},
		"/v1/models":           {http.MethodGet: s.listModels},
		"/v1/models/":          {http.MethodGet: s.showModel},
		"/health":              {http.MethodGet: s.health},
		"/version":             {http.MethodGet: s.version},
		"/stats":               {http.MethodGet: s.stats},
		"/tokenize":            {http.MethodPost: s.tokenize},
		"/detokenize":          {http.MethodPost: s.detokenize},
		"/tokenizer_info":      {http.MethodGet: s.tokenizerInfo},
		"/metrics": {http.MethodGet: func(w *response, r *http.Request) {
			prometheus.ServeHTTP(w, r)
		}},
	}
	if config.Profile {
		maps.Copy(s.routes, profileRoutes())
	}
	return s
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := s.requestID(r)
	w.Header().Set(headerRequestID, id)
	h := s.find(r)
	client, e := s.authorize(r)
	if e != nil {
		h = s.unauthorized(e)
	}
	s.guarded(h, &response{ResponseWriter: w, id: id, client: client}, r)
}

// find picks the handler of a request; there always is one.
func (s *Server) find(r *http.Request) handler {
	methods, found := s.routes[r.URL.Path]
	for above := r.URL.Path; !found && above != ""; {
		above = strings.TrimSuffix(above, "/")
		above = above[:strings.LastIndexByte(above, '/')+1]
		methods, found = s.routes[above]
	}
	if !found {
		return s.notFound
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if h, allowed := methods[method]; allowed {
		return h
	}
	return s.notAllowed(methods)
}
