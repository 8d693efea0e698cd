package corpus

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// MaxRow bounds the bytes of one row, and with it what is held in memory of a file.
const MaxRow = 16 << 20

// MostRows bounds the rows of a file: of each, 16 bytes are kept.
const MostRows = 1 << 26

// File is an open file of rows. Its methods may be called by several goroutines.
type File struct {
	Format  Format
	Skipped int // rows of which no request can be made

	name   string
	at     io.ReaderAt
	close  func() error
	places []place
}

// place is where a row is.
type place struct {
	offset int64
	size   int32
	line   int32
}

// Open reads a file through, JSON lines or an array of rows, and checks every row.
func Open(name string) (*File, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: found no regular file, expected JSON lines or an array of rows", name)
	}
	var c *File
	if err == nil {
		c, err = Read(name, f, info.Size())
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	c.close = f.Close
	return c, nil
}

// Read is Open for what is read already; name is for messages.
func Read(name string, at io.ReaderAt, size int64) (*File, error) {
	c := &File{name: name, at: at}
	first, line, err := c.first(size)
	if err != nil {
		return nil, err
	}
	if first == '[' {
		err = c.array(size)
	} else {
		err = c.lines(size)
	}
	if err == nil && len(c.places) == 0 {
		err = &Error{name, line, "", fmt.Sprintf("no row that a request can be made of (%d left out)", c.Skipped), "at least one"}
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Close ends the use of an opened file.
func (c *File) Close() error {
	if c.close == nil {
		return nil
	}
	return c.close()
}

// Rows is how many there are that requests can be made of.
func (c *File) Rows() int { return len(c.places) }

// Name is the file's, as it was opened.
func (c *File) Name() string { return c.name }

// Row reads row i, from 0. It fails where the file has changed since it was opened.
func (c *File) Row(i int) (Row, error) {
	p := c.places[i]
	raw := make([]byte, p.size)
	if _, err := c.at.ReadAt(raw, p.offset); err != nil && !errors.Is(err, io.EOF) {
		return Row{}, fmt.Errorf("%s: line %d: %w", c.name, p.line, err)
	}
	row, err := parse(c.Format, raw)
	if err != nil {
		return Row{}, c.locate(int(p.line), err)
	}
	if len(row.Turns) == 0 {
		return Row{}, &Error{c.name, int(p.line), "", "a row without a request", "what was there when the file was opened: it has changed"}
	}
	row.Line = int(p.line)
	return row, nil
}

// first is the first byte that is no blank, and the line that it is on.
func (c *File) first(size int64) (b byte, line int, err error) {
	in := bufio.NewReader(io.NewSectionReader(c.at, 0, size))
	for line = 1; ; {
		b, err := in.ReadByte()
		switch {
		case errors.Is(err, io.EOF):
			return 0, line, &Error{c.name, line, "", "an empty file", "JSON lines or an array of rows"}
		case err != nil:
			return 0, line, fmt.Errorf("%s: %w", c.name, err)
		case b == '\n':
			line++
		case b != ' ' && b != '\t' && b != '\r':
			return b, line, nil
		}
	}
}

// lines reads JSON lines. Blank ones are passed over.
func (c *File) lines(size int64) error {
	in := bufio.NewScanner(io.NewSectionReader(c.at, 0, size))
	in.Buffer(nil, MaxRow)
	in.Split(wholeLines)
	offset := int64(0)
	line := 1
	for ; in.Scan(); line++ {
		raw := in.Bytes()
		if text := bytes.TrimSpace(raw); len(text) > 0 {
			if err := c.add(text, offset+int64(bytes.Index(raw, text)), line); err != nil {
				return err
			}
		}
		offset += int64(len(raw))
	}
	if errors.Is(in.Err(), bufio.ErrTooLong) {
		return &Error{c.name, line, "", "a longer line", fmt.Sprintf("at most %d bytes", MaxRow)}
	}
	return in.Err()
}

// wholeLines splits behind line ends and keeps them, so that offsets can be counted.
func wholeLines(data []byte, atEOF bool) (int, []byte, error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i+1], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

// array reads one array of rows.
func (c *File) array(size int64) error {
	limit := &capped{r: io.NewSectionReader(c.at, 0, size)}
	in := json.NewDecoder(limit)
	limit.left = 2 * MaxRow
	if _, err := in.Token(); err != nil {
		return err
	}
	line, counted := 1, int64(0)
	for in.More() {
		limit.left = 2 * MaxRow
		var raw json.RawMessage
		err := in.Decode(&raw)
		end := in.InputOffset()
		start := end - int64(len(raw))
		if err != nil {
			return c.broken(size, in.InputOffset(), err)
		}
		n, err := c.newlines(counted, start)
		if err != nil {
			return err
		}
		line, counted = line+n, start
		if err := c.add(raw, start, line); err != nil {
			return err
		}
	}
	if _, err := in.Token(); err != nil {
		return c.broken(size, in.InputOffset(), err)
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return c.broken(size, in.InputOffset(), errors.New("more behind the array"))
	}
	return nil
}

// broken is an error of the array's JSON behind offset.
func (c *File) broken(size, offset int64, err error) error {
	n, lineErr := c.newlines(0, min(offset, size))
	if lineErr != nil {
		return lineErr
	}
	if errors.Is(err, errLong) {
		return &Error{c.name, n + 1, "", "a longer row", fmt.Sprintf("at most %d bytes", MaxRow)}
	}
	return &Error{c.name, n + 1, "", "no further row of an array (" + err.Error() + ")", "an array of objects, to its end"}
}

// newlines counts those in [from, to).
func (c *File) newlines(from, to int64) (n int, err error) {
	in := io.NewSectionReader(c.at, from, to-from)
	buffer := make([]byte, 1<<15)
	for {
		k, err := in.Read(buffer)
		n += bytes.Count(buffer[:k], []byte{'\n'})
		switch {
		case errors.Is(err, io.EOF):
			return n, nil
		case err != nil:
			return n, fmt.Errorf("%s: %w", c.name, err)
		}
	}
}

// add checks a row and keeps its place.
func (c *File) add(raw []byte, offset int64, line int) error {
	if len(raw) > MaxRow {
		return &Error{c.name, line, "", fmt.Sprintf("a row of %d bytes", len(raw)), fmt.Sprintf("at most %d", MaxRow)}
	}
	if c.Format == "" {
		f, err := detect(raw)
		if err != nil {
			return c.locate(line, err)
		}
		c.Format = f
	}
	row, err := parse(c.Format, raw)
	switch {
	case err != nil:
		return c.locate(line, err)
	case len(row.Turns) == 0:
		c.Skipped++
		return nil
	case len(c.places) == MostRows:
		return &Error{c.name, line, "", "one more row", fmt.Sprintf("at most %d", MostRows)}
	}
	c.places = append(c.places, place{offset, int32(len(raw)), int32(line)})
	return nil
}

func (c *File) locate(line int, err error) error {
	var f *fault
	if errors.As(err, &f) {
		return &Error{c.name, line, f.key, f.found, f.wanted}
	}
	return fmt.Errorf("%s: line %d: %w", c.name, line, err)
}

var errLong = errors.New("too long")

// capped fails where more is read than is left.
type capped struct {
	r    io.Reader
	left int
}

func (c *capped) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errLong
	}
	n, err := c.r.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}
