package demand

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Gaps says what is done about hours, or parts of them, that a file has no row for.
type Gaps string

const (
	GapsRefused      Gaps = ""            // they are an error
	GapsInterpolated Gaps = "interpolate" // from the same hour of the weeks around them
	GapsZero         Gaps = "zero"        // they are hours without demand
)

// Options are what the reader of a history is told.
type Options struct {
	Zone  string // IANA name; "": all times have one and the same offset
	Gaps  Gaps
	Weeks int // that are needed; 0: NeededWeeks
}

// MostRows, MostHours (twenty years) and MostValue bound what is read.
const (
	MostRows  = 4_000_000
	MostHours = 20 * 8766
	MostValue = 1e15
)

// ReadFile reads the history in a file.
func ReadFile(path string, o Options) (*History, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return Read(f, path, o)
}

// Read reads a history in CSV. Lines that begin with # are comments. The file's name is for messages.
func Read(r io.Reader, file string, o Options) (*History, error) {
	switch o.Gaps {
	case GapsRefused, GapsInterpolated, GapsZero:
	default:
		return nil, &Error{ErrGap, file, 0, fmt.Sprintf("gaps = %q", string(o.Gaps)), fmt.Sprintf("expected %q or %q, or nothing to refuse them", GapsInterpolated, GapsZero)}
	}
	t := &table{problems: problems{file: file}, times: clock{declared: o.Zone}, index: map[string]int{}}
	if err := t.times.load(file); err != nil {
		return nil, err
	}
	if err := t.read(r); err != nil {
		return nil, err
	}
	return t.history(o)
}

// The columns of a history, in the order that examples have them.
const (
	timeColumn = iota
	requestsColumn
	inputColumn
	outputColumn
	teamColumn
	columns
)

var columnNames = [columns]string{"time", "requests", "input_tokens", "output_tokens", "team"}

// row is one line of the file.
type row struct {
	line   int
	at     int64 // seconds
	team   int
	values [3]float64 // requests, input and output tokens
}

// table gathers the rows of a file.
type table struct {
	problems
	times clock
	at    [columns]int // where each column is; -1: nowhere
	rows  []row
	teams []string
	index map[string]int // of teams
	last  []int64        // of each team: its newest row
}

func (t *table) read(r io.Reader) error {
	in := csv.NewReader(withoutMark(r))
	in.Comment, in.ReuseRecord, in.TrimLeadingSpace, in.FieldsPerRecord = '#', true, true, -1
	header, err := in.Read()
	if err != nil {
		return t.tableError(err)
	}
	line, _ := in.FieldPos(0)
	if err := t.header(line, header); err != nil {
		return err
	}
	for fields := len(header); ; {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return t.tableError(err)
		}
		line, _ := in.FieldPos(0)
		if !t.record(line, record, fields) {
			break
		}
	}
	t.times.unpaired(&t.problems, t.teams)
	return t.err()
}

// withoutMark drops the byte order mark that spreadsheets write.
func withoutMark(r io.Reader) io.Reader {
	in := bufio.NewReaderSize(r, 1<<16)
	if mark, err := in.Peek(3); err == nil && string(mark) == "\ufeff" {
		in.Discard(3)
	}
	return in
}

// tableError is what is wrong with the file as CSV, or why it could not be read.
func (t *table) tableError(err error) error {
	var wrong *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		return &Error{ErrHeader, t.file, 0, "the file is empty", "expected a header " + strings.Join(columnNames[:teamColumn], ",")}
	case errors.As(err, &wrong):
		return &Error{ErrTable, t.file, wrong.Line, wrong.Err.Error(), "write fields that hold commas or quotes in double quotes"}
	}
	return fmt.Errorf("%s: %w", t.file, err)
}

// header finds the columns.
func (t *table) header(line int, names []string) error {
	for i := range t.at {
		t.at[i] = -1
	}
	for i, name := range names {
		name = strings.TrimSpace(name)
		c := slices.Index(columnNames[:], strings.ToLower(name))
		if c < 0 {
			t.add(ErrHeader, line, fmt.Sprintf("unknown column %q", name), "expected "+quoted(columnNames[:])+"; rename it or leave it out")
			continue
		}
		if t.at[c] >= 0 {
			t.add(ErrHeader, line, fmt.Sprintf("column %q twice", name), "leave one out")
		}
		t.at[c] = i
	}
	for c, at := range t.at {
		if at < 0 && c != teamColumn {
			t.add(ErrHeader, line, fmt.Sprintf("no column %q", columnNames[c]), "expected "+quoted(columnNames[:teamColumn])+", and team where there are several")
		}
	}
	return t.err()
}

