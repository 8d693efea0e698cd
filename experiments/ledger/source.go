package ledger

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// source reads the lines of one kind of file. Of a line it makes a row, a sample or, where the line
// says nothing, neither.
type source interface {
	parse(line []byte) (*row, *sample, error)
}

// sourceOf is the reader of a kind.
func sourceOf(kind string, f *File) source {
	switch kind {
	case Assay:
		return assayLog{}
	case OpenAI:
		return openAI{}
	case LiteLLM:
		return liteLLM{}
	}
	return &scrape{target: f.Target, at: f.At}
}

var metricLine = regexp.MustCompile(`^(# (HELP|TYPE|EOF).*|[a-zA-Z_:][a-zA-Z0-9_:]*(\{.*\})?[ \t]+[-+.0-9a-zA-Z]+([ \t]+[0-9]+)?)$`)

// detect says which source a file's first line that is not empty is of.
func detect(line []byte) (kind string, err error) {
	line = bytes.TrimSpace(line)
	if len(line) > 0 && (line[0] == '{' || line[0] == '[') {
		return detectJSON(line)
	}
	if metricLine.Match(line) {
		return Prometheus, nil
	}
	return "", fmt.Errorf("found no line of %s: say which with --source", strings.Join(Sources, ", "))
}

func detectJSON(line []byte) (string, error) {
	if line[0] == '[' {
		return LiteLLM, nil // which serves its logs as one array
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(line, &members); err != nil {
		return "", fmt.Errorf("found a line that is not JSON (%w): say which source it is of with --source", err)
	}
	has := func(names ...string) bool {
		for _, n := range names {
			if _, ok := members[n]; !ok {
				return false
			}
		}
		return true
	}
	switch {
	case has("assay_usage"):
		return Assay, nil
	case has("request_id", "startTime"):
		return LiteLLM, nil
	case has("usage") || has("response", "custom_id"):
		return OpenAI, nil
	}
	return "", fmt.Errorf("found JSON without assay_usage, without request_id and startTime, and without usage, expected a record of one of %s",
		strings.Join(Sources, ", "))
}

// asTime is a moment of seconds since 1970, with a fraction or not.
func asTime(seconds json.Number) (time.Time, error) {
	whole, fraction, _ := strings.Cut(seconds.String(), ".")
	s, err := json.Number(whole).Int64()
	if err != nil || s <= 0 || s > 1<<33 || len(fraction) > 9 {
		return time.Time{}, fmt.Errorf("found %s, expected seconds since 1970", seconds)
	}
	n, err := json.Number("0" + fraction + strings.Repeat("0", 9-len(fraction))).Int64()
	if fraction == "" {
		n, err = 0, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("found %s, expected seconds since 1970", seconds)
	}
	return time.Unix(s, n).UTC(), nil
}
