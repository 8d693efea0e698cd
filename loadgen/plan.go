package loadgen

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/assaylab/assay/loadgen/arrival"
	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/stream"
	"github.com/assaylab/assay/loadgen/workload"
)

// DefaultIdle is how long an unused connection is kept. It is below the 5 seconds
// after which uvicorn, which serves vLLM and many others, drops one.
const DefaultIdle = 4 * time.Second

// Plan is everything about an attack. It is not changed by Attack.
type Plan struct {
	URL      string // of the server, "http://127.0.0.1:8080"; the dialect adds its path
	Dialect  dialect.Dialect
	Options  dialect.Options
	Schedule arrival.Process
	Prompts  []workload.Prompt // one per request of the schedule, in its order

	// ServedReplies has the turns of conversations carry the server's own replies, as far
	// as they came, in place of the scripted ones. Either way a turn is sent when it is due
	// and the turn before has ended; how long it waited for that is result.Request.Held.
	ServedReplies bool

	// Deadline ends a request that long after its intended time (outcome timeout);
	// 0 lets it take as long as it takes.
	Deadline time.Duration

	// MaxInFlight ends the attack with ErrInFlight when that many requests are in
	// flight and another is due: nothing is delayed or left out silently. 0 is no limit.
	MaxInFlight int

	Counter dialect.Counter   // counts tokens where the server does not; may be nil
	Idle    time.Duration     // how long unused connections are kept; 0 for DefaultIdle
	Base    http.RoundTripper // nil for a transport of its own, whose connections end with the attack
	Live    *Live             // where progress can be read; may be nil
	Halt    Halt              // ends the attack early; may be nil
	Permit  Permit            // is asked before each request; may be nil
}

// ErrInFlight ends an attack that reached Plan.MaxInFlight.
var ErrInFlight = errors.New("too many requests in flight: the server does not keep up with the schedule")

// Validate says what is wrong with p.
func (p Plan) Validate() error {
	u, err := url.Parse(p.URL)
	switch {
	case err != nil:
		return fmt.Errorf("server URL: %w", err)
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return fmt.Errorf("server URL is %q, expected http://HOST:PORT or https://HOST", p.URL)
	case u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("server URL is %q, expected no query and no fragment", p.URL)
	case p.Dialect == nil:
		return errors.New("plan has no dialect")
	case p.Schedule == nil:
		return errors.New("plan has no schedule")
	case len(p.Prompts) != p.Schedule.Requests():
		return fmt.Errorf("plan has %d prompts, expected one per request of the schedule (%s)", len(p.Prompts), p.Schedule)
	case p.Deadline < 0:
		return fmt.Errorf("deadline is %v, expected 0 (none) or more", p.Deadline)
	case p.MaxInFlight < 0:
		return fmt.Errorf("maximum in flight is %d, expected 0 (no limit) or more", p.MaxInFlight)
	case p.Idle < 0:
		return fmt.Errorf("idle time of connections is %v, expected 0 (%v) or more", p.Idle, DefaultIdle)
	}
	return p.checkTurns()
}

// checkTurns wants every later turn to continue the turn before it.
func (p Plan) checkTurns() error {
	for i, prompt := range p.Prompts {
		if prompt.Turn < 2 {
			continue
		}
		if after := prompt.After; after < 0 || after >= i || p.Prompts[after].Turn != prompt.Turn-1 {
			return fmt.Errorf("request %d is turn %d after request %d, expected an earlier one that is turn %d", i, prompt.Turn, after, prompt.Turn-1)
		}
	}
	return nil
}

// calls encodes every request, so that nothing is left to do when it is due.
func (p Plan) calls() ([]stream.Call, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	base := strings.TrimRight(p.URL, "/")
	calls := make([]stream.Call, len(p.Prompts))
	for i, prompt := range p.Prompts {
		encoded, err := p.Dialect.Encode(prompt, p.Options)
		if err != nil {
			return nil, fmt.Errorf("encode request %d for %s: %w", i, p.Dialect, err)
		}
		call, err := stream.NewCall(base, uint64(i), encoded)
		if err != nil {
			return nil, err
		}
		call.AskedPrompt, call.AskedOutput = len(prompt.Tokens), prompt.MaxTokens
		call.Class, call.Team = prompt.Class, prompt.Team
		call.Turn, call.After, call.Text, call.New = prompt.Turn, prompt.After, prompt.Text, prompt.New
		if p.ServedReplies && prompt.Turn > 1 {
			call.Compose = p.compose(prompt)
		}
		calls[i] = call
	}
	return calls, nil
}

// compose encodes prompt with another text, as it was encoded with its own.
func (p Plan) compose(prompt workload.Prompt) func(string) ([]byte, error) {
	return func(text string) ([]byte, error) {
		prompt := prompt
		prompt.Text = text
		encoded, err := p.Dialect.Encode(prompt, p.Options)
		return encoded.Body, err
	}
}
