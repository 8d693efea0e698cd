package recordtest

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/price"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/loadgen/result"
)

// own is how many tokens of the system a text has that is n of the workload's.
func (a *Arm) own(n int) int {
	if a.Tokens == 0 {
		return n
	}
	return int(math.Round(a.Tokens * float64(n)))
}

// command is what starts a system, nothing for what is there.
func (a *Arm) command() string {
	if !a.Deployment.Started {
		return ""
	}
	parts := []string{a.Deployment.System + "-made-up", "--port", "PORT"}
	for _, s := range a.Swept {
		parts = append(parts, "--"+strings.ReplaceAll(s.Name, "_", "-"), s.Value)
	}
	return strings.Join(parts, " ")
}

// tell keeps of the counters what the system gives, and adds what it says.
func (a *Arm) tell(t *record.Trial, requests []result.Request) {
	if a.Deployment == nil {
		return
	}
	e, known := t.Engine, func(name string) bool { return a.Server != nil && slices.Contains(a.Server.Known, name) }
	t.Engine, t.Command = record.Counters{}, a.command()
	for name, move := range map[string]func(){
		"prompt_tokens":     func() { t.Engine.PromptTokens = e.PromptTokens },
		"generated_tokens":  func() { t.Engine.GeneratedTokens = e.GeneratedTokens },
		"prefix_hit_tokens": func() { t.Engine.PrefixHitTokens = e.PrefixHitTokens },
		"running_ns":        func() { t.Engine.RunningNS = e.RunningNS },
		"preemptions":       func() { t.Engine.Preemptions = e.Preemptions },
	} {
		if known(name) {
			move()
		}
	}
	if a.Server != nil {
		s := *a.Server
		t.Server = &s
	}
	if !a.Deployment.Managed {
		return
	}
	for i := range requests {
		r := &requests[i]
		r.RequestID, r.LimitRequests, r.LeftRequests = fmt.Sprintf("req-%04d", r.Seq), 500, 500-i
		r.LimitTokens, r.LeftTokens = 200_000, 200_000-60*i
	}
}

// Rows of prices that are made up.
func row(name, day string) price.Row {
	d, err := price.ParseDate(day)
	if err != nil {
		panic(err)
	}
	return price.Row{Name: name, Source: "a made-up price list", Date: d, Trust: price.Primary, Currency: "USD"}
}

func api(name, day string, input, cached, output int64) price.API {
	a := price.API{Row: row(name, day), Rates: price.Rates{Input: money.New(input, -2, "USD"), Output: money.New(output, -2, "USD")}}
	if cached > 0 {
		a.CachedInput = money.New(cached, -2, "USD")
	}
	return a
}

func engineArm(weights string, loss float64, pace float64) Arm {
	return Arm{ID: weights, Swept: []record.Setting{{Name: "weights", Value: weights}}, QualityID: "q-" + weights, Loss: loss, Prefix: .25,
		TTFT: time.Duration(12e6 * pace), TPOT: time.Duration(3e6 * pace), Busy: time.Duration(25e6 * pace), Capacity: 24 / pace}
}

// vllmArm is a system that the lab starts and that counts most of what it does.
func vllmArm(seqs int, pace float64) Arm {
	return Arm{ID: fmt.Sprintf("vllm-%d", seqs), Swept: []record.Setting{{Name: "max_num_seqs", Value: fmt.Sprint(seqs)}}, Prefix: .25,
		TTFT: time.Duration(20e6 * pace), TPOT: time.Duration(4e6 * pace), Capacity: 30 / pace,
		Deployment: &record.Deployment{Target: "vllm", System: "vllm", Title: "vLLM", Model: "gopherling-7m", Dialect: "completions", Started: true},
		Server: &record.Server{Version: "0.32.0", Known: []string{"prompt_tokens", "generated_tokens", "prefix_hit_tokens", "preemptions", "running_ns"},
			Metrics: []record.Setting{{Name: "queue, mean", Value: "0.4 requests"}, {Name: "KV cache in use, most", Value: "31 %"}}}}
}

// apiArm is a managed API, whose tokenizer is another one.
func apiArm(name, model string, pace, tokens float64) Arm {
	return Arm{ID: name, Prefix: .5, Tokens: tokens, TTFT: time.Duration(60e6 * pace), TPOT: time.Duration(5e6 * pace), Capacity: 500,
		Deployment: &record.Deployment{Target: name, System: "server", Title: "a server that is there", Model: model, URL: "https://api.example.com", Dialect: "openai-chat",
			Managed: true, Region: "eu-west", Price: model,
			Untold: []string{"answers of forced lengths: they end where the model ends them", "log-probabilities of given texts", "settings and machines of the provider"}},
		Server: &record.Server{Models: []string{model + "-2025-12-01"}, RequestIDs: 60, Spent: "USD 0.0123",
			Limits: []record.Setting{{Name: "requests left", Value: "441 of 500"}, {Name: "x-made-up-limit", Value: "12 a minute"}}, When: "Thursday 2026-01-01 00:00 to 00:03 UTC"}}
}

// elsewhere is a server on a machine of its own.
func elsewhere(name, hardware, row string, pace float64) Arm {
	return Arm{ID: name, Tokens: 1, TTFT: time.Duration(9e6 * pace), TPOT: time.Duration(2e6 * pace), Capacity: 200 / pace,
		Deployment: &record.Deployment{Target: name, System: "server", Title: "a server that is there", Model: "big-model", URL: "http://" + name + ".example.com:8000", Dialect: "chat",
			Hardware: hardware, Price: row, Labels: []record.Setting{{Name: "quantization", Value: "awq"}}, Untold: []string{"log-probabilities of given texts"}}}
}

