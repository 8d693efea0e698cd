package server

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/checkpoint"
	"github.com/assaylab/assay/engine/eval"
	"github.com/assaylab/assay/engine/internal/cpu"
	"github.com/assaylab/assay/engine/kernel"
)

const goPrompt = `package main\n\nimport \"fmt\"\n\nfunc main() {\n`

// answerOf is what the tests below read of a completion, whole or as one message.
type answerOf struct {
	Choices []struct {
		Index    int
		Text     string
		Finish   string `json:"finish_reason"`
		Logprobs *struct {
			Tokens        []string
			TokenLogprobs []*float64 `json:"token_logprobs"`
			TextOffset    []int      `json:"text_offset"`
		}
	}
}

func complete(t *testing.T, url, rest string) answerOf {
	t.Helper()
	resp, body := post(t, url+pathCompletions, `{"model":"gopherling-2m","prompt":"`+goPrompt+`",`+rest+`}`)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d: %s", rest, resp.StatusCode, body)
	}
	var a answerOf
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// streamed are the texts of a streamed completion's choices.
func streamed(t *testing.T, url, rest string, n int) []string {
	t.Helper()
	_, body := post(t, url+pathCompletions, `{"model":"gopherling-2m","prompt":"`+goPrompt+`","stream":true,`+rest+`}`)
	texts := make([]string, n)
	for line := range strings.Lines(body) {
		data, found := strings.CutPrefix(strings.TrimSpace(line), "data: ")
		if !found || data == "[DONE]" {
			continue
		}
		var a answerOf
		if err := json.Unmarshal([]byte(data), &a); err != nil {
			t.Fatalf("%v in %s", err, data)
		}
		for _, c := range a.Choices {
			texts[c.Index] += c.Text
		}
	}
	return texts
}

func texts(a answerOf) (all []string) {
	for _, c := range a.Choices {
		all = append(all, c.Text)
	}
	return all
}

// TestEquivalences: the n choices of a request are the answers to n requests with the seeds that
// follow one another, and a stream has the text of the whole answer, whatever is asked.
func TestEquivalences(t *testing.T) {
	for _, reuse := range []string{"none", "hash", "radix"} {
		_, url := startEngine(t, func(o *engine.Options) { o.PrefixCache, o.BlockSize = reuse, 4 })
		for _, settings := range []string{
			`"temperature":1`, `"temperature":0.7,"top_p":0.9,"top_k":50,"min_p":0.01`,
			`"temperature":1,"presence_penalty":1,"frequency_penalty":0.5,"repetition_penalty":1.1,"logit_bias":{"10":-5,"20":3}`,
			`"temperature":1,"stop":["\n\n","fmt"],"min_tokens":4`, `"temperature":1,"echo":true`, `"temperature":0`,
		} {
			t.Run(fmt.Sprint(settings, " reuse ", reuse), func(t *testing.T) {
				settings += `,"max_tokens":24,"ignore_eos":true`
				together := texts(complete(t, url, settings+`,"seed":40,"n":3`))
				var alone []string
				for seed := range 3 {
					alone = append(alone, texts(complete(t, url, fmt.Sprintf(`%s,"seed":%d`, settings, 40+seed)))...)
				}
				if !slices.Equal(together, alone) {
					t.Errorf("together %q, alone %q", together, alone)
				}
				if got := streamed(t, url, settings+`,"seed":40,"n":3`, 3); !slices.Equal(got, alone) {
					t.Errorf("streamed %q, whole %q", got, alone)
				}
				if different := alone[0] != alone[1]; different == strings.HasPrefix(settings, `"temperature":0,`) {
					t.Errorf("answers %q", alone)
				}
			})
		}
		var stats StatsReport
		_, body := get(t, url+"/stats")
		if err := json.Unmarshal([]byte(body), &stats); err != nil {
			t.Fatal(err)
		}
		if shared := stats.SharedTokens + stats.PrefixHits; shared == 0 {
			t.Error("no prompt was shared")
		}
	}
}

