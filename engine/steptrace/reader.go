package steptrace

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxLine bounds a line of a trace: a batch of thousands fits.
const maxLine = 16 << 20

// Summary is what a trace holds beside its steps.
type Summary struct {
	Header Header
	Steps  int64 // read
	Lost   int64 // not written for want of room
	Torn   bool  // the last line was cut off, as by a machine that died
}

// Read calls visit for every step of a trace, in order; the step is valid until it returns. Errors
// say the line. A last line without an end is left out, and said in the summary.
func Read(r io.Reader, visit func(*Step) error) (Summary, error) {
	var sum Summary
	lines := bufio.NewReaderSize(r, 64<<10)
	var s Step
	for number := 1; ; number++ {
		line, err := readLine(lines)
		if errors.Is(err, io.EOF) {
			sum.Torn = len(line) > 0
			if number == 1 {
				return sum, errors.New("line 1: expected the header of a step trace, found the end of the file")
			}
			return sum, nil
		}
		if err == nil {
			err = sum.take(line, number == 1, &s, visit)
		}
		if err != nil {
			return sum, fmt.Errorf("line %d: %w", number, err)
		}
	}
}

// take reads one whole line.
func (sum *Summary) take(line []byte, first bool, s *Step, visit func(*Step) error) error {
	if first {
		return sum.header(line)
	}
	if bytes.HasPrefix(line, []byte(`{"lost":`)) {
		var t trailer
		if err := strict(line, &t); err != nil {
			return err
		}
		sum.Lost += t.Lost
		return nil
	}
	*s = Step{} // and not reset: what a line leaves out would keep its value in storage used again
	if err := strict(line, s); err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return err
	}
	sum.Steps++
	sum.Lost += s.Lost
	return visit(s)
}

func (sum *Summary) header(line []byte) error {
	if err := strict(line, &sum.Header); err != nil || sum.Header.Format == 0 {
		return errors.New("expected the header of a step trace, as assay serve --trace-steps writes it")
	}
	if sum.Header.Format != Format {
		return fmt.Errorf("the trace has format %d, this program reads format %d", sum.Header.Format, Format)
	}
	return nil
}

// check returns what makes no sense in a step.
func (s *Step) check() error {
	if s.Number < 1 || s.Start < 0 || s.Duration < 0 || s.Lost < 0 {
		return fmt.Errorf("step %d starts at %d, takes %d and comes after %d lost ones: none may be negative, and steps are numbered from 1",
			s.Number, s.Start, s.Duration, s.Lost)
	}
	for _, it := range s.Items {
		if it.Kind != Prefill && it.Kind != Decode {
			return fmt.Errorf("step %d: kind is %q, expected %q or %q", s.Number, it.Kind, Prefill, Decode)
		}
	}
	return nil
}

func strict(line []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if len(bytes.TrimSpace(line[d.InputOffset():])) > 0 {
		return errors.New("there is more than one JSON object")
	}
	return nil
}

// readLine returns a line without its end; with io.EOF what comes after the last end.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line[:len(line)-1], nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return line, err
		case len(line) > maxLine:
			return nil, fmt.Errorf("longer than %d bytes", maxLine)
		}
	}
}