// Systems is three arms of three systems: the included engine, one that the lab starts on the same machine, and a managed API.
// Quality is measured of the first alone.
func Systems() Plan {
	p := base()
	p.Arms = []Arm{engineArm("Q8_0", 0, .65), vllmArm(16, .7), apiArm("api", "made-up-mini", 1, 1.15)}
	p.EditRun = func(r *record.Run) {
		r.Cost.TargetAPIs = []price.API{api("made-up-mini", "2025-12-20", 25, 5, 200)}
		r.Cost.Spares = 1
	}
	return p
}

// ManySystems is twelve arms of seven systems, one of which has no price and one of which never starts.
func ManySystems() Plan {
	p := base()
	triton := vllmArm(8, .9)
	triton.ID, triton.Swept = "triton-8", []record.Setting{{Name: "max_batch_size", Value: "8"}, {Name: "max_queue_delay_us", Value: "500"}}
	triton.Deployment = &record.Deployment{Target: "triton", System: "triton", Title: "Triton Inference Server", Model: "ensemble", Dialect: "triton-stream", Started: true,
		Untold: []string{"counts of tokens: they are counted here, by the text", "why an answer ended"}}
	triton.Server = &record.Server{Version: "2.51.0", Metrics: []record.Setting{{Name: "batch, mean", Value: "3.2 requests"}}}
	p.Arms = []Arm{engineArm("BF16", 0, 1), engineArm("Q8_0", .0004, .65), engineArm("Q4_0", .03, .5),
		vllmArm(4, 1.2), vllmArm(16, .7), vllmArm(64, .72), triton,
		elsewhere("h100", "1x H100 SXM", "made-up-h100", .3), elsewhere("lent", "", "", .5),
		apiArm("api-mini", "made-up-mini", 1, 1.15), apiArm("api-large", "made-up-large", 1.2, .9), vllmArm(256, 1)}
	for i := 3; i < 6; i++ {
		p.Arms[i].QualityID, p.Arms[i].Loss = "q-vllm", .0006
	}
	p.EditRun = func(r *record.Run) {
		hour := record.NewPriceRow(price.Rental{Row: row("made-up-h100", "2025-11-30")}, price.OnDemand)
		r.Cost.Machines = []record.MachinePrice{{PriceRow: *hour, PerHour: "2.95"}}
		r.Cost.TargetAPIs = []price.API{api("made-up-mini", "2025-12-20", 25, 5, 200), api("made-up-large", "2025-06-01", 300, 30, 1500)}
		r.Cost.Spares, r.Cost.UserMonth = 1, 300
		r.Skipped = append(r.Skipped, record.Skipped{Name: "vllm block_size=16", Reason: "vLLM 0.32.0 on a CPU takes blocks of multiples of 32"})
	}
	p.Edit = func(t *record.Trial, requests []result.Request) bool {
		switch t.Key.Arm {
		case "vllm-256":
			t.Status, t.Reason, t.Issued = record.StatusFailed, "died: the KV cache has no room for max_num_seqs 256", 0
		case "triton-8":
			for i := range requests {
				requests[i].Estimated, requests[i].PromptTokens = true, 0
			}
		case "vllm-4":
			t.Server.Differs = []string{"The server counts 3 generated tokens more than the client: requests that were cut off."}
			t.Engine.GeneratedTokens += 3
		case "api-large":
			for i := range requests {
				if i%15 == 14 {
					r := result.New(requests[i].Seq)
					r.Intended, r.Dequeued, r.Sent, r.Headers, r.End = requests[i].Intended, requests[i].Dequeued, requests[i].Sent, requests[i].Headers, requests[i].Headers+1e6
					r.AskedPrompt, r.AskedOutput, r.Status, r.Outcome, r.RetryAfter = requests[i].AskedPrompt, requests[i].AskedOutput, 429, result.Overloaded, 2e9
					requests[i] = r
				}
			}
		}
		return true
	}
	return p
}

// Asked has all arms but the last one answer the items of a task, the first ones more of them right.
func Asked(p Plan) Plan {
	p.Arms = slices.Clone(p.Arms)
	for i := range p.Arms[:len(p.Arms)-1] {
		var answers strings.Builder
		for item := range 80 {
			answers.WriteByte("01"[min(1, (item*7+3*i)%20/(3+i))])
		}
		p.Arms[i].Answers = answers.String()
	}
	return p
}

func (a *Arm) tasksID() string { return "tasks-" + a.ID }

// writeTasks writes the answers of an arm that was asked.
func (a *Arm) writeTasks(dir string) error {
	if a.Answers == "" {
		return nil
	}
	m := record.Metric{Name: "accuracy by letter"}
	for _, c := range a.Answers {
		m.Hits = append(m.Hits, c == '1')
	}
	q := record.Quality{Format: record.FormatVersion, ID: a.tasksID(), Subject: a.ID,
		Tasks: []record.Task{{Format: record.FormatVersion, Kind: "letters", Form: cmp.Or(a.Form, record.FormText), Source: "questions.jsonl", Metrics: []record.Metric{m}}}}
	return record.WriteJSON(filepath.Join(dir, record.QualityDir, q.ID+".json"), q)
}
