package result

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// eventsLine is a line of events.jsonl.
type eventsLine struct {
	Seq    uint64  `json:"seq"`
	At     []int64 `json:"at"`
	Tokens []int   `json:"tokens"`
	Reads  []int   `json:"reads"`
}

// appendRequest appends r's line of requests.jsonl, newline included.
func appendRequest(dst []byte, r *Request) ([]byte, error) {
	line, err := json.Marshal(r)
	if err != nil {
		return dst, err
	}
	return append(append(dst, line...), '\n'), nil
}

// appendEvents appends r's line of events.jsonl, newline included.
func appendEvents(dst []byte, r *Request) []byte {
	dst = append(dst, `{"seq":`...)
	dst = strconv.AppendUint(dst, r.Seq, 10)
	dst = appendColumn(dst, "at", r.Events, func(e Event) int64 { return e.At })
	dst = appendColumn(dst, "tokens", r.Events, func(e Event) int64 { return int64(e.Tokens) })
	dst = appendColumn(dst, "reads", r.Events, func(e Event) int64 { return int64(e.Read) })
	return append(dst, '}', '\n')
}

func appendColumn(dst []byte, key string, events []Event, value func(Event) int64) []byte {
	dst = append(dst, `,"`...)
	dst = append(dst, key...)
	dst = append(dst, `":[`...)
	for i, e := range events {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(dst, value(e), 10)
	}
	return append(dst, ']')
}

// decodeRequest reads one line of requests.jsonl.
func decodeRequest(line []byte) (Request, error) {
	r := New(0)
	if err := decodeStrict(line, &r); err != nil {
		return Request{}, err
	}
	if !slices.Contains(Outcomes(), r.Outcome) {
		return Request{}, fmt.Errorf("key outcome: found %q, expected one of %s", r.Outcome, strings.Join(Outcomes(), ", "))
	}
	return r, nil
}

// decodeEvents reads one line of events.jsonl.
func decodeEvents(line []byte) (seq uint64, events []Event, err error) {
	var l eventsLine
	if err := decodeStrict(line, &l); err != nil {
		return 0, nil, err
	}
	if len(l.Tokens) != len(l.At) || len(l.Reads) != len(l.At) {
		return 0, nil, fmt.Errorf("arrays of different lengths: at %d, tokens %d, reads %d", len(l.At), len(l.Tokens), len(l.Reads))
	}
	for i := range l.At {
		e := Event{At: l.At[i], Tokens: l.Tokens[i], Read: l.Reads[i]}
		if err := checkEvent(events, e); err != nil {
			return 0, nil, fmt.Errorf("event %d: %w", i, err)
		}
		events = append(events, e)
	}
	return l.Seq, events, nil
}

// checkEvent says whether e may follow the events before it.
func checkEvent(before []Event, e Event) error {
	if e.Tokens < 1 {
		return fmt.Errorf("tokens: found %d, expected at least 1", e.Tokens)
	}
	if e.At < 0 || e.Read < 0 {
		return fmt.Errorf("found at %d and reads %d, expected neither below 0", e.At, e.Read)
	}
	if len(before) == 0 {
		return nil
	}
	last := before[len(before)-1]
	if e.At < last.At || e.Read < last.Read {
		return fmt.Errorf("found at %d and reads %d after at %d and reads %d, expected neither to decrease", e.At, e.Read, last.At, last.Read)
	}
	return nil
}

// decodeStrict decodes exactly one JSON object without unknown keys.
func decodeStrict(line []byte, into any) error {
	line = bytes.TrimSpace(line)
	if len(line) == 0 || line[0] != '{' {
		return fmt.Errorf("found %s, expected a JSON object", excerpt(line))
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%w in %s", err, excerpt(line))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("found more than one JSON value in %s", excerpt(line))
	}
	return nil
}

func excerpt(line []byte) string {
	const most = 60
	if len(line) > most {
		return strconv.Quote(string(line[:most])) + "…"
	}
	return strconv.Quote(string(line))
}
