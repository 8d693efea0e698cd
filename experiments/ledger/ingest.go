package ledger

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// File is one to ingest.
type File struct {
	Path   string
	Source string    // one of Sources; "" for what its first line says
	Target string    // of counters: whose they are; "" for their label instance
	At     time.Time // of counters without timestamps
}

// Options of Ingest.
type Options struct {
	SkipBad  bool                          // leave out rows that are malformed, and list them
	Progress func(path string, rows int64) // now and then; nil is silent
}

// Bad is a row that could not be ingested.
type Bad struct {
	Path    string `json:"path"`
	Line    int64  `json:"line"`
	Problem string `json:"problem"`
}

func (b Bad) String() string { return fmt.Sprintf("%s:%d: %s", b.Path, b.Line, b.Problem) }

// progressRows is how often progress is told.
const progressRows = 2000

// shown is how many bad rows an error lists, and kept how many a report does.
const (
	shown = 10
	kept  = 1000
)

// Ingested says what became of one file.
type Ingested struct {
	Path         string     `json:"path"`
	Source       string     `json:"source"`
	Read         int64      `json:"read"`         // rows that say something of use
	New          int64      `json:"new"`          // of these, those that the ledger did not have
	Unattributed int64      `json:"unattributed"` // of New, those of no team
	Bad          int64      `json:"bad"`
	BadRows      []Bad      `json:"bad_rows,omitempty"` // the first of them
	Known        int64      `json:"known_lines"`        // at the file's beginning, which the ledger had
	Incomplete   bool       `json:"incomplete"`         // the last line is cut off, and left for the next time
	Lost         int64      `json:"lost"`               // records that the log itself says are missing
	From         *time.Time `json:"from,omitempty"`     // of the first row; nil without any
	To           *time.Time `json:"to,omitempty"`
}

// Ingest takes files in, all of them or none.
func (l *Ledger) Ingest(ctx context.Context, files []File, o Options) ([]Ingested, error) {
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("ledger %s: %w", l.path, surroundings(err))
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	var all []Ingested
	var bad []error
	for i := range files {
		t := &taking{ctx: ctx, tx: tx, file: &files[i], options: o, done: Ingested{Path: files[i].Path}}
		switch err := t.run(); {
		case err != nil && len(bad) == 0:
			return nil, err
		case err != nil:
			bad = append(bad, err)
		case t.done.Bad > 0 && !o.SkipBad:
			bad = append(bad, t.problem())
		}
		all = append(all, t.done)
	}
	if len(bad) > 0 {
		return nil, fmt.Errorf("%w\nnothing was ingested; --skip-bad leaves such rows out, and counts them", errors.Join(bad...))
	}
	if err := tx.Commit(); err != nil {
		return nil, fmt.Errorf("ledger %s: %w", l.path, surroundings(err))
	}
	return all, nil
}

// taking is one file on its way in.
type taking struct {
	ctx     context.Context
	tx      *sql.Tx
	file    *File
	id      int64
	options Options
	source  source
	insert  *sql.Stmt
	done    Ingested
}

func (t *taking) run() error {
	f, err := os.Open(t.file.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return errors.Join(err, fmt.Errorf("%s: found what is no file, expected a log", t.file.Path))
	}
	first, err := t.choose(f)
	if err != nil || first == nil {
		return err
	}
	if err := t.begin(); err != nil {
		return err
	}
	if first[0] == '[' {
		return t.array(f)
	}
	return t.lines(f)
}

// choose finds the file's source, and returns the beginning of its first line; nil for an empty file.
func (t *taking) choose(f *os.File) (first []byte, err error) {
	r := &reading{in: bufio.NewReaderSize(f, 1<<20)}
	for {
		line, _, err := r.next()
		if errors.Is(err, io.EOF) {
			t.done.Source = t.file.Source
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.file.Path, err)
		}
		r.lines++
		if first = bytes.TrimSpace(line); len(first) > 0 {
			break
		}
	}
	t.done.Source = t.file.Source
	if t.done.Source == "" {
		if t.done.Source, err = detect(first); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", t.file.Path, r.lines, err)
		}
	}
	t.source = sourceOf(t.done.Source, t.file)
	_, err = f.Seek(0, io.SeekStart)
	return first, err
}

// begin notes the file, which rows refer to.
func (t *taking) begin() error {
	result, err := t.tx.ExecContext(t.ctx, `INSERT INTO files (path, source, size, lines, digest) VALUES (?, ?, 0, 0, x'')`, t.file.Path, t.done.Source)
	if err == nil {
		t.id, err = result.LastInsertId()
	}
	if err == nil {
		t.insert, err = t.tx.PrepareContext(t.ctx, insertUse)
	}
	return t.fault(err)
}

