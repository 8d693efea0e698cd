package gateway

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/loadgen/scripted"
)

// paid is a rung that costs 1 a million prompt tokens and 2 a million others, below one that is not there.
const paid = "price_input = \"1\"\nprice_output = \"2\"\nmax_tokens = 100\n"

// The money that a request can cost is set aside, what it did cost is spent, and where that is not known all of it.
func TestWhatIsSpent(t *testing.T) {
	whole := steady(3)
	absent := steady(3)
	absent.Usage = scripted.Absent
	most := float64(len(`[{"role":"user","content":"hi"}]`)+overhead)*1e-6 + 8*2e-6
	for name, row := range map[string]struct {
		script scripted.Script
		want   float64
	}{
		"counted":                 {whole.Script(), 7e-6 + 3*2e-6},
		"not counted":             {absent.Script(), most},
		"refused":                 {scripted.Refuse(503, 0, "full"), 0},
		"cut":                     {broken(scripted.Cut, scripted.Message(0, 1, "x")), most},
		"reset before the answer": {scripted.Script{End: scripted.ResetEarly}, most},
		"a bad request":           {scripted.Refuse(400, 0, "no"), 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, ladderOf("[spend]\nper_hour = \"1\"\n", paid), scripted.Always(row.script))
			r.post("/v1/chat/completions", streamed)
			eventually(t, func() bool { return r.inFlight() == 0 })
			if hour, _ := r.purse.Spent(r.config.Now()); hour.Cmp(money.Zero("USD").Add(money.New(1, 0, "USD").Times(row.want)).Round(12)) != 0 {
				t.Errorf("%s are spent, want %v", hour.Decimal(), row.want)
			}
		})
	}
}

// A rung whose cap leaves no room is gone by, and without another the request is refused.
func TestCapIsABoundary(t *testing.T) {
	answer := steady(8) // 7 and 8 tokens: 0.000023
	r := start(t, ladderOf("[spend]\nper_day = \"0.0004\"\n", paid), scripted.Always(answer.Script()))
	ok := 0
	for range 40 {
		if g := r.post("/v1/chat/completions", streamed); g.status == 200 {
			ok++
		} else if g.status != 503 || g.header.Get(HeaderRung) != "refused" {
			t.Fatalf("%+v", g)
		}
	}
	// before each request 0.000304 must be left: four leave 0.000308, five 0.000285
	if ok != 5 {
		t.Errorf("%d requests were served", ok)
	}
	_, day := r.purse.Spent(r.config.Now())
	if day.Cmp(money.New(115, -6, "USD")) != 0 {
		t.Errorf("%s are spent", day.Decimal())
	}
	if m := r.get("/metrics").body; !strings.Contains(m, `assay_ladder_capped_total{reason="cap",rung="r0"} 35`) || !strings.Contains(m, `assay_ladder_spend{currency="USD",window="day"} 0.000115`) ||
		!strings.Contains(m, `assay_ladder_spend_cap{currency="USD",window="day"} 0.0004`) {
		t.Error("the metrics do not say so")
	}
}

// However many at once, no more is paid than the cap.
func TestCapUnderLoad(t *testing.T) {
	answer := steady(8)
	answer.Delay = 2 * time.Millisecond
	r := start(t, ladderOf("[spend]\nper_hour = \"0.002\"\n", paid), scripted.Always(answer.Script()))
	var all sync.WaitGroup
	for range 24 {
		all.Add(1)
		go func() {
			defer all.Done()
			for refused := false; !refused || r.inFlight() > 0; { // until one is refused that nobody else has room for
				refused = r.post("/v1/chat/completions", streamed).status == 503
			}
		}()
	}
	all.Wait()
	eventually(t, func() bool { return r.inFlight() == 0 })
	hour, _ := r.purse.Spent(r.config.Now())
	served := int64(0)
	for _, s := range r.servers[0].Served() {
		if len(s.Steps) > 0 {
			served++
		}
	}
	if want := money.New(23*served, -6, "USD"); hour.Cmp(want) != 0 || hour.Cmp(money.New(2, -3, "USD")) > 0 || served < 74 { // 73 leave room for one more
		t.Errorf("%s are spent on %d answers", hour.Decimal(), served)
	}
}

