package loadgen

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/assaylab/assay/loadgen/result"
	"github.com/assaylab/assay/loadgen/scripted"
	"github.com/assaylab/assay/loadgen/workload"
)

// chats are n requests that take turns in two conversations of up to four turns.
func chats(n int) []workload.Prompt {
	ps := prompts(n)
	for i := range ps {
		ps[i].Turn = 1 + i/2%4
		if ps[i].Turn > 1 {
			ps[i].After = i - 2
			ps[i].New = fmt.Sprint(" and ", i)
			ps[i].Text = ps[i-2].Text + " scripted" + ps[i].New
		}
	}
	return ps
}

// sent is the prompt in a body.
func sent(t *testing.T, body []byte) string {
	t.Helper()
	var b struct{ Prompt string }
	if err := json.Unmarshal(body, &b); err != nil {
		t.Fatal(err)
	}
	return b.Prompt
}

// A turn is due long before the reply to the one before is there: it is sent when that has
// ended, with that reply in it or the scripted one, and what it waited is recorded, as part
// of its latency and not as lag of the instrument.
func TestTurnsWaitForReplies(t *testing.T) {
	for _, own := range []bool{false, true} {
		t.Run(fmt.Sprint("served replies ", own), func(t *testing.T) {
			server := serve(t, func(r scripted.Received) scripted.Script {
				return scripted.Answer{Prompt: 5, Parts: []scripted.Part{
					scripted.Message(10*time.Millisecond, 1, fmt.Sprint(" reply ", r.Seq)), scripted.Message(10*time.Millisecond, 1, "!")}}.Script()
			})
			p := plan(t, server.URL(), 1000, 16)
			p.Prompts, p.ServedReplies = chats(16), own
			rs, report := runAttack(t, p)
			served, said := server.BySeq(), map[int]string{}
			held := 0
			for i, r := range rs {
				want := p.Prompts[i].Text
				if own && p.Prompts[i].Turn > 1 {
					want = said[p.Prompts[i].After] + p.Prompts[i].New
				}
				said[i] = want + fmt.Sprintf(" reply %d!", i)
				if got := sent(t, served[r.Seq].Body); got != want || r.Outcome != result.OK || r.Turn != p.Prompts[i].Turn {
					t.Errorf("request %d, turn %d, %s: sent %q, want %q", i, r.Turn, r.Error, got, want)
				}
				checkOrder(t, r)
				if r.Held > 0 {
					held++
				}
				if r.Turn < 2 {
					if r.Held != 0 {
						t.Errorf("request %d opens a conversation and waited %d", i, r.Held)
					}
					continue
				}
				before := p.Prompts[i].After
				if reply := served[uint64(before)].Steps; served[r.Seq].Arrived.Before(reply[len(reply)-1].Before) || r.Sent < rs[before].Last {
					t.Errorf("request %d was sent before the reply to request %d was there", i, before)
				}
				if r.Sent-r.Intended < r.Held || r.Held == 0 && r.Dequeued < rs[before].Last {
					t.Errorf("request %d: sent %d after it was due, held %d", i, r.Sent-r.Intended, r.Held)
				}
			}
			if report.Held != held || held < 10 || report.HeldMaxNS < int64(10*time.Millisecond) {
				t.Errorf("%d turns held, %d said, the longest for %d", held, report.Held, report.HeldMaxNS)
			}
			for i, r := range rs {
				if r.Sent-r.Intended-r.Held > report.LagMaxNS {
					t.Errorf("request %d: lag above the most", i)
				}
			}
		})
	}
}

// A turn before that failed holds nobody up: what came of its reply is the reply.
func TestTurnsAfterFailures(t *testing.T) {
	server := serve(t, func(r scripted.Received) scripted.Script {
		s := scripted.Answer{Prompt: 5, Parts: []scripted.Part{scripted.Message(0, 1, " half"), scripted.Message(0, 1, " of it")}}.Script()
		switch r.Seq {
		case 0:
			return scripted.Script{Status: 503}
		case 1:
			s.Steps, s.End = s.Steps[:1], scripted.Cut
		}
		return s
	})
	p := plan(t, server.URL(), 1000, 4)
	p.Prompts, p.ServedReplies = chats(4), true
	rs, _ := runAttack(t, p)
	for i, want := range []string{result.Overloaded, result.Reset, result.OK, result.OK} {
		if rs[i].Outcome != want {
			t.Errorf("request %d: %s, %s, want %s", i, rs[i].Outcome, rs[i].Error, want)
		}
	}
	for seq, want := range map[uint64]string{2: "prompt 0 and 2", 3: "prompt 1 half and 3"} {
		if got := sent(t, server.BySeq()[seq].Body); got != want {
			t.Errorf("request %d sent %q, want %q", seq, got, want)
		}
	}
}

// Where no reply comes, a turn waits for it until the turn before gives up, which leaves it
// little of its own time, or until the attack is stopped, and then it is never sent.
func TestTurnsThatWaitInVain(t *testing.T) {
	for want, cancelled := range map[string]bool{result.Timeout: false, result.Cancelled: true} {
		server := serve(t, scripted.Always(scripted.Script{End: scripted.Stall}))
		p := plan(t, server.URL(), 1000, 4)
		p.Prompts = chats(4)
		ctx := context.Background()
		if cancelled {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, 100*time.Millisecond)
			defer cancel()
		} else {
			p.Deadline = 100 * time.Millisecond
		}
		rs, _, _ := collect(ctx, p)
		bySeq(t, rs)
		if len(rs) != 4 {
			t.Fatalf("%d requests", len(rs))
		}
		if r := rs[3]; r.Outcome != want || r.Held < 1 || cancelled && (r.Sent != result.Never || len(server.Served()) > 2) {
			t.Errorf("%+v, want %s, %d served", r, want, len(server.Served()))
		}
	}
}

func TestTurnsAreChecked(t *testing.T) {
	for want, change := range map[string]func([]workload.Prompt){
		"request 2 is turn 2 after request 2, expected an earlier one that is turn 1":  func(p []workload.Prompt) { p[2].After = 2 },
		"request 2 is turn 3 after request 0, expected an earlier one that is turn 2":  func(p []workload.Prompt) { p[2].Turn = 3 },
		"request 3 is turn 2 after request -1, expected an earlier one that is turn 1": func(p []workload.Prompt) { p[3].After = -1 },
	} {
		p := plan(t, "http://127.0.0.1:1", 1000, 4)
		p.Prompts = chats(4)
		change(p.Prompts)
		if err := p.Validate(); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
