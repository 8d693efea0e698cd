package ledger

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/assaylab/assay/experiments/promtext"
)

// Counters that say what was used, with vLLM's names, which our server has too.
const (
	metricPrompt   = "vllm:prompt_tokens_total"
	metricOutput   = "vllm:generation_tokens_total"
	metricCached   = "vllm:prefix_cache_hits_total"
	metricRequests = "vllm:request_success_total"
)

var counters = []string{metricPrompt, metricOutput, metricCached, metricRequests}

// sample is a counter's value at a time.
type sample struct {
	target string
	metric string
	labels map[string]string
	time   time.Time
	value  float64
}

// scrape reads Prometheus text, line by line: each of its lines stands for itself. Lines of other metrics
// are let pass.
type scrape struct {
	target string    // where it was scraped; "" for the samples' instance
	at     time.Time // of samples without a time of their own; zero where that is not known
}

func (s *scrape) parse(line []byte) (*row, *sample, error) {
	read, ok, err := promtext.ParseLine(string(line))
	if err != nil || !ok || !slices.Contains(counters, read.Name) {
		return nil, nil, err
	}
	m := &sample{metric: read.Name, labels: read.Labels, value: read.Value}
	return nil, m, s.place(m, read.Stamp)
}

// place completes a sample with where and when it was taken.
func (s *scrape) place(m *sample, stamp string) error {
	m.target, m.time = s.target, s.at
	if m.target == "" {
		m.target = m.labels["instance"]
	}
	delete(m.labels, "instance")
	if stamp != "" {
		ms, err := strconv.ParseInt(stamp, 10, 64)
		if err != nil || ms < 946684800000 || ms > 7258118400000 {
			return fmt.Errorf("timestamp: found %q, expected milliseconds since 1970, of a time from 2000 to 2200", stamp)
		}
		m.time = time.UnixMilli(ms).UTC()
	}
	switch {
	case m.time.IsZero():
		return fmt.Errorf("%s: when it was scraped is not known: give --at TIME, or samples with timestamps", m.metric)
	case m.target == "":
		return fmt.Errorf("%s: whose counters they are is not known: give --target NAME, or samples with an instance label", m.metric)
	case m.labels["model_name"] == "":
		return fmt.Errorf("%s: expected a label model_name, found none", m.metric)
	case math.IsNaN(m.value) || m.value < 0 || m.value > 1<<53:
		return fmt.Errorf("%s: found %v, expected 0 to 2^53", m.metric, m.value)
	}
	return nil
}

// canonical is a set of labels as Prometheus writes it, sorted by name.
func canonical(labels map[string]string) string {
	var b strings.Builder
	for i, name := range slices.Sorted(maps.Keys(labels)) {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `%s="%s"`, name, escape.Replace(labels[name]))
	}
	return b.String()
}

// escape is what Prometheus text escapes in a label's value.
var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
