package task

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxLine is the longest line of a task file, in bytes.
const maxLine = 16 << 20

// readLines calls add for every object of a JSONL file. Blank lines are skipped. All
// errors say file and line; ids are the "id" member, or else the line's number, and
// no two are equal.
func readLines(name string, r io.Reader, keys []string, add func(id string, o *object)) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	seen := map[string]int{}
	n := 1
	for ; lines.Scan(); n++ {
		text := bytes.TrimSpace(lines.Bytes())
		if len(text) == 0 {
			continue
		}
		o, err := parseObject(fmt.Sprintf("%s:%d", name, n), text, keys)
		if err != nil {
			return err
		}
		id := o.optional("id", strconv.Itoa(n))
		if first, ok := seen[id]; ok {
			o.fail("id", strconv.Quote(id), fmt.Sprintf("one that line %d does not have", first))
		}
		seen[id] = n
		add(id, o)
		if o.err != nil {
			return o.err
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return fmt.Errorf("%s:%d: the line is longer than %d bytes", name, n, maxLine)
	case err != nil:
		return fmt.Errorf("%s: %w", name, err)
	case len(seen) == 0:
		return fmt.Errorf("%s: found no items, expected one JSON object per line", name)
	}
	return nil
}

// object is one line. Its readers keep the first error.
type object struct {
	at     string // file:line
	fields map[string]json.RawMessage
	err    error
}

func parseObject(at string, text []byte, keys []string) (*object, error) {
	o := &object{at: at, fields: map[string]json.RawMessage{}}
	if !utf8.Valid(text) {
		return nil, fmt.Errorf("%s: the line is not UTF-8", at)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	if token, err := dec.Token(); err != nil || token != json.Delim('{') {
		return nil, fmt.Errorf("%s: found %s, expected a JSON object", at, excerpt(text))
	}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, syntaxError(at, dec, err)
		}
		key, _ := token.(string) // a member's name: the decoder accepts nothing else here
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, syntaxError(at, dec, err)
		}
		if !slices.Contains(keys, key) {
			return nil, fmt.Errorf("%s: found key %q, expected one of %s", at, key, strings.Join(keys, ", "))
		}
		if _, twice := o.fields[key]; twice {
			return nil, fmt.Errorf("%s: found key %q twice", at, key)
		}
		o.fields[key] = value
	}
	if _, err := dec.Token(); err != nil {
		return nil, syntaxError(at, dec, err)
	}
	if rest := bytes.TrimSpace(text[dec.InputOffset():]); len(rest) > 0 {
		return nil, fmt.Errorf("%s: found %s after the object, expected one object per line", at, excerpt(rest))
	}
	return o, nil
}

func syntaxError(at string, dec *json.Decoder, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("the object does not end on its line")
	}
	return fmt.Errorf("%s: column %d: %w", at, dec.InputOffset()+1, err)
}

// excerpt quotes the beginning of a value for a message.
func excerpt(raw []byte) string {
	const most = 40
	text := []rune(string(raw))
	if len(text) > most {
		return string(text[:most]) + "..."
	}
	return string(text)
}

func (o *object) has(key string) bool { _, ok := o.fields[key]; return ok }

// fail keeps the first error.
func (o *object) fail(key, found, expected string) {
	if o.err == nil {
		o.err = fmt.Errorf("%s: %s: found %s, expected %s", o.at, key, found, expected)
	}
}

// decode fills to from the member, which is there.
func (o *object) decode(key, expected string, to any) {
	raw := o.fields[key]
	if string(raw) == "null" || json.Unmarshal(raw, to) != nil {
		o.fail(key, excerpt(raw), expected)
	}
}

func (o *object) text(key string) (s string) {
	if !o.has(key) {
		o.fail(key, "nothing", "a text")
		return ""
	}
	o.decode(key, "a text", &s)
	return s
}

// pattern is a regular expression, which is there.
func (o *object) pattern(key string) *regexp.Regexp {
	p, err := regexp.Compile(o.text(key))
	if err != nil {
		o.fail(key, excerpt(o.fields[key]), "a regular expression of Go: "+err.Error())
		return nil
	}
	return p
}

func (o *object) optional(key, otherwise string) string {
	if !o.has(key) {
		return otherwise
	}
	return o.text(key)
}

// texts is a list of texts, none where the member is missing.
func (o *object) texts(key string) (s []string) {
	if o.has(key) {
		var all []*string // null among them would become "" silently
		o.decode(key, "a list of texts", &all)
		for _, t := range all {
			if t == nil {
				o.fail(key, "null in the list", "texts only")
				return nil
			}
			s = append(s, *t)
		}
	}
	return s
}

func (o *object) integer(key string, low, high int) (n int) {
	want := fmt.Sprintf("a whole number from %d to %d", low, high)
	if !o.has(key) {
		o.fail(key, "nothing", want)
		return low
	}
	o.decode(key, want, &n)
	if n < low || n > high {
		o.fail(key, strconv.Itoa(n), want)
	}
	return n
}
