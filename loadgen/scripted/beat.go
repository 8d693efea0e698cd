package scripted

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Beat is a server of very many steady streams at once: every answer is as many
// messages of one token as the request's max_tokens asks, the first Gap after the
// request had come and each Gap after the one before. It speaks OpenAI's completions
// and chat completions, and counts tokens where the request wants them counted.
//
// Server gives every answer a goroutine and a timer, and is the bottleneck long before
// a good client is. Here one goroutine has the writes of all streams in a queue, each
// is one system call with bytes made beforehand, and its time is kept.
type Beat struct {
	gap      time.Duration
	clock    machineClock
	http     *http.Server
	listener net.Listener
	frames   frames
	queue    *beatQueue

	mu      sync.Mutex
	streams []*beatStream
}

// MaxBeats is the longest answer of a Beat.
const MaxBeats = 4096

// StartBeat listens on address, such as "127.0.0.1:0".
func StartBeat(address string, gap time.Duration) (*Beat, error) {
	if gap <= 0 {
		return nil, fmt.Errorf("scripted server: gap is %v, expected above 0", gap)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("scripted server: %w", err)
	}
	b := &Beat{gap: gap, clock: newMachineClock(), listener: listener}
	b.queue = newBeatQueue(b.clock)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/completions", b.serve)
	mux.HandleFunc("POST /v1/chat/completions", b.serve)
	mux.HandleFunc("GET /v1/models", b.models)
	mux.HandleFunc("GET /health", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /beats", b.record)
	b.http = &http.Server{Handler: mux, ConnContext: keepConn}
	go b.queue.run()
	go func() { _ = b.http.Serve(listener) }()
	return b, nil
}

// URL is the base URL, without a path.
func (b *Beat) URL() string { return "http://" + b.listener.Addr().String() }

// Close stops the server and every answer that is under way.
func (b *Beat) Close() error {
	err := b.http.Close()
	b.queue.cancel()
	return err
}

// asked is what a Beat reads of a request.
type asked struct {
	MaxTokens           int `json:"max_tokens"`
	MaxCompletionTokens int `json:"max_completion_tokens"`
	StreamOptions       struct {
		IncludeUsage         bool `json:"include_usage"`
		ContinuousUsageStats bool `json:"continuous_usage_stats"`
	} `json:"stream_options"`
	Stream bool `json:"stream"`
}

func (a asked) usage() Usage {
	switch {
	case a.StreamOptions.ContinuousUsageStats:
		return Continuous
	case a.StreamOptions.IncludeUsage:
		return Final
	}
	return Absent
}

func (b *Beat) serve(w http.ResponseWriter, r *http.Request) {
	var a asked
	raw, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(raw, &a)
	}
	n := max(a.MaxTokens, a.MaxCompletionTokens)
	if err == nil && (n < 1 || n > MaxBeats || !a.Stream) {
		err = fmt.Errorf("max_tokens is %d and stream %t, expected 1 to %d and true", n, a.Stream, MaxBeats)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	seq, _ := strconv.ParseUint(r.Header.Get("X-Vegeta-Seq"), 10, 64)
	style := frameStyle{r.URL.Path == "/v1/chat/completions", a.usage()}
	s := &beatStream{seq: seq, gap: int64(b.gap), frames: b.frames.of(style, n), at: make([]int64, 0, n), done: make(chan struct{})}
	if err := b.play(w, r, s, style.answer().tail(n)); err != nil {
		panic(http.ErrAbortHandler) // the client left: there is nobody to tell
	}
}

// play has the queue write the messages, and the tail by itself. The messages go to the
// connection past net/http, which has flushed its header and will end the body.
func (b *Beat) play(w http.ResponseWriter, r *http.Request, s *beatStream, tail string) error {
	s.arrived = b.clock.now()
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	if err := http.NewResponseController(w).Flush(); err != nil {
		return err
	}
	conn, err := senderOf(r.Context().Value(connKey{}).(syscall.Conn))
	if err != nil {
		return err
	}
	s.conn = conn
	b.mu.Lock()
	b.streams = append(b.streams, s)
	b.mu.Unlock()
	b.queue.add(s)
	select {
	case <-s.done:
	case <-r.Context().Done():
		s.gone.Store(true)
		<-s.done // the queue lets go of the connection
	}
	if s.err != nil {
		return s.err
	}
	_, err = io.WriteString(w, tail)
	return err
}

func (b *Beat) models(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"object":"list","data":[{"id":"scripted","object":"model","owned_by":"assay"}]}`+"\n")
}

// Beats is what happened to one answer. Times are nanoseconds of the machine's
// monotonic clock, which all processes share; see MachineNow.
type Beats struct {
	Seq     uint64  `json:"seq"`     // the X-Vegeta-Seq header, 0 where it is missing
	Arrived int64   `json:"arrived"` // when the request had been read
	At      []int64 `json:"at"`      // of every message, just before its write
	Late    []int64 `json:"late"`    // of every message, At minus when it was due
}

// Record returns what has been written, in order of arrival. It waits for nothing: of an
// answer that is under way it has the beginning.
func (b *Beat) Record() []Beats {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]Beats, len(b.streams))
	for i, s := range b.streams {
		out[i] = s.beats()
	}
	return out
}

// record serves Record to other processes, one JSON object a line, and forgets it.
func (b *Beat) record(w http.ResponseWriter, _ *http.Request) {
	all := b.Record()
	b.mu.Lock()
	b.streams = nil
	b.mu.Unlock()
	e := json.NewEncoder(w)
	for _, s := range all {
		if e.Encode(s) != nil {
			return
		}
	}
}

// ReadBeats reads what GET /beats of a Beat answers.
func ReadBeats(r io.Reader) (all []Beats, err error) {
	d := json.NewDecoder(r)
	for {
		var b Beats
		switch err := d.Decode(&b); {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return all, fmt.Errorf("record of the scripted server, stream %d: %w", len(all), err)
		}
		all = append(all, b)
	}
}
