package loadgen

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/assaylab/assay/loadgen/arrival"
	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/scripted"
	"github.com/assaylab/assay/loadgen/workload"
)

func serve(t testing.TB, script func(scripted.Received) scripted.Script) *scripted.Server {
	t.Helper()
	s, err := scripted.Start(script)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func always(t testing.TB, a scripted.Answer) *scripted.Server {
	t.Helper()
	return serve(t, scripted.Always(a.Script()))
}

// plan is n requests at rate per second.
func plan(t testing.TB, url string, rate float64, n int) Plan {
	t.Helper()
	schedule, err := arrival.Constant(rate, n)
	if err != nil {
		t.Fatal(err)
	}
	return Plan{URL: url, Dialect: dialect.Completions{}, Options: dialect.Options{Model: "m"}, Schedule: schedule, Prompts: prompts(n), Deadline: time.Minute}
}

func prompts(n int) []workload.Prompt {
	ps := make([]workload.Prompt, n)
	for i := range ps {
		ps[i] = workload.Prompt{Text: fmt.Sprint("prompt ", i), Tokens: make([]int32, 3+i%5), MaxTokens: 1 + i%7}
	}
	return ps
}

// attack runs p to its end and returns the requests by seq, each exactly once.
func runAttack(t testing.TB, p Plan) ([]result.Request, Report) {
	t.Helper()
	rs, report, err := collect(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	if len(rs) != p.Schedule.Requests() {
		t.Fatalf("%d requests handed over, want %d", len(rs), p.Schedule.Requests())
	}
	bySeq(t, rs)
	return rs, report
}

func collect(ctx context.Context, p Plan) (rs []result.Request, report Report, err error) {
	report, err = Attack(ctx, p, func(r result.Request) { rs = append(rs, r) })
	return rs, report, err
}

// bySeq sorts rs and checks that every number from 0 is there once.
func bySeq(t testing.TB, rs []result.Request) {
	t.Helper()
	slices.SortFunc(rs, func(a, b result.Request) int { return int(a.Seq) - int(b.Seq) })
	for i, r := range rs {
		if r.Seq != uint64(i) {
			t.Fatalf("seq %d at place %d", r.Seq, i)
		}
	}
}

// checkOrder holds the stamps of an answered request to the order of things.
func checkOrder(t *testing.T, r result.Request) {
	t.Helper()
	stamps := []int64{r.Intended, r.Dequeued, r.Conn, r.Sent, r.Headers, r.First, r.Last, r.End}
	if r.Intended < 0 || !slices.IsSorted(stamps) {
		t.Errorf("request %d: stamps out of order: %v", r.Seq, stamps)
	}
	if n := len(r.Events); n > 0 && (r.First != r.Events[0].At || r.Last != r.Events[n-1].At || r.FirstTokens != r.Events[0].Tokens) {
		t.Errorf("request %d: first and last are not those of its events: %+v", r.Seq, r)
	}
}

// Every event's stamp is at or after the moment before its write, by the server's
// own record, and its tokens are those that were sent. No upper bound is asserted
// beyond the answer's end: how late a busy machine stamps is measured by the benchmark.
func TestStampsAgainstTheServersRecord(t *testing.T) {
	ms := time.Millisecond
	answers := []scripted.Answer{
		scripted.Steady(3*ms, 2*ms, 6),
		{Prompt: 5, Cached: 4, Finish: "stop", Parts: []scripted.Part{scripted.Message(ms, 1, "a"), scripted.Message(4*ms, 3, " b c d"), scripted.Message(ms, 1, "e")}},
		{Prompt: 5, Parts: []scripted.Part{scripted.Comment(ms), scripted.Message(ms, 1, "a"), scripted.Comment(2 * ms), scripted.Message(ms, 1, "b")}},
		{Prompt: 5, Parts: []scripted.Part{scripted.Message(ms, 1, "a").Split(1, 7, 20), scripted.Message(ms, 2, "é€").Split(40), scripted.Message(ms, 1, "z")}},
		{Prompt: 5, Parts: []scripted.Part{scripted.Message(ms, 1, "a"), scripted.Message(ms, 1, "b"), scripted.Message(0, 2, "c d").Joined()}},
	}
	server := serve(t, func(r scripted.Received) scripted.Script { return answers[r.Seq%uint64(len(answers))].Script() })
	p := plan(t, server.URL(), 500, 40)
	rs, report := runAttack(t, p)
	served := server.BySeq()
	for _, r := range rs {
		answer := answers[r.Seq%uint64(len(answers))]
		if r.Outcome != result.OK || r.Status != 200 || r.Error != "" || r.Estimated {
			t.Fatalf("request %d: %+v", r.Seq, r)
		}
		checkOrder(t, r)
		if r.OutputTokens != answer.Tokens() || r.PromptTokens != answer.Prompt || r.CachedTokens != answer.Cached || r.Finish != answer.Finish || r.ID != "cmpl-scripted" {
			t.Errorf("request %d: %+v, answer %+v", r.Seq, r, answer)
		}
		if r.AskedPrompt != len(p.Prompts[r.Seq].Tokens) || r.AskedOutput != p.Prompts[r.Seq].MaxTokens {
			t.Errorf("request %d: asked %d, %d", r.Seq, r.AskedPrompt, r.AskedOutput)
		}
		checkServed(t, r, served[r.Seq], report.Zero)
	}
}

// checkServed compares a request with the server's record of it.
func checkServed(t *testing.T, r result.Request, s scripted.Served, zero time.Time) {
	t.Helper()
	at := func(when time.Time) int64 { return int64(when.Sub(zero)) }
	if at(s.Arrived) < r.Dequeued {
		t.Errorf("request %d arrived before it was taken up", r.Seq)
	}
	if r.Headers < at(s.Answered) {
		t.Errorf("request %d: header stamped %d, sent %d", r.Seq, r.Headers, at(s.Answered))
	}
	i := 0
	for _, step := range s.Steps {
		for _, tokens := range step.Tokens {
			if i >= len(r.Events) {
				t.Fatalf("request %d has %d events, more were sent", r.Seq, len(r.Events))
			}
			if e := r.Events[i]; e.Tokens != tokens || e.At < at(step.Before) {
				t.Errorf("request %d event %d: %+v, sent %d tokens at %d", r.Seq, i, e, tokens, at(step.Before))
			}
			i++
		}
		if n := len(step.Tokens); n > 1 {
			if a, b := r.Events[i-n], r.Events[i-1]; a.Read != b.Read || a.At != b.At {
				t.Errorf("request %d: one write, but reads %d and %d, stamps %d and %d", r.Seq, a.Read, b.Read, a.At, b.At)
			}
		}
	}
	if i != len(r.Events) {
		t.Errorf("request %d has %d events, %d were sent", r.Seq, len(r.Events), i)
	}
	if last := s.Steps[len(s.Steps)-1]; r.End < at(last.Before) {
		t.Errorf("request %d ended at %d, before the last write at %d", r.Seq, r.End, at(last.Before))
	}
}

// Which request is which: number n carries prompt n, to the dialect's path.
func TestPromptsBySequence(t *testing.T) {
	server := always(t, scripted.Steady(0, 0, 1))
	p := plan(t, server.URL()+"/prefix/", 5000, 50)
	p.Options.Header = http.Header{"Authorization": {"Bearer x"}}
	runAttack(t, p)
	for seq, s := range server.BySeq() {
		var body struct {
			Prompt    string `json:"prompt"`
			MaxTokens int    `json:"max_tokens"`
		}
		if err := json.Unmarshal(s.Body, &body); err != nil {
			t.Fatal(err)
		}
		if want := p.Prompts[seq]; body.Prompt != want.Text || body.MaxTokens != want.MaxTokens || s.Path != "/prefix/v1/completions" {
			t.Errorf("request %d: %s to %s, want %+v", seq, s.Body, s.Path, want)
		}
		if s.Header.Get("Authorization") != "Bearer x" || s.Header.Get("Accept-Encoding") != "" {
			t.Errorf("request %d: header %v", seq, s.Header)
		}
	}
}

func TestThousandRequestsOnce(t *testing.T) {
	server := always(t, scripted.Steady(0, 0, 3))
	p := plan(t, server.URL(), 5000, 1000)
	rs, report := runAttack(t, p)
	schedule := p.Schedule.(arrival.Schedule)
	for i, r := range rs {
		if r.Outcome != result.OK || r.OutputTokens != 3 {
			t.Fatalf("request %d: %+v", i, r)
		}
		if r.Intended != schedule.Offset(i) {
			t.Fatalf("request %d intended at %d, schedule says %d", i, r.Intended, schedule.Offset(i))
		}
		checkOrder(t, r)
	}
	if n := len(server.Served()); n != 1000 {
		t.Errorf("server got %d requests", n)
	}
	if report.Issued != 1000 || report.Planned != 1000 || report.Outcomes[result.OK] != 1000 || report.WindowNS != int64(schedule.Window()) {
		t.Errorf("report %+v", report)
	}
	if report.LagP50NS < 0 || report.LagP50NS > report.LagP99NS || report.LagP99NS > report.LagMaxNS || report.CPUNS <= 0 || report.WallNS < report.WindowNS {
		t.Errorf("report %+v", report)
	}
}

// Open loop: a server that answers nothing does not slow the issuing. Were a
// request to wait for another's answer, the server would never see them all.
func TestOpenLoopDoesNotWait(t *testing.T) {
	server := serve(t, scripted.Always(scripted.Script{Delay: time.Hour}))
	p := plan(t, server.URL(), 2000, 200)
	p.Deadline = 0
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for len(server.Served()) < 200 && t.Context().Err() == nil {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	rs, report, err := collect(ctx, p)
	if !errors.Is(err, context.Canceled) || len(rs) != 200 || report.Outcomes[result.Cancelled] != 200 {
		t.Fatalf("error %v, %d requests, %v", err, len(rs), report.Outcomes)
	}
	bySeq(t, rs)
	lastIssue, firstEnd := int64(0), rs[0].End
	for i, r := range rs {
		if want := p.Schedule.(arrival.Schedule).Offset(i); r.Intended != want || r.Dequeued < want {
			t.Errorf("request %d intended %d, taken up %d, schedule %d", i, r.Intended, r.Dequeued, want)
		}
		lastIssue, firstEnd = max(lastIssue, r.Dequeued), min(firstEnd, r.End)
	}
	if lastIssue > firstEnd {
		t.Errorf("a request ended at %d, before the last was issued at %d", firstEnd, lastIssue)
	}
}

// Closed loop: never more than its slots in flight, and a request is due when
// another one ended.
func TestClosedLoop(t *testing.T) {
	var mu sync.Mutex
	now, most := 0, 0
	answer := scripted.Steady(time.Millisecond, 0, 1)
	server := serve(t, func(scripted.Received) scripted.Script {
		mu.Lock()
		defer mu.Unlock()
		now++
		most = max(most, now)
		return answer.Script()
	})
	p := plan(t, server.URL(), 1, 40)
	closed, err := arrival.NewClosed(4, 40, 0)
	if err != nil {
		t.Fatal(err)
	}
	p.Schedule = closed
	var rs []result.Request
	if _, err := Attack(t.Context(), p, func(r result.Request) { rs = append(rs, r) }); err != nil {
		t.Fatal(err)
	}
	bySeq(t, rs)
	type moment struct {
		at   int64
		step int
	}
	var moments []moment
	ends := map[int64]bool{}
	for _, r := range rs {
		ends[r.End] = true
		moments = append(moments, moment{r.Dequeued, 1}, moment{r.End, -1})
	}
	for i, r := range rs {
		if i < 4 && r.Intended != 0 || i >= 4 && !ends[r.Intended] {
			t.Errorf("request %d intended at %d, when no slot became free", i, r.Intended)
		}
	}
	slices.SortFunc(moments, func(a, b moment) int { return int(a.at-b.at)*2 + a.step - b.step })
	inFlight := 0
	for _, m := range moments {
		if inFlight += m.step; inFlight > 4 {
			t.Fatalf("%d in flight", inFlight)
		}
	}
}

func TestCancelMidAttack(t *testing.T) {
	before := runtime.NumGoroutine()
	server, err := scripted.Start(func(r scripted.Received) scripted.Script {
		if r.N%2 == 0 {
			return scripted.Steady(0, 0, 2).Script()
		}
		return scripted.Script{Steps: scripted.Steady(0, 0, 2).Script().Steps[:1], End: scripted.Stall}
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("enough")
	p := plan(t, server.URL(), 1000, 10_000)
	var rs []result.Request
	report, err := Attack(ctx, p, func(r result.Request) {
		if rs = append(rs, r); len(rs) == 50 {
			cancel(stop)
		}
	})
	if !errors.Is(err, stop) {
		t.Errorf("error %v, want the cause", err)
	}
	bySeq(t, rs)
	ok, cancelled := report.Outcomes[result.OK], report.Outcomes[result.Cancelled]
	if ok < 50 || cancelled == 0 || ok+cancelled != len(rs) || report.Issued != len(rs) || len(rs) >= 10_000 {
		t.Errorf("%d requests, outcomes %v", len(rs), report.Outcomes)
	}
	for _, r := range rs { // two tokens where only the end mark was still to come
		if n := len(r.Events); r.Outcome == result.Cancelled && r.First != result.Never && (n < 1 || n > 2 || r.End < r.First) {
			t.Errorf("cancelled request %d lost what it had: %+v", r.Seq, r)
		}
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	for range 5000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	stacks := make([]byte, 1<<16)
	t.Errorf("%d goroutines before, %d after\n%s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
}

func TestCancelledBeforehand(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	rs, report, err := collect(ctx, plan(t, "http://127.0.0.1:1", 10, 5))
	if !errors.Is(err, context.Canceled) || len(rs) != 0 || report.Issued != 0 || report.Planned != 5 || report.Zero.IsZero() {
		t.Errorf("%v, %d requests, %+v", err, len(rs), report)
	}
}

func TestMaxInFlight(t *testing.T) {
	server := serve(t, scripted.Always(scripted.Script{Delay: time.Hour}))
	p := plan(t, server.URL(), 1000, 100)
	p.MaxInFlight = 7
	rs, _, err := collect(t.Context(), p)
	if !errors.Is(err, ErrInFlight) || !strings.Contains(err.Error(), "7 in flight when request 7 of constant 1000/s, 100 requests was due") {
		t.Errorf("error %v", err)
	}
	if bySeq(t, rs); len(rs) != 7 {
		t.Errorf("%d requests", len(rs))
	}
}

// Nothing is sent twice, also where net/http would: on a kept connection that the
// server drops before it answers.
func TestNothingIsRetried(t *testing.T) {
	server := serve(t, func(r scripted.Received) scripted.Script {
		if r.Seq%2 == 1 {
			return scripted.Script{End: scripted.ResetEarly}
		}
		return scripted.Steady(0, 0, 1).Script()
	})
	p := plan(t, server.URL(), 1, 20)
	closed, err := arrival.NewClosed(1, 20, 0)
	if err != nil {
		t.Fatal(err)
	}
	p.Schedule = closed
	rs, report := runAttack(t, p)
	if report.Outcomes[result.OK] != 10 || report.Outcomes[result.Reset] != 10 || len(server.Served()) != 20 {
		t.Errorf("outcomes %v, server got %d requests", report.Outcomes, len(server.Served()))
	}
	for _, r := range rs {
		if r.Outcome == result.Reset && (r.Conn == result.Never || r.Headers != result.Never || r.First != result.Never || r.Status != 0) {
			t.Errorf("%+v", r)
		}
	}
}

func TestProgress(t *testing.T) {
	heard := map[uint64]bool{} // from one goroutine: the race detector knows
	live := &Live{Ended: func(r *result.Request) { heard[r.Seq] = true }}
	if p := live.Progress(); !reflect.DeepEqual(p, Progress{}) {
		t.Errorf("before: %+v", p)
	}
	server := serve(t, func(r scripted.Received) scripted.Script {
		if r.Seq%4 == 3 {
			return scripted.Refuse(503, 1, "full")
		}
		return scripted.Steady(time.Millisecond, 0, 2).Script()
	})
	p := plan(t, server.URL(), 1000, 200)
	p.Live = live
	done := make(chan struct{})
	var readers sync.WaitGroup
	readers.Go(func() {
		last := Progress{}
		for {
			now := live.Progress()
			if now.Issued < last.Issued || now.Done < last.Done || now.InFlight < 0 || now.Failed > now.Done || now.Done > now.Issued {
				t.Errorf("%+v after %+v", now, last)
				return
			}
			last = now
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
			}
		}
	})
	runAttack(t, p)
	close(done)
	readers.Wait()
	got := live.Progress()
	if got.Planned != 200 || got.Issued != 200 || got.Done != 200 || got.Failed != 50 || got.InFlight != 0 {
		t.Errorf("after: %+v", got)
	}
	if len(heard) != 200 {
		t.Errorf("%d of 200 requests were heard of", len(heard))
	}
	if got.Outcomes[result.Overloaded] != 50 || len(got.Outcomes) != 1 {
		t.Errorf("outcomes %v", got.Outcomes)
	}
	if got.TTFT.P50 < time.Millisecond || got.TTFT.P95 < got.TTFT.P50 || got.TTFT.P99 < got.TTFT.P95 || got.ITL.P99 < got.ITL.P50 || got.Rate <= 0 || got.Elapsed <= 0 {
		t.Errorf("after: %+v", got)
	}
}

func TestBadPlans(t *testing.T) {
	good := plan(t, "http://127.0.0.1:1", 10, 2)
	for _, tc := range []struct {
		name string
		bad  func(*Plan)
		want string
	}{
		{"no url", func(p *Plan) { p.URL = "" }, `server URL is "", expected http://HOST:PORT`},
		{"no scheme", func(p *Plan) { p.URL = "localhost:8080" }, `server URL is "localhost:8080"`},
		{"no host", func(p *Plan) { p.URL = "http://" }, "server URL is"},
		{"broken url", func(p *Plan) { p.URL = "http://[::1" }, "server URL: parse"},
		{"query", func(p *Plan) { p.URL = "http://h?a=b" }, "expected no query"},
		{"no dialect", func(p *Plan) { p.Dialect = nil }, "no dialect"},
		{"no schedule", func(p *Plan) { p.Schedule = nil }, "no schedule"},
		{"prompts", func(p *Plan) { p.Prompts = p.Prompts[:1] }, "1 prompts, expected one per request of the schedule (constant 10/s, 2 requests)"},
		{"deadline", func(p *Plan) { p.Deadline = -1 }, "deadline is -1ns"},
		{"in flight", func(p *Plan) { p.MaxInFlight = -1 }, "maximum in flight is -1"},
		{"idle", func(p *Plan) { p.Idle = -1 }, "idle time of connections is -1ns"},
		{"options", func(p *Plan) { p.Options.Model = "" }, "encode request 0 for openai completions: model name is empty"},
		{"prompt", func(p *Plan) { p.Prompts = []workload.Prompt{p.Prompts[0], {}} }, "encode request 1 for openai completions: max_tokens is 0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := good
			tc.bad(&p)
			rs, report, err := collect(t.Context(), p)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
			if len(rs) != 0 || !reflect.DeepEqual(report, Report{}) {
				t.Errorf("%d requests, %+v", len(rs), report)
			}
		})
	}
}

// Known answers, by the definition of nearest rank.
func TestNearestRank(t *testing.T) {
	values := []int64{15, 20, 35, 40, 50}
	for p, want := range map[float64]int64{0: 15, 0.05: 15, 0.30: 20, 0.40: 20, 0.50: 35, 0.99: 50, 1: 50} {
		if got := nearestRank(values, p); got != want {
			t.Errorf("p%g is %d, want %d", 100*p, got, want)
		}
	}
}
