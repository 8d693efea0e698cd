package ledger

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
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
	text := strings.TrimSpace(string(line))
	if text == "" || text[0] == '#' {
		return nil, nil, nil
	}
	if !utf8.ValidString(text) {
		return nil, nil, fmt.Errorf("expected UTF-8")
	}
	p := &metricParser{text: text}
	m, stamp, err := p.sample()
	if err != nil {
		return nil, nil, err
	}
	if !slices.Contains(counters, m.metric) {
		return nil, nil, nil
	}
	return nil, m, s.place(m, stamp)
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

// metricParser reads one line: NAME{LABEL="VALUE",...} VALUE [TIMESTAMP].
type metricParser struct {
	text string
	at   int
}

func (p *metricParser) sample() (*sample, string, error) {
	m := &sample{labels: map[string]string{}}
	if m.metric = p.name(true); m.metric == "" {
		return nil, "", fmt.Errorf("expected a metric's name, found %q", p.rest())
	}
	p.space()
	if p.take('{') {
		if err := p.labels(m.labels); err != nil {
			return nil, "", fmt.Errorf("%s: %w", m.metric, err)
		}
	}
	fields := strings.Fields(p.text[p.at:])
	if len(fields) < 1 || len(fields) > 2 {
		return nil, "", fmt.Errorf("%s: expected a value, and a timestamp perhaps, found %q", m.metric, p.rest())
	}
	value, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		return nil, "", fmt.Errorf("%s: expected a number, found %q", m.metric, fields[0])
	}
	m.value = value
	return m, strings.Join(fields[1:], ""), nil
}

func (p *metricParser) labels(into map[string]string) error {
	for p.space(); !p.take('}'); p.space() {
		name := p.name(false)
		if p.space(); name == "" || !p.take('=') {
			return fmt.Errorf("expected a label, found %q", p.rest())
		}
		p.space()
		value, err := p.quoted()
		if err != nil {
			return fmt.Errorf("label %s: %w", name, err)
		}
		if _, twice := into[name]; twice {
			return fmt.Errorf("label %s: given twice", name)
		}
		into[name] = value
		if p.space(); !p.take(',') && (p.at >= len(p.text) || p.text[p.at] != '}') {
			return fmt.Errorf("expected a comma or a closing brace, found %q", p.rest())
		}
	}
	return nil
}

func (p *metricParser) quoted() (string, error) {
	if !p.take('"') {
		return "", fmt.Errorf("expected a value in quotes, found %q", p.rest())
	}
	var b strings.Builder
	for p.at < len(p.text) {
		c := p.text[p.at]
		p.at++
		switch {
		case c == '"':
			return b.String(), nil
		case c == '\\' && p.at < len(p.text):
			e := p.text[p.at]
			p.at++
			if e != '\\' && e != '"' && e != 'n' {
				return "", fmt.Errorf("expected \\\\, \\\" or \\n, found \\%c", e)
			}
			b.WriteByte(map[byte]byte{'\\': '\\', '"': '"', 'n': '\n'}[e])
		default:
			b.WriteByte(c)
		}
	}
	return "", fmt.Errorf("the quote has no end")
}

// name reads a metric's name, which may have colons, or a label's.
func (p *metricParser) name(metric bool) string {
	from := p.at
	for p.at < len(p.text) {
		c := p.text[p.at]
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || metric && c == ':'
		if !letter && !(p.at > from && c >= '0' && c <= '9') {
			break
		}
		p.at++
	}
	return p.text[from:p.at]
}

func (p *metricParser) take(c byte) bool {
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *metricParser) space() {
	for p.take(' ') || p.take('\t') {
	}
}

// rest is what was found, short enough for a message.
func (p *metricParser) rest() string {
	rest := p.text[p.at:]
	return rest[:min(len(rest), 40)]
}
