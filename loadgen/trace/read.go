package trace

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Error is a line of a trace that says something else than it should.
type Error struct {
	Line          int
	Found, Wanted string
}

func (e *Error) Error() string {
	return fmt.Sprintf("line %d: %s, expected %s", e.Line, e.Found, e.Wanted)
}

// MostRequests and MostTokens bound what Read accepts.
const (
	MostRequests = 10_000_000
	MostTokens   = 1 << 24
)

// Names of columns, in lower case without blanks and underlines: of Azure's traces (Patel et al. 2024), of BurstGPT (Wang et al.
// 2024), of Mooncake's (Qin et al. 2024), and plain ones.
var (
	timeNames   = []string{"timestamp", "time", "at", "arrival", "arrivaltime", "arrivedat"}
	promptNames = []string{"contexttokens", "requesttokens", "inputlength", "prompttokens", "inputtokens", "promptlength"}
	outputNames = []string{"generatedtokens", "responsetokens", "outputlength", "outputtokens", "completiontokens", "outputlengths"}
)

// layouts of times that are no numbers.
var layouts = []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999"}

// Read reads a trace: CSV with a header, or JSON objects, one a line. Times are dates, or seconds in CSV and milliseconds in JSON,
// as the public ones have them. They need not be in order. Lines without a prompt or an answer are counted and left out.
func Read(r io.Reader) (Trace, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	first, err := in.Peek(1)
	for err == nil && (first[0] == ' ' || first[0] == '\n' || first[0] == '\r' || first[0] == '\t') {
		if _, err = in.Discard(1); err == nil {
			first, err = in.Peek(1)
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return Trace{}, err
	}
	c := &collector{}
	if len(first) > 0 && first[0] == '{' {
		err = c.json(in)
	} else {
		err = c.csv(in)
	}
	if err != nil {
		return Trace{}, err
	}
	return c.trace()
}

// collector gathers lines: times are nanoseconds on any clock.
type collector struct {
	rows    []row
	skipped int
}

type row struct {
	at             int64
	prompt, output int
}

func (c *collector) trace() (Trace, error) {
	slices.SortStableFunc(c.rows, func(a, b row) int { return cmp.Compare(a.at, b.at) })
	if n := len(c.rows); n > 0 && c.rows[n-1].at-c.rows[0].at > longestSpan {
		return Trace{}, ErrSpan
	}
	t := Trace{Skipped: c.skipped, Requests: make([]Request, len(c.rows))}
	for i, r := range c.rows {
		t.Requests[i] = Request{time.Duration(r.at - c.rows[0].at), r.prompt, r.output}
	}
	if t.Rate() == 0 {
		return Trace{}, ErrEmpty
	}
	return t, nil
}

// longestSpan is ten years: more is a column that is no time, or a unit that is another.
const longestSpan = int64(10 * 365 * 24 * time.Hour)

func (c *collector) add(line int, at int64, prompt, output float64) error {
	for _, n := range []float64{prompt, output} {
		if n < 0 || n > MostTokens || n != math.Trunc(n) {
			return &Error{line, strconv.FormatFloat(n, 'g', -1, 64) + " tokens", fmt.Sprintf("a whole number from 0 to %d", MostTokens)}
		}
	}
	if len(c.rows) == MostRequests {
		return &Error{line, "one more request", fmt.Sprintf("at most %d", MostRequests)}
	}
	if prompt == 0 || output == 0 {
		c.skipped++
		return nil
	}
	c.rows = append(c.rows, row{at, int(prompt), int(output)})
	return nil
}

func (c *collector) csv(r io.Reader) error {
	in := csv.NewReader(r)
	in.ReuseRecord, in.FieldsPerRecord, in.TrimLeadingSpace = true, -1, true
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return ErrEmpty
	}
	if err != nil {
		return err
	}
	columns, err := find(header)
	if err != nil {
		return err
	}
	for {
		fields, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		line, _ := in.FieldPos(0)
		if err := c.fields(line, fields, columns); err != nil {
			return err
		}
	}
}

// find returns the columns of time, prompt and output.
func find(header []string) (columns [3]int, err error) {
	for i, names := range [][]string{timeNames, promptNames, outputNames} {
		columns[i] = slices.IndexFunc(header, func(h string) bool { return slices.Contains(names, plain(h)) })
		if columns[i] < 0 {
			return columns, &Error{1, fmt.Sprintf("columns %s", strings.Join(header, ", ")),
				fmt.Sprintf("one named %s, such as %s", []string{"for times", "for prompts", "for answers"}[i], names[0])}
		}
	}
	return columns, nil
}

func plain(name string) string {
	return strings.NewReplacer(" ", "", "_", "", "\ufeff", "").Replace(strings.ToLower(name))
}

func (c *collector) fields(line int, fields []string, columns [3]int) error {
	if n := slices.Max(columns[:]); n >= len(fields) {
		return &Error{line, fmt.Sprintf("%d fields", len(fields)), fmt.Sprintf("at least %d", n+1)}
	}
	at, err := clock(line, fields[columns[0]], time.Second)
	if err != nil {
		return err
	}
	var tokens [2]float64
	for i := range tokens {
		text := strings.TrimSpace(fields[columns[i+1]])
		if tokens[i], err = strconv.ParseFloat(text, 64); err != nil {
			return &Error{line, strconv.Quote(text), "a number of tokens"}
		}
	}
	return c.add(line, at, tokens[0], tokens[1])
}

// clock reads a date, or a number of units.
func clock(line int, text string, unit time.Duration) (int64, error) {
	text = strings.TrimSpace(text)
	if x, err := strconv.ParseFloat(text, 64); err == nil {
		if ns := x * float64(unit); math.Abs(ns) < math.MaxInt64/2 { // not NaN
			return int64(ns), nil
		}
	}
	for _, l := range layouts {
		if t, err := time.Parse(l, text); err == nil && t.Year() > 1700 && t.Year() < 2200 {
			return t.UnixNano(), nil
		}
	}
	return 0, &Error{line, "time " + strconv.Quote(text), "a number or a date such as 2026-01-31 13:05:00.25"}
}

// longestLine is more than any line of a trace; Mooncake's have a list of hashes.
const longestLine = 1 << 22

func (c *collector) json(r io.Reader) error {
	in := bufio.NewScanner(r)
	in.Buffer(nil, longestLine)
	for line := 1; in.Scan(); line++ {
		text := bytes.TrimSpace(in.Bytes())
		if len(text) == 0 {
			continue
		}
		if err := c.object(line, text); err != nil {
			return err
		}
	}
	return in.Err()
}

func (c *collector) object(line int, text []byte) error {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(text, &keys); err != nil {
		return &Error{line, err.Error(), "a JSON object"}
	}
	var values [3]string
	for i, names := range [][]string{timeNames, promptNames, outputNames} {
		found := false
		for key, v := range keys {
			if slices.Contains(names, plain(key)) {
				values[i], found = strings.Trim(string(v), `"`), true
			}
		}
		if !found {
			return &Error{line, "no time, prompt or answer", fmt.Sprintf("a key such as %s", names[0])}
		}
	}
	at, err := clock(line, values[0], time.Millisecond)
	if err != nil {
		return err
	}
	var tokens [2]float64
	for i := range tokens {
		if tokens[i], err = strconv.ParseFloat(values[i+1], 64); err != nil {
			return &Error{line, strconv.Quote(values[i+1]), "a number of tokens"}
		}
	}
	return c.add(line, at, tokens[0], tokens[1])
}
