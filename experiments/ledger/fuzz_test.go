package ledger

import (
	"testing"
	"time"

	"github.com/assaylab/assay/experiments/promtext"
)

// fuzzSource: no line is a panic, what is read passes its check or is refused, and is read the same twice.
func fuzzSource(f *testing.F, kind string, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	src := sourceOf(kind, &File{Target: "t", At: time.Unix(1793523600, 0)})
	f.Fuzz(func(t *testing.T, line []byte) {
		r, s, err := src.parse(line)
		if err != nil {
			return
		}
		if r != nil {
			if r.check() != nil {
				return
			}
			again, _, err := src.parse(line)
			if err != nil {
				t.Fatal(err)
			}
			key, content := r.digests()
			if k, c := again.digests(); string(k) != string(key) || string(c) != string(content) {
				t.Fatalf("%s has two keys", line)
			}
			if r.spend < 0 || r.cached > r.prompt || r.output < 0 {
				t.Fatalf("%+v", r)
			}
		}
		if s != nil {
			labels, err := promtext.ParseLabels(canonical(s.labels))
			if err != nil || len(labels) != len(s.labels) {
				t.Fatalf("labels %q do not come back: %v, %v", s.labels, labels, err)
			}
		}
	})
}

func FuzzAssay(f *testing.F) {
	fuzzSource(f, Assay, `{"assay_usage":1,"id":"a","time":"2026-11-01T00:00:00Z","model":"m","outcome":"ok","prompt_tokens":3,"completion_tokens":2}`)
}

func FuzzOpenAI(f *testing.F) { fuzzSource(f, OpenAI, chatLine, respLine, batchLine, embedLine) }

func FuzzLiteLLM(f *testing.F) { fuzzSource(f, LiteLLM, spendLine) }

func FuzzPrometheus(f *testing.F) {
	fuzzSource(f, Prometheus, `vllm:prompt_tokens_total{model_name="m",a="\"\\\n"} 5`, `vllm:generation_tokens_total{model_name="m", } 5e3 1793523600000`, "# HELP x", "up 1")
}

func FuzzDetect(f *testing.F) {
	for _, s := range []string{chatLine, spendLine, "up 1", "[", "{", "", "#"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if kind, err := detect(line); (kind == "") != (err != nil) {
			t.Fatalf("%q is %q, %v", line, kind, err)
		}
	})
}
