package server

import (
	"log/slog"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/assaylab/assay/engine/chat"
)

// Renderer writes a conversation as the model's prompt. Of a message that it gets, the content
// is a string or null, and the arguments of tool calls are objects.
type Renderer interface {
	Render(in chat.Input) (string, error)
}

// Config is a server's settings. The zero value of every field but Model works.
type Config struct {
	Model      string               // the name that requests must give
	Context    int                  // longest sequence in tokens, for refusals with numbers; 0 leaves it to the engine
	Chat       Renderer             // nil refuses chat by name
	ChatSource string               // the chat template's text, for clients that render it themselves
	Version    string               // what /version tells; empty is "unknown"
	MaxBody    int64                // bytes of a request body; 0 is DefaultMaxBody
	RetryAfter func() time.Duration // what an overloaded client is told to wait; nil is a second
	// SendTimeout is how long one message may take to be written before the client
	// counts as gone; 0 is DefaultSendTimeout.
	SendTimeout time.Duration
	BodyTimeout time.Duration    // how long a request's body may take to arrive; 0 is DefaultBodyTimeout
	APIKeys     []APIKey         // one of them must come with a request; none leave the server open
	SharedCache bool             // have requests of different keys find each other's prompts in the prefix cache
	Pins        bool             // let requests pin their prompts
	DraftLength int              // the engine's, which requests can lower; 0 where nothing drafts
	Profile     bool             // serve net/http/pprof under /debug/pprof/
	Logger      *slog.Logger     // nil is silent
	Metering    *Metering        // nil meters nothing
	Now         func() time.Time // stamps answers and latencies; nil is time.Now
	NewID       func() string    // a new request id; nil is random
	NewSeed     func() uint64    // the seed of a request that names none; nil is random
}

// Defaults of Config.
const (
	DefaultMaxBody     = 8 << 20
	DefaultSendTimeout = 30 * time.Second
	DefaultBodyTimeout = 30 * time.Second
)

// withDefaults fills what was left open.
func (c Config) withDefaults() Config {
	if c.Version == "" {
		c.Version = "unknown"
	}
	if c.MaxBody == 0 {
		c.MaxBody = DefaultMaxBody
	}
	if c.SendTimeout == 0 {
		c.SendTimeout = DefaultSendTimeout
	}
	if c.BodyTimeout == 0 {
		c.BodyTimeout = DefaultBodyTimeout
	}
	if c.RetryAfter == nil {
		c.RetryAfter = func() time.Duration { return time.Second }
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.NewID == nil {
		c.NewID = randomID
	}
	if c.NewSeed == nil {
		c.NewSeed = rand.Uint64
	}
	return c
}

// retryAfter is the header's value: whole seconds, at least one.
func (s *Server) retryAfter() string {
	seconds := math.Ceil(s.config.RetryAfter().Seconds())
	return strconv.Itoa(int(min(max(seconds, 1), 3600)))
}
