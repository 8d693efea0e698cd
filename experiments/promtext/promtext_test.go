package promtext

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

const page = `# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="m"} 3.0

vllm:request_success_total{engine="0",finished_reason="stop",model_name="m"} 2.0
vllm:request_success_total{engine="0",finished_reason="length",model_name="m"} 5
vllm:request_success_total{engine="1",finished_reason="length",model_name="m"} 7
weird{a="\"\\\n", } NaN 1793523600000
inf +Inf
`

func TestPage(t *testing.T) {
	p, err := Parse(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		labels []string
		want   float64
		known  bool
	}{
		{"vllm:num_requests_running", nil, 3, true},
		{"vllm:request_success_total", nil, 14, true},
		{"vllm:request_success_total", []string{"finished_reason", "length"}, 12, true},
		{"vllm:request_success_total", []string{"finished_reason", "length", "engine", "1"}, 7, true},
		{"vllm:request_success_total", []string{"finished_reason", "abort"}, 0, false},
		{"nothing", nil, 0, false},
		{"inf", nil, math.Inf(1), true},
	} {
		if got, known := p.Sum(c.name, c.labels...); got != c.want || known != c.known {
			t.Errorf("%s %v: %v, %v", c.name, c.labels, got, known)
		}
	}
	if got := fmt.Sprint(p.By("vllm:request_success_total", "finished_reason")); got != "map[length:12 stop:2]" {
		t.Error(got)
	}
	if s := p[4]; s.Labels["a"] != "\"\\\n" || s.Stamp != "1793523600000" || !math.IsNaN(s.Value) {
		t.Errorf("%+v", s)
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"a 1\nb": "line 2: b: expected a value", "a{b=\"c\" 1": "line 1: a: expected a comma", "{} 1": "expected a metric's name", "a{b=\"c\",b=\"d\"} 1": "given twice",
		"a x": "expected a number", "a{b=c} 1": "in quotes", "a{b=\"c} 1": "no end", "a{b=\"\\t\"} 1": "found \\t", "a \xff": "UTF-8", "a 1 2 3": "a timestamp perhaps", "<html>": "expected a metric's name",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// What the reference parser reads as counters and gauges is read here with the same values.
func FuzzParse(f *testing.F) {
	f.Add(page)
	f.Add("a 1\na{b=\"c\"} 2 3")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text)
		if err != nil {
			return
		}
		parser := expfmt.NewTextParser(model.UTF8Validation)
		families, err := parser.TextToMetricFamilies(strings.NewReader(text))
		if err != nil {
			return // it refuses more: families that are not together, lines without an end
		}
		for name, family := range families {
			sum := 0.0
			for _, m := range family.Metric {
				switch {
				case m.Untyped != nil:
					sum += m.Untyped.GetValue()
				case m.Gauge != nil:
					sum += m.Gauge.GetValue()
				case m.Counter != nil:
					sum += m.Counter.GetValue()
				default:
					return // histograms and summaries have several samples in one
				}
			}
			if got, known := p.Sum(name); len(family.Metric) > 0 && (!known || got != sum && !(math.IsNaN(got) && math.IsNaN(sum))) {
				t.Errorf("%q: %s is %v (%v), the reference has %v", text, name, got, known, sum)
			}
		}
	})
}
