package trial

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/loadgen/result"
)

func heard(requests ...result.Request) *answers {
	a := newAnswers("m")
	for _, q := range requests {
		a.add(q)
	}
	return a
}

// many is n requests that are alike.
func many(n int, q result.Request) []result.Request {
	all := make([]result.Request, n)
	for i := range all {
		all[i] = q
	}
	return all
}

// What is kept of limits is the least that was left of each.
func TestAnswersLimits(t *testing.T) {
	a := heard(
		result.Request{Outcome: result.OK, RequestID: "a", LimitRequests: 50, LeftRequests: 3, LimitTokens: 1000, LeftTokens: 900},
		result.Request{Outcome: result.OK, RequestID: "b", LimitRequests: 50, LeftRequests: 0, LimitTokens: 1000, LeftTokens: 950},
		result.Request{Outcome: result.OK, LimitRequests: 60, LeftRequests: 7},
		result.Request{Outcome: result.Overloaded, Status: 429, RequestID: "c", RetryAfter: int64(2 * time.Second)},
		result.Request{Outcome: result.Overloaded, Status: 429, RetryAfter: int64(9 * time.Second)},
		result.Request{Outcome: result.Overloaded, Status: 529},
		result.Request{Outcome: result.Reset},
	)
	var s record.Server
	a.fill(&s)
	want := record.Server{RequestIDs: 3, Limits: []record.Setting{
		{Name: "requests left", Value: "0 of 50"}, {Name: "tokens left", Value: "900 of 1000"},
		{Name: "turned away with 429", Value: "2 of 7 requests"}, {Name: "turned away with 503 or 529", Value: "1 of 7 requests"},
		{Name: "longest Retry-After", Value: "9s, asked for by 2 answers"},
	}}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("got %+v\nwant %+v", s, want)
	}
	s = record.Server{}
	heard(many(3, result.Request{Outcome: result.OK})...).fill(&s)
	if !reflect.DeepEqual(s, record.Server{}) {
		t.Errorf("of a server that says nothing: %+v", s)
	}
}

func TestAnswersModels(t *testing.T) {
	asked, dated, other := result.Request{Outcome: result.OK}, result.Request{Outcome: result.OK, Model: "m-2026"}, result.Request{Outcome: result.Reset, Model: "m-2027"}
	for name, tc := range map[string]struct {
		a      *answers
		models string
		says   string // of the validity
	}{
		"as asked":            {heard(asked, asked), "", ""},
		"one dated version":   {heard(dated, dated), "m-2026", ""},
		"refusals have none":  {heard(dated, result.Request{Outcome: result.Overloaded, Status: 429}, result.Request{Outcome: result.Timeout}), "m-2026", ""},
		"two versions":        {heard(dated, dated, other), "m-2026 m-2027", "several versions of the model answered: m-2026 (2), m-2027 (1)"},
		"as asked, and dated": {heard(asked, dated), "m m-2026", "several versions of the model answered: m (1), m-2026 (1)"},
	} {
		var s record.Server
		tc.a.fill(&s)
		// Of versions it does not matter who pays; the other reason is of too many refusals among so few.
		if got := strings.Join(tc.a.invalid(false), "; "); strings.Join(s.Models, " ") != tc.models || got != tc.says {
			t.Errorf("%s: %q, %q", name, s.Models, got)
		}
	}
	a := newAnswers("m")
	for i := range 100 {
		a.add(result.Request{Outcome: result.OK, Model: strings.Repeat("x", i+1)})
	}
	if len(a.models) != mostModels {
		t.Errorf("%d names are kept", len(a.models))
	}
}

// Above the stated share of 429 a trial of a managed API says more of the account than of the service; up to it, and of all that a
// server of one's own turns away, every refusal is a miss and no more. What is overloaded (503, 529) is the service's own doing.
func TestRateLimited(t *testing.T) {
	ok := result.Request{Outcome: result.OK}
	limit, busy := result.Request{Outcome: result.Overloaded, Status: 429}, result.Request{Outcome: result.Overloaded, Status: 529}
	for _, tc := range []struct {
		limited, busy int
		managed       bool
		invalid       bool
	}{
		{0, 0, true, false}, {5, 0, true, false}, {6, 0, true, true}, {100, 0, true, true}, {6, 0, false, false}, {0, 60, true, false}, {5, 60, true, false},
	} {
		all := append(many(100-tc.limited-tc.busy, ok), append(many(tc.limited, limit), many(tc.busy, busy)...)...)
		got := heard(all...).invalid(tc.managed)
		if (len(got) == 1) != tc.invalid || tc.invalid && !strings.HasPrefix(got[0], "rate-limited: ") {
			t.Errorf("%+v: %q", tc, got)
		}
	}
	if got := heard().invalid(true); len(got) > 0 {
		t.Errorf("of no request: %q", got)
	}
}

func TestWhen(t *testing.T) {
	from := time.Date(2026, 11, 29, 18, 4, 59, 0, time.UTC)
	local := func(at time.Time) string { return at.In(time.FixedZone("", -8*3600)).Format("15:04") + " there" }
	for _, tc := range []struct {
		after time.Duration
		clock func(time.Time) string
		want  string
	}{
		{5 * time.Minute, nil, "Sunday 2026-11-29 18:04 to 18:09 UTC"},
		{5 * time.Minute, local, "Sunday 2026-11-29 18:04 to 18:09 UTC, from 10:04 there"},
		{5 * time.Minute, func(time.Time) string { return "" }, "Sunday 2026-11-29 18:04 to 18:09 UTC"},
		{7 * time.Hour, nil, "Sunday 2026-11-29 18:04 to Monday 01:04 UTC"},
	} {
		if got := when(from, from.Add(tc.after), tc.clock); got != tc.want {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
}

// What answers say is in the record also where the trial fails, with what was spent by then.
func TestServiceIsRecorded(t *testing.T) {
	for _, ended := range []error{nil, errCrash} {
		f := newFake(t)
		c := config(t, f)
		spent := "USD 0"
		c.Service = &Service{Managed: true, Clock: func(time.Time) string { return "noon there" }, Spent: func() string { return spent }}
		c.Ended = func() error {
			spent = "USD 0.5"
			return ended
		}
		r, err := Run(t.Context(), c)
		if err != nil || (r.Status == record.StatusOK) != (ended == nil) {
			t.Fatalf("%+v, %v", r, err)
		}
		if r.Server == nil || r.Server.Spent != "USD 0.5" || !strings.HasSuffix(r.Server.When, "UTC, from noon there") {
			t.Fatalf("%+v", r.Server)
		}
		if answered := strings.Join(r.Server.Models, " "); (answered == "scripted") != (ended == nil) { // the warm-up is not measured
			t.Errorf("%q answered", answered)
		}
	}
	r, err := Run(t.Context(), config(t, newFake(t)))
	if err != nil || r.Server != nil {
		t.Errorf("of the included engine: %+v, %v", r.Server, err)
	}
}