// Counts that the gateway alone asked for are not passed on, and those that the client wants are.
func TestCountsOfPaidRungs(t *testing.T) {
	answer := steady(3)
	r := start(t, ladderOf("[spend]\nper_hour = \"1\"\n", paid), scripted.Always(answer.Script()))
	quiet := strings.Replace(streamed, `,"stream_options":{"include_usage":true}`, "", 1)
	g := r.post("/v1/chat/completions", quiet)
	if strings.Contains(g.body, "usage") || !strings.HasSuffix(g.body, "data: [DONE]\n\n") {
		t.Errorf("got %q", g.body)
	}
	if asked := string(r.servers[0].Served()[0].Body); !strings.Contains(asked, `"stream_options":{"include_usage":true}`) {
		t.Errorf("asked %s", asked)
	}
	if g := r.post("/v1/chat/completions", streamed); !strings.Contains(g.body, `"assay_rung":"r0"`) {
		t.Errorf("got %q", g.body)
	}
}

// What a text does not bound is not paid for.
func TestUnboundedRequests(t *testing.T) {
	r := start(t, ladderOf("[spend]\nper_hour = \"1\"\n", paid), scripted.Always(steady(1).Script()))
	for _, body := range []string{
		`{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://x"}}]}]}`,
		`{"model":"m","prompt":"x","best_of":20}`,
	} {
		if g := r.post("/v1/completions", body); g.status != 503 || len(r.servers[0].Served()) != 0 {
			t.Errorf("%+v", g)
		}
	}
	for body, want := range map[string]int{
		`{"prompt":"x"}`: 1, `{"prompt":["x","y","z"]}`: 3, `{"prompt":[1,2,3]}`: 1, `{"prompt":[[1],[2]]}`: 2, `{"prompt":"x","n":4}`: 1,
	} {
		if a, refusal := parse([]byte(body)); refusal != nil || a.prompts != want {
			t.Errorf("%s: %+v", body, a)
		}
	}
}

// A second server is asked where the ladder says so, the first answer is passed on, and the other server is left.
func TestHedging(t *testing.T) {
	slow := scripted.Script{End: scripted.Stall}
	fast := steady(2).Script()
	for _, row := range []struct {
		more  string
		wants int // servers asked
	}{{"[control]\nhedge_after = \"20ms\"\n", 2}, {"", 1}} {
		r := start(t, ladderOf(row.more, "", ""), scripted.Always(slow), scripted.Always(fast))
		if row.wants == 1 { // off unless asked for
			go func() {
				if res, err := http.Post(r.url+"/v1/chat/completions", "application/json", strings.NewReader(streamed)); err == nil {
					res.Body.Close()
				}
			}()
			eventually(t, func() bool { return len(r.servers[0].Served()) == 1 })
			time.Sleep(60 * time.Millisecond)
			if n := len(r.servers[1].Served()); n != 0 {
				t.Errorf("%d requests went to the second server", n)
			}
			r.servers[0].Close()
			eventually(t, func() bool { return r.inFlight() == 0 })
			continue
		}
		g := r.post("/v1/chat/completions", streamed)
		if g.status != 200 || g.header.Get(HeaderRung) != "r1" {
			t.Errorf("%+v", g)
		}
		eventually(t, func() bool { return r.servers[0].Served()[0].Gone && r.inFlight() == 0 })
		if m := r.get("/metrics").body; !strings.Contains(m, `assay_ladder_hedges_total{rung="r1"} 1`) {
			t.Error("it is not counted")
		}
	}
}

// With hedging, a failure of one is made good by the other.
func TestHedgingWithFailures(t *testing.T) {
	late := steady(2)
	late.Delay = 60 * time.Millisecond
	failing := scripted.Script{Delay: 40 * time.Millisecond, End: scripted.ResetEarly}
	r := start(t, ladderOf("[control]\nhedge_after = \"10ms\"\n", "", ""), scripted.Always(failing), scripted.Always(late.Script()))
	for i := range 3 {
		if g := r.post("/v1/chat/completions", streamed); g.status != 200 || g.header.Get(HeaderRung) != "r1" {
			t.Errorf("request %d: %+v", i, g)
		}
	}
	eventually(t, func() bool { return r.inFlight() == 0 })
}

func Example_price() {
	p, _ := newPrice(parsedRung("0.15", "0.60"), "USD")
	fmt.Println(p.cost(1000, 500).Decimal(), p.cost(1, 1).Decimal())
	// Output: 0.00045 0.00000075
}
