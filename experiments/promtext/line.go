package promtext

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Sample is one line.
type Sample struct {
	Name   string
	Labels map[string]string
	Value  float64
	Stamp  string // milliseconds since 1970 as written, "" where the line has none
}

// ParseLine reads NAME{LABEL="VALUE",...} VALUE [TIMESTAMP]. ok is false for lines that are empty or comments.
func ParseLine(line string) (s Sample, ok bool, err error) {
	text := strings.TrimSpace(line)
	if text == "" || text[0] == '#' {
		return s, false, nil
	}
	if !utf8.ValidString(text) {
		return s, false, fmt.Errorf("expected UTF-8")
	}
	s, err = (&parser{text: text}).sample()
	return s, err == nil, err
}

// ParseLabels reads LABEL="VALUE",... without braces around it.
func ParseLabels(text string) (map[string]string, error) {
	labels := map[string]string{}
	err := (&parser{text: text + "}"}).labels(labels)
	return labels, err
}

type parser struct {
	text string
	at   int
}

func (p *parser) sample() (s Sample, err error) {
	s.Labels = map[string]string{}
	if s.Name = p.name(true); s.Name == "" {
		return s, fmt.Errorf("expected a metric's name, found %q", p.rest())
	}
	p.space()
	if p.take('{') {
		if err := p.labels(s.Labels); err != nil {
			return s, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	fields := strings.Fields(p.text[p.at:])
	if len(fields) < 1 || len(fields) > 2 {
		return s, fmt.Errorf("%s: expected a value, and a timestamp perhaps, found %q", s.Name, p.rest())
	}
	if s.Value, err = strconv.ParseFloat(fields[0], 64); err != nil {
		return s, fmt.Errorf("%s: expected a number, found %q", s.Name, fields[0])
	}
	s.Stamp = strings.Join(fields[1:], "")
	return s, nil
}

func (p *parser) labels(into map[string]string) error {
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

func (p *parser) quoted() (string, error) {
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
func (p *parser) name(metric bool) string {
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

func (p *parser) take(c byte) bool {
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *parser) space() {
	for p.take(' ') || p.take('\t') {
	}
}

// rest is what was found, short enough for a message.
func (p *parser) rest() string {
	rest := p.text[p.at:]
	return rest[:min(len(rest), 40)]
}
