package trial

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/loadgen/result"
)

// RateLimited is the share of a trial's requests that an account's limit may turn away (429). With more of them the trial says
// more of the account than of the service; with fewer each is a miss like any other failure.
const RateLimited = 0.05

// Service is a server whose answers tell what it is.
type Service struct {
	Managed bool                      // an account's limits are not the service's speed
	Clock   func(at time.Time) string // the time of day where it is, as declared; nil where it is not
	Spent   func() (spent string)     // by the price list so far, "" where nothing is priced; nil for never
}

// answers gathers what a server says of itself with its answers.
type answers struct {
	model    string // that is asked for
	n, ids   int
	models   map[string]int // that answered
	requests lowest
	tokens   lowest
	limited  int   // 429
	busy     int   // 503 and 529
	retry    int64 // longest wait that it asked for
	told     int   // answers that asked for one
}

// lowest is the least that was left of a limit.
type lowest struct {
	seen        bool
	left, limit int
}

func (l *lowest) add(left, limit int) {
	if limit > 0 && (!l.seen || left < l.left) {
		*l = lowest{true, left, limit}
	}
}

func newAnswers(model string) *answers { return &answers{model: model, models: map[string]int{}} }

func (a *answers) add(q result.Request) {
	a.n++
	if q.RequestID != "" {
		a.ids++
	}
	a.requests.add(q.LeftRequests, q.LimitRequests)
	a.tokens.add(q.LeftTokens, q.LimitTokens)
	if q.RetryAfter > 0 {
		a.told++
		a.retry = max(a.retry, q.RetryAfter)
	}
	switch {
	case q.Status == http.StatusTooManyRequests:
		a.limited++
	case q.Outcome == result.Overloaded:
		a.busy++
	case q.Outcome == result.OK && q.Model == "":
		a.answered(a.model)
	case q.Model != "":
		a.answered(q.Model)
	}
}

func (a *answers) answered(model string) {
	if _, known := a.models[model]; known || len(a.models) < mostModels {
		a.models[model]++
	}
}

// fill says it in the record.
func (a *answers) fill(s *record.Server) {
	if _, asked := a.models[a.model]; len(a.models) > 1 || len(a.models) == 1 && !asked {
		s.Models = slices.Sorted(maps.Keys(a.models))
	}
	s.RequestIDs = a.ids
	say := func(name, format string, args ...any) {
		s.Limits = append(s.Limits, record.Setting{Name: name, Value: fmt.Sprintf(format, args...)})
	}
	if a.requests.seen {
		say("requests left", "%d of %d", a.requests.left, a.requests.limit)
	}
	if a.tokens.seen {
		say("tokens left", "%d of %d", a.tokens.left, a.tokens.limit)
	}
	if a.limited > 0 {
		say("turned away with 429", "%d of %d requests", a.limited, a.n)
	}
	if a.busy > 0 {
		say("turned away with 503 or 529", "%d of %d requests", a.busy, a.n)
	}
	if a.told > 0 {
		say("longest Retry-After", "%v, asked for by %d answers", time.Duration(a.retry), a.told)
	}
}

// invalid says why the trial may not win.
func (a *answers) invalid(managed bool) (reasons []string) {
	if managed && a.n > 0 && float64(a.limited) > RateLimited*float64(a.n) {
		reasons = append(reasons, fmt.Sprintf("rate-limited: %d of %d requests (%.2g %%) were turned away with 429, and above %g %% it is the account's limit that is measured; ask for less, or for a higher limit",
			a.limited, a.n, 100*float64(a.limited)/float64(a.n), 100*RateLimited))
	}
	if len(a.models) > 1 {
		var versions []string
		for _, name := range slices.Sorted(maps.Keys(a.models)) {
			versions = append(versions, fmt.Sprintf("%s (%d)", name, a.models[name]))
		}
		reasons = append(reasons, "several versions of the model answered: "+strings.Join(versions, ", "))
	}
	return reasons
}

// when is the time of day of a trial, in UTC and on the clock where the server is.
func when(from, to time.Time, clock func(time.Time) string) string {
	from, to = from.UTC(), to.UTC()
	s := from.Format("Monday 2006-01-02 15:04") + " to " + to.Format("15:04") + " UTC"
	if to.YearDay() != from.YearDay() {
		s = from.Format("Monday 2006-01-02 15:04") + " to " + to.Format("Monday 15:04") + " UTC"
	}
	if clock != nil {
		if local := clock(from); local != "" {
			s += ", from " + local
		}
	}
	return s
}

// serve records what the answers say, whatever became of the trial.
func (c Config) serve(r *record.Trial, from time.Time) {
	if c.Service == nil {
		return
	}
	if r.Server == nil {
		r.Server = &record.Server{}
	}
	c.heard.fill(r.Server)
	r.Invalid = append(r.Invalid, c.heard.invalid(c.Service.Managed)...)
	r.Server.When = when(from, time.Now(), c.Service.Clock)
	if c.Service.Spent != nil {
		r.Server.Spent = c.Service.Spent()
	}
}
