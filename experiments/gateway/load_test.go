package gateway

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/loadgen"
	"github.com/assaylab/assay/loadgen/arrival"
	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/scripted"
	"github.com/assaylab/assay/loadgen/workload"
)

// load sends n requests at a rate, and calls sink as they end.
func (r *rig) load(rate float64, n int, sink func(result.Request)) loadgen.Report {
	r.t.Helper()
	schedule, err := arrival.Poisson(rate, n, 3)
	if err != nil {
		r.t.Fatal(err)
	}
	plan := loadgen.Plan{URL: r.url, Dialect: dialect.Chat{}, Options: dialect.Options{Model: "m", Usage: dialect.UsageFinal}, Schedule: schedule, Deadline: 30 * time.Second}
	for range n {
		plan.Prompts = append(plan.Prompts, workload.Prompt{Text: "hello", Tokens: []int32{1}, MaxTokens: 8, Group: -1})
	}
	report, err := loadgen.Attack(r.t.Context(), plan, sink)
	if err != nil {
		r.t.Fatal(err)
	}
	return report
}

// The primary dies in the middle of a load: of the requests that it had accepted, those that had not begun to stream are
// answered by another server, and no others fail but those that had.
func TestThePrimaryDiesUnderLoad(t *testing.T) {
	slow := steady(6)
	slow.Delay = 60 * time.Millisecond // in its queue
	for i := range slow.Parts {
		if i > 1 {
			slow.Parts[i] = scripted.Message(10*time.Millisecond, 1, " w")
		}
	}
	r := start(t, ladderOf("[breaker]\nopen = \"1h\"\n", "concurrent = 64", ""), scripted.Always(slow.Script()), scripted.Always(steady(6).Script()))
	time.AfterFunc(250*time.Millisecond, func() { r.servers[0].Close() })
	var lost, begun, ok int
	report := r.load(150, 90, func(q result.Request) {
		switch {
		case q.Outcome == result.OK:
			ok++
		case q.First != result.Never:
			begun++
		default:
			lost++
			t.Logf("lost: %s %s", q.Outcome, q.Error)
		}
	})
	if lost > 0 || ok+begun != report.Issued || report.Issued != 90 {
		t.Errorf("of %d requests %d are lost, %d failed after they began, %d are whole", report.Issued, lost, begun, ok)
	}
	moved := 0
	eventually(t, func() bool { return len(r.lines()) == report.Issued })
	for _, l := range r.lines() {
		if l.Retries > 0 && l.Rung == "r1" {
			moved++
		}
	}
	if moved == 0 || begun == 0 {
		t.Errorf("%d requests were moved and %d were cut: the server did not die in the middle of the load", moved, begun)
	}
}

// A server that answers late is left for the next rung before the limit breaks, as soon as it is known to be late.
func TestSlowServersAreLeft(t *testing.T) {
	slow := steady(2)
	slow.Delay = 400 * time.Millisecond
	r := start(t, strings.Replace(ladderOf("[control]\ndwell = \"1h\"\n", "concurrent = 1", ""), `ttft = "10s"`, `ttft = "300ms"`, 1),
		scripted.Always(slow.Script()), scripted.Always(steady(2).Script()))
	served := map[string]int{}
	r.load(40, 60, func(q result.Request) {
		if q.Outcome != result.OK {
			t.Errorf("%s %s", q.Outcome, q.Error)
		}
	})
	eventually(t, func() bool { return len(r.lines()) == 60 })
	for _, l := range r.lines() {
		served[l.Rung]++
	}
	if served["r0"] < 1 || served["r0"] > 5 || served["r1"] < 55 {
		t.Errorf("served by %v", served)
	}
	m := r.get("/metrics").body
	for _, want := range []string{fmt.Sprintf(`assay_ladder_step_downs_total{from="r0",to="r1"} %d`, served["r1"]), `assay_ladder_rung_left{rung="r0"} 1`,
		`assay_ladder_rung_changes_total{direction="down",rung="r0"} 1`, fmt.Sprintf(`assay_ladder_late_total{rung="r0"} %d`, served["r0"]), `assay_ladder_time_to_first_token_ratio_count{rung="r1"}`} {
		if !strings.Contains(m, want) {
			t.Errorf("the metrics have no %s", want)
		}
	}
}
