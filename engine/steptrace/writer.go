package steptrace

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// trailer is the last line where steps were lost after the last one that was written.
type trailer struct {
	Lost int64 `json:"lost"`
}

// Writer writes a trace. Next and Put are for the engine's loop alone, Close is for when that
// has ended.
type Writer struct {
	free, full chan *Step
	missed     int64 // since the last step that had room; of the loop
	lost       int64 // in all; of the loop
	done       chan error
}

// NewWriter starts a trace, and writes its header. Steps is how many may wait to be written.
func NewWriter(w io.Writer, h Header, steps int) (*Writer, error) {
	if steps < 1 {
		return nil, fmt.Errorf("steptrace: room for %d steps, want at least 1", steps)
	}
	h.Format = Format
	first, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(append(first, '\n')); err != nil {
		return nil, fmt.Errorf("steptrace: %w", err)
	}
	t := &Writer{free: make(chan *Step, steps), full: make(chan *Step, steps), done: make(chan error, 1)}
	for range steps {
		t.free <- &Step{Items: make([]Item, 0, h.MaxBatch), Preempted: make([]uint64, 0, h.MaxBatch)}
	}
	go t.write(bufio.NewWriterSize(w, 64<<10))
	return t, nil
}

// Next is an empty step to fill and Put, nil where there is no room for one: that step is lost.
func (t *Writer) Next() *Step {
	select {
	case s := <-t.free:
		s.reset()
		s.Lost, t.missed = t.missed, 0
		return s
	default:
		t.missed++
		t.lost++
		return nil
	}
}

// Put hands a step over. It never waits.
func (t *Writer) Put(s *Step) { t.full <- s }

// Close writes what was put, and returns how many steps were lost and the first error of writing. After
// such an error nothing more is written.
func (t *Writer) Close() (lost int64, err error) {
	close(t.full)
	return t.lost, <-t.done
}

// write encodes steps until there are no more. What waits to be written is flushed whenever
// nothing else is to be done.
func (t *Writer) write(w *bufio.Writer) {
	var line []byte
	var failed error
	for s := range t.full {
		line = s.appendJSON(line[:0])
		t.free <- s
		if failed == nil {
			_, failed = w.Write(line)
		}
		if failed == nil && len(t.full) == 0 {
			failed = w.Flush()
		}
	}
	if failed == nil && t.missed > 0 {
		failed = json.NewEncoder(w).Encode(trailer{t.missed})
	}
	if failed = errors.Join(failed, w.Flush()); failed != nil {
		failed = fmt.Errorf("steptrace: %w", failed)
	}
	t.done <- failed
}
