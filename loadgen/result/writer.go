package result

import (
	"errors"
	"fmt"
	"os"
)

// Writer appends requests to the two files of a trial. It is not safe for
// concurrent use.
type Writer struct {
	requests, events *os.File
	line             []byte
}

// Create makes both files, empty. Files of an earlier attempt are replaced: a
// trial in flight when a run died is run again from its start.
func Create(requests, events string) (*Writer, error) {
	rf, err := os.Create(requests)
	if err != nil {
		return nil, fmt.Errorf("create request timeline: %w", err)
	}
	ef, err := os.Create(events)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("create event timeline: %w", err), rf.Close())
	}
	return &Writer{requests: rf, events: ef}, nil
}

// Append writes r's two lines, each in one write to the operating system. After
// an error the files end in a torn line and the Writer is of no further use.
func (w *Writer) Append(r Request) error {
	for i, e := range r.Events {
		if err := checkEvent(r.Events[:i], e); err != nil {
			return fmt.Errorf("append request %d: event %d: %w", r.Seq, i, err)
		}
	}
	w.line = appendEvents(w.line[:0], &r)
	if _, err := w.events.Write(w.line); err != nil {
		return fmt.Errorf("append request %d: %w", r.Seq, err)
	}
	var err error
	if w.line, err = appendRequest(w.line[:0], &r); err != nil {
		return fmt.Errorf("append request %d: %w", r.Seq, err)
	}
	if _, err := w.requests.Write(w.line); err != nil {
		return fmt.Errorf("append request %d: %w", r.Seq, err)
	}
	return nil
}

// Close makes both files durable and closes them.
func (w *Writer) Close() error {
	return errors.Join(w.events.Sync(), w.requests.Sync(), w.events.Close(), w.requests.Close())
}
