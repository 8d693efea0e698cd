package calibrate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/loadgen"
	"github.com/assaylab/assay/loadgen/arrival"
	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/scripted"
	"github.com/assaylab/assay/loadgen/workload"
)

// ErrMisread says that the lab told a known answer wrongly. Nothing that it measures can be believed then.
var ErrMisread = errors.New("the instrument misreads a known answer")

// Size of a calibration: about a second, in which one request in two gets the steady answer and every other
// answer comes five times, and the slowest answer after that.
const (
	each     = 5
	rate     = 140.0 // requests per second: a dozen answers at a time
	deadline = 30 * time.Second
	patience = 150 * time.Millisecond // for the answer that never ends
	waiting  = 4                      // requests that get it
)

// Run measures the instrument on this machine, as it is pinned now.
func Run(ctx context.Context) (record.Calibration, error) {
	start := time.Now()
	c := record.Calibration{At: start.UTC().Format(time.RFC3339)}
	var e errorsOf
	for _, part := range []func(context.Context, *record.Calibration, *errorsOf) error{answers, timeouts, refusal} {
		if err := part(ctx, &c, &e); err != nil {
			return c, fmt.Errorf("calibrate: %w", err)
		}
	}
	c.Errors, c.WallNS = e.summary(), int64(time.Since(start))
	return c, nil
}

// deal gives every second request the steady answer and the others the traps in turn.
func deal(traps []*answer) []*answer {
	common := steady()
	var all []*answer
	for range each {
		for _, t := range traps {
			all = append(all, common, t)
		}
	}
	return all
}

func answers(ctx context.Context, c *record.Calibration, e *errorsOf) error {
	kinds := deal(traps())
	schedule, err := arrival.Constant(rate, len(kinds))
	if err != nil {
		return err
	}
	return serve(kinds, func(s *scripted.Server) error {
		got, err := session{server: s, url: s.URL(), schedule: schedule, deadline: deadline, answers: kinds}.attack(ctx)
		if err != nil {
			return err
		}
		c.Requests += len(kinds)
		for _, k := range kinds {
			tellRight(c, k.name)
		}
		e.add(got)
		return nil
	})
}

// timeouts sees what becomes of an answer that never ends. How late that is noticed is an error, too.
func timeouts(ctx context.Context, c *record.Calibration, e *errorsOf) error {
	kinds := slices.Repeat([]*answer{endless()}, waiting)
	schedule, err := arrival.Constant(rate, len(kinds))
	if err != nil {
		return err
	}
	return serve(kinds, func(s *scripted.Server) error {
		got, err := session{server: s, url: s.URL(), schedule: schedule, deadline: patience, answers: kinds}.attack(ctx)
		if err != nil {
			return err
		}
		for _, r := range got.requests {
			e.note("timeout", 0, r.End-r.Intended-int64(patience))
		}
		c.Requests += len(kinds)
		tellRight(c, kinds[0].name)
		return nil
	})
}

// refusal connects to where nobody listens.
func refusal(ctx context.Context, c *record.Calibration, _ *errorsOf) error {
	url, release, err := scripted.RefusedURL()
	if err != nil {
		return err
	}
	defer release()
	schedule, err := arrival.Constant(rate, 1)
	if err != nil {
		return err
	}
	nobody := &answer{name: "a refused connection", outcome: result.Refused}
	_, err = session{url: url, schedule: schedule, deadline: deadline, answers: []*answer{nobody}}.attack(ctx)
	c.Requests++
	tellRight(c, nobody.name)
	return err
}

// serve starts a server that gives request n the n-th answer, for as long as use takes.
func serve(answers []*answer, use func(*scripted.Server) error) (err error) {
	s, err := scripted.Start(script(answers))
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, s.Close()) }()
	return use(s)
}

func script(answers []*answer) func(scripted.Received) scripted.Script {
	return func(r scripted.Received) scripted.Script { return answers[r.Seq%uint64(len(answers))].script }
}

// session is one attack on a server of known answers.
type session struct {
	server   *scripted.Server // nil where there is none
	url      string
	base     http.RoundTripper // nil for the lab's own
	schedule arrival.Process
	deadline time.Duration
	answers  []*answer // by sequence number
}

// readings are what came of it.
type readings struct {
	requests []result.Request // by sequence number
	answers  []*answer
	served   map[uint64]scripted.Served
	zero     time.Time
}

// attack sends the requests as in a trial and holds every answer to what it must be told as.
func (s session) attack(ctx context.Context) (readings, error) {
	got := readings{answers: s.answers, requests: make([]result.Request, len(s.answers))}
	prompts := make([]workload.Prompt, len(s.answers))
	for i := range prompts {
		prompts[i] = workload.Prompt{Text: "calibration", Tokens: []int32{1, 2, 3}, MaxTokens: 64}
	}
	plan := loadgen.Plan{URL: s.url, Dialect: dialect.Chat{}, Options: dialect.Options{Model: "scripted"}, Schedule: s.schedule,
		Prompts: prompts, Deadline: s.deadline, Base: s.base}
	n := 0
	report, err := loadgen.Attack(ctx, plan, func(r result.Request) {
		got.requests[r.Seq] = r
		n++
	})
	if err != nil {
		return got, err
	}
	if n != len(s.answers) {
		return got, fmt.Errorf("%w: %d requests have a result, expected %d", ErrMisread, n, len(s.answers))
	}
	got.zero = report.Zero
	if s.server == nil {
		return got, got.told()
	}
	if n := len(s.server.Served()); n != len(s.answers) {
		return got, fmt.Errorf("%w: the server got %d requests, expected %d", ErrMisread, n, len(s.answers))
	}
	got.served = s.server.BySeq()
	return got, got.told()
}

// told holds every request to its answer.
func (g readings) told() error {
	for i, r := range g.requests {
		if wrong := g.answers[i].misread(r); wrong != "" {
			return fmt.Errorf("%w: %s: %s", ErrMisread, g.answers[i].name, wrong)
		}
	}
	return nil
}

// misread says what is wrong with how an answer was told, "" for nothing.
func (a *answer) misread(r result.Request) string {
	var tokens []int
	for _, e := range r.Events {
		tokens = append(tokens, e.Tokens)
	}
	switch {
	case r.Outcome != a.outcome:
		return fmt.Sprintf("its outcome is %s (%s), expected %s", r.Outcome, r.Error, a.outcome)
	case r.Outcome == result.Timeout: // on a slow machine it may end before the first token
		return ""
	case !slices.Equal(tokens, a.tokens):
		return fmt.Sprintf("its messages have %v tokens, expected %v", tokens, a.tokens)
	case r.OutputTokens != a.total:
		return fmt.Sprintf("it has %d output tokens, expected %d", r.OutputTokens, a.total)
	case r.Estimated != a.estimated:
		return fmt.Sprintf("its token counts are called the client's own: %v, expected %v", r.Estimated, a.estimated)
	}
	return ""
}

// tellRight adds a kind of answer to those that were told right, once.
func tellRight(c *record.Calibration, name string) {
	if !slices.Contains(c.Answers, name) {
		c.Answers = append(c.Answers, name)
	}
}
