package record

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// traceOf reads a file of lines that another process wrote beside a finished trial's record, with stamps from the zero of the
// trial's schedule: both clocks are one machine's. It is nil where there is no such file.
func traceOf[T any](s *Set, id, name string, parse func(from io.Reader, zero time.Time) (*T, error)) (*T, error) {
	for i := range s.Trials {
		if t := &s.Trials[i]; t.Key.ID == id {
			path := filepath.Join(s.Dir, TrialsDir, id, name)
			trace, err := readTrace(path, t.Started, parse)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			return trace, nil
		}
	}
	return nil, fmt.Errorf("%s: no finished trial %q", s.Dir, id)
}

func readTrace[T any](path, zero string, parse func(from io.Reader, zero time.Time) (*T, error)) (*T, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	started, err := time.Parse(time.RFC3339Nano, zero)
	if err != nil {
		return nil, fmt.Errorf("the trial started %q: %w", zero, err)
	}
	return parse(f, started)
}

// eachLine gives the first line of a trace to header and the others to line. A last one that was cut off is left out.
func eachLine(from io.Reader, header, line func(text []byte) error) error {
	r := bufio.NewReader(from)
	for number := 1; ; number++ {
		text, err := r.ReadBytes('\n')
		switch {
		case errors.Is(err, io.EOF) && number > 1:
			return nil
		case err == nil && number == 1:
			err = header(text)
		case err == nil:
			err = line(text)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
	}
}