// TestEchoIsEval: the log-probabilities of an echoed prompt are those that engine/eval finds for
// the same tokens as a prompt.
func TestEchoIsEval(t *testing.T) {
	tok, url := startEngine(t, func(*engine.Options) {})
	text := strings.NewReplacer(`\n`, "\n", `\"`, `"`).Replace(goPrompt)
	ids := tok.Encode(text, true)
	kernels, err := kernel.Select("auto", cpu.Detect())
	if err != nil {
		t.Fatal(err)
	}
	c, err := checkpoint.Open("../models/gopherling-2m-bf16.gguf", kernels)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	subject := eval.Subject{Model: c.Model, KVFormat: "f32", AsPrompt: true}
	values, err := eval.Compare(context.Background(), eval.Comparison{Reference: subject, Subjects: []eval.Subject{subject},
		Windows: []eval.Window{{Tokens: ids}}, BOS: -1, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, rest := range []string{`"echo":true,"logprobs":1,"max_tokens":0`, `"echo":true,"logprobs":1,"max_tokens":1,"temperature":0`} {
		got := complete(t, url, rest).Choices[0]
		if !strings.HasPrefix(got.Text, text) || got.Finish != "length" || len(got.Logprobs.Tokens) < len(ids) {
			t.Fatalf("%s: %+v", rest, got)
		}
		if got.Logprobs.TokenLogprobs[0] != nil {
			t.Errorf("%s: the first token has %v", rest, *got.Logprobs.TokenLogprobs[0])
		}
		for i, nll := range values[0].NLL {
			if p := got.Logprobs.TokenLogprobs[i+1]; p == nil || math.Abs(*p+nll) > 1e-5 {
				t.Errorf("%s: token %d has %v, want %v", rest, i+1, p, -nll)
			}
		}
		for i, offset := range got.Logprobs.TextOffset[1:len(ids)] { // the first token has no text
			name := got.Logprobs.Tokens[i+1]
			if !strings.HasPrefix(got.Text[offset:], name) {
				t.Errorf("%s: token %q is not at %d of %q", rest, name, offset, got.Text)
			}
		}
	}
}

// TestStopStringsCountAsStop: in the engine and in the metrics.
func TestStopStringsCountAsStop(t *testing.T) {
	_, url := startEngine(t, func(*engine.Options) {})
	whole := complete(t, url, `"max_tokens":100,"temperature":0,"ignore_eos":true`).Choices[0].Text
	stop := string(marshal(whole[10:13]))
	for range 3 {
		if c := complete(t, url, `"max_tokens":100,"temperature":0,"ignore_eos":true,"stop":`+stop).Choices[0]; c.Finish != "stop" {
			t.Errorf("finish %q", c.Finish)
		}
	}
	finished := func() map[string]float64 {
		_, body := get(t, url+"/metrics")
		parser := expfmt.NewTextParser(model.LegacyValidation)
		families, err := parser.TextToMetricFamilies(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]float64{}
		for _, name := range []string{"vllm:request_success_total", "assay:engine_requests_finished_total"} {
			for _, m := range families[name].Metric {
				for _, l := range m.Label {
					if l.GetName() == "finished_reason" {
						out[name+" "+l.GetValue()] = m.Counter.GetValue()
					}
				}
			}
		}
		return out
	}
	eventually(t, func() bool {
		f := finished()
		return f["vllm:request_success_total stop"] == 3 && f["assay:engine_requests_finished_total stop"] == 3
	})
	if f := finished(); f["vllm:request_success_total length"] != 1 || f["vllm:request_success_total abort"] != 0 ||
		f["assay:engine_requests_finished_total abort"] != 0 {
		t.Errorf("finished %v", f)
	}
}

// TestSpeculationIsInvisible: greedy answers with penalties are the same with a draft model.
func TestSpeculationIsInvisible(t *testing.T) {
	const settings = `"temperature":0,"max_tokens":60,"ignore_eos":true,"frequency_penalty":0.4,"presence_penalty":0.3,"logit_bias":{"12":1}`
	kernels, err := kernel.Select("auto", cpu.Detect())
	if err != nil {
		t.Fatal(err)
	}
	c, err := checkpoint.Open("../models/gopherling-2m-bf16.gguf", kernels)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	o := engine.DefaultOptions()
	o.Threads, o.Context, o.KVFormat = 1, 256, "f32"
	e, err := engine.New(c.Model, c.Model, []int32{c.Tokenizer.EOS()}, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	_, plain := startEngine(t, func(*engine.Options) {})
	drafted := listen(t, New(Config{Model: "gopherling-2m", Context: 256}, FromEngine(e), FromTokenizer(c.Tokenizer)))
	if a, b := complete(t, plain, settings).Choices[0].Text, complete(t, drafted, settings).Choices[0].Text; a != b {
		t.Errorf("with a draft model %q, without %q", b, a)
	}
	if s := e.Stats(); s.AcceptedTokens == 0 {
		t.Error("no draft was accepted")
	}
}