// lines takes in a file of lines, from where it is not known yet.
func (t *taking) lines(f io.ReadSeeker) error {
	beginnings, err := t.beginnings()
	if err != nil {
		return err
	}
	r, err := startAfter(f, beginnings)
	if err != nil {
		return fmt.Errorf("%s: %w", t.file.Path, err)
	}
	t.done.Known = r.lines
	for {
		line, whole, err := r.next()
		if errors.Is(err, io.EOF) {
			return t.end(r)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", t.file.Path, err)
		}
		bad := t.done.Bad
		if err := t.take(line, r.lines+1, whole); err != nil {
			return err
		}
		if !whole && t.done.Bad > bad && t.done.Source != Prometheus && !json.Valid(line) { // it may become a row yet
			t.forget()
			t.done.Incomplete = true
			return t.end(r)
		}
		r.took(line, whole)
	}
}

// forget takes back the last bad row.
func (t *taking) forget() {
	t.done.Bad--
	t.done.BadRows = t.done.BadRows[:min(len(t.done.BadRows), int(t.done.Bad))]
}

// beginnings are those of files of the source that the ledger has. Of scrapes it has none: when they were
// made is not in them.
func (t *taking) beginnings() (all []known, err error) {
	if t.done.Source == Prometheus {
		return nil, nil
	}
	rows, err := t.tx.QueryContext(t.ctx, `SELECT size, lines, digest FROM files WHERE source = ? AND size > 0 ORDER BY size`, t.done.Source)
	if err != nil {
		return nil, t.fault(err)
	}
	defer rows.Close()
	for rows.Next() {
		var k known
		if err := rows.Scan(&k.size, &k.lines, &k.digest); err != nil {
			return nil, t.fault(err)
		}
		all = append(all, k)
	}
	return all, t.fault(rows.Err())
}

// end notes how far the file was read.
func (t *taking) end(r *reading) error {
	if t.done.Known == r.lines {
		return t.unneeded()
	}
	sum := r.sum.Sum(nil)
	_, err := t.tx.ExecContext(t.ctx, `UPDATE files SET size = ?, lines = ?, digest = ? WHERE id = ?`, r.size, r.lines, sum, t.id)
	return t.fault(err)
}

// array takes in a file that is one JSON array.
func (t *taking) array(f io.Reader) error {
	const largest = 1 << 30
	text, err := io.ReadAll(io.LimitReader(f, largest+1))
	if err != nil {
		return fmt.Errorf("%s: %w", t.file.Path, err)
	}
	if len(text) > largest {
		return fmt.Errorf("%s: an array of more than %d bytes: write its elements as lines", t.file.Path, largest)
	}
	var fault error
	err = elements(text, func(element []byte, line int64) error {
		fault = t.take(element, line, true)
		return fault
	})
	if fault == nil && err != nil {
		return fmt.Errorf("%s: %w", t.file.Path, err)
	}
	return errors.Join(fault, t.unneeded())
}

// unneeded gives up the note of a file that no row refers to.
func (t *taking) unneeded() error {
	if t.done.New > 0 {
		return nil
	}
	_, err := t.tx.ExecContext(t.ctx, `DELETE FROM files WHERE id = ?`, t.id)
	return t.fault(err)
}

// take takes in one line. What is wrong with it is noted; an error is the ledger's.
func (t *taking) take(line []byte, number int64, whole bool) error {
	if len(bytes.TrimSpace(line)) == 0 {
		return nil
	}
	if !whole && t.done.Source == Prometheus { // whose numbers could go on
		t.bad(number, errors.New("the file ends within a line"))
		return nil
	}
	r, s, err := t.source.parse(line)
	if err == nil && r != nil {
		err = r.check()
	}
	switch {
	case err != nil:
		t.bad(number, err)
		return nil
	case r != nil:
		return t.put(r, number)
	case s != nil:
		return t.putSample(s, number)
	}
	return nil
}

func (t *taking) bad(line int64, err error) {
	t.done.Bad++
	if len(t.done.BadRows) < kept {
		t.done.BadRows = append(t.done.BadRows, Bad{t.file.Path, line, err.Error()})
	}
}

// problem words the bad rows of a file.
func (t *taking) problem() error {
	var b strings.Builder
	for i, row := range t.done.BadRows {
		if i == shown {
			fmt.Fprintf(&b, "\nand %d more in %s", t.done.Bad-shown, t.file.Path)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(row.String())
	}
	return errors.New(b.String())
}

// count notes a row that was read.
func (t *taking) count(at time.Time, isNew bool) error {
	t.done.Read++
	if isNew {
		t.done.New++
	}
	if t.done.From == nil || at.Before(*t.done.From) {
		t.done.From = &at
	}
	if t.done.To == nil || at.After(*t.done.To) {
		t.done.To = &at
	}
	if t.options.Progress != nil && t.done.Read%progressRows == 0 {
		t.options.Progress(t.file.Path, t.done.Read)
	}
	return t.ctx.Err()
}

// fault is an error of the database, which is not the file's.
func (t *taking) fault(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("ledger: %s: %w", t.file.Path, surroundings(err))
}