// record reads one line, and is false when there is no point in reading on.
func (t *table) record(line int, fields []string, want int) bool {
	if len(fields) != want {
		return t.add(ErrTable, line, fmt.Sprintf("%d fields", len(fields)), fmt.Sprintf("expected %d, as the header has", want))
	}
	if len(t.rows) == MostRows {
		t.add(ErrSize, line, "one more row", fmt.Sprintf("at most %d are read; write hourly sums", MostRows))
		return false
	}
	r := row{line: line}
	before := len(t.all)
	r.team = t.team(line, fields)
	t.numbers(&r, fields)
	if r.team >= 0 {
		r.at = t.times.read(&t.problems, line, r.team, strings.TrimSpace(fields[t.at[timeColumn]]))
	}
	if len(t.all) == before {
		t.insert(r)
	}
	return len(t.all) < mostProblems
}

// team is the index of the line's team, -1 where it has no name.
func (t *table) team(line int, fields []string) int {
	name := ""
	if c := t.at[teamColumn]; c >= 0 {
		if name = strings.TrimSpace(fields[c]); name == "" {
			t.add(ErrTeam, line, "no name", `write one, such as "unknown"`)
			return -1
		}
	}
	i, known := t.index[name]
	if !known {
		i = len(t.teams)
		t.index[name] = i
		t.teams, t.last = append(t.teams, name), append(t.last, math.MinInt64)
	}
	return i
}

func (t *table) numbers(r *row, fields []string) {
	for i := range r.values {
		c := requestsColumn + i
		text := strings.TrimSpace(fields[t.at[c]])
		v, err := number(text)
		if err != nil {
			t.add(ErrNumber, r.line, fmt.Sprintf("%s = %q", columnNames[c], text), err.Error())
			return
		}
		r.values[i] = v
	}
	if r.values[0] == 0 && r.values[1]+r.values[2] > 0 {
		t.add(ErrNumber, r.line, fmt.Sprintf("%g tokens of 0 requests", r.values[1]+r.values[2]), "count the requests that they are of in the same row")
	}
}

var errNumber = fmt.Errorf("expected a number from 0 to %g, such as 1250", float64(MostValue))

// number reads a decimal number: no infinity, no hexadecimal digits, no separators.
func number(text string) (float64, error) {
	if strings.Trim(text, "0123456789.eE+-") != "" {
		return 0, errNumber
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v >= 0 && v <= MostValue) {
		return 0, errNumber
	}
	return v, nil
}

// insert takes a row that is later than the team's others.
func (t *table) insert(r row) {
	last := t.last[r.team]
	if r.at > last {
		t.rows, t.last[r.team] = append(t.rows, r), r.at
		return
	}
	whose := ""
	if t.at[teamColumn] >= 0 {
		whose = " of team " + t.teams[r.team]
	}
	at := t.times.format(r.at)
	for _, other := range t.rows {
		if other.team == r.team && other.at == r.at {
			t.add(ErrDuplicate, r.line, fmt.Sprintf("%s%s is in line %d, too", at, whose, other.line), "leave one out, or add the two up if both were asked for")
			return
		}
	}
	t.add(ErrOrder, r.line, fmt.Sprintf("%s%s comes after %s", at, whose, t.times.format(last)), "sort the rows by time")
}

// sorted are all instants that rows are of, each with the first line that has it.
func (t *table) sorted() []row {
	all := slices.Clone(t.rows)
	slices.SortFunc(all, func(a, b row) int {
		if a.at != b.at {
			return int(min(max(a.at-b.at, -1), 1))
		}
		return a.line - b.line
	})
	return slices.CompactFunc(all, func(a, b row) bool { return a.at == b.at })
}

// history makes hours of the rows.
func (t *table) history(o Options) (*History, error) {
	weeks := o.Weeks
	if weeks == 0 {
		weeks = NeededWeeks
	}
	g := &grid{table: t}
	h := &History{File: t.file, Rows: len(t.rows), Zone: t.times.name(), Fixed: t.times.fixed(), Location: t.times.zone()}
	for _, put := range []func(*History, Options){g.step, g.hours, g.gaps} {
		if put(h, o); len(t.all) > 0 {
			return nil, t.err()
		}
	}
	if t.at[teamColumn] >= 0 {
		h.Teams = slices.Sorted(slices.Values(t.teams))
	}
	if len(h.Hours)+1 < weeks*Week { // a week in which clocks go forward has an hour less
		return nil, &Error{ErrShort, t.file, 0, fmt.Sprintf("%.1f weeks of history", h.Weeks()), fmt.Sprintf("expected %d at least; state the growth instead, or wait", weeks)}
	}
	if !slices.ContainsFunc(h.Hours, func(x Hour) bool { return x.Requests > 0 }) {
		return nil, &Error{ErrNumber, t.file, 0, "all hours have 0 requests", "expected some demand"}
	}
	return h, nil
}

// hourStart is the beginning of the local clock's hour.
func hourStart(at int64, zone *time.Location) int64 {
	local := time.Unix(at, 0).In(zone)
	return at - int64(local.Minute()*60+local.Second())
}
