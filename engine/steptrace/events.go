package steptrace

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
)

// Convert writes a trace as JSON trace events ("Trace Event Format", which chrome://tracing and
// ui.perfetto.dev open). There is one track for the steps and one for each place in the batch, which a
// sequence keeps from its first item to its last: a complete event ("X") for each item, with a
// sequence's number and rows. Counters ("C") show who runs and waits, and where the blocks
// are; preemptions are instants ("i"). The trace is read twice.
func Convert(r io.ReadSeeker, w io.Writer) (Summary, error) {
	last := map[uint64]int64{} // step of a sequence's last item
	sum, err := Read(r, func(s *Step) error {
		for _, it := range s.Items {
			last[it.Seq] = s.Number
		}
		return nil
	})
	if err != nil {
		return sum, err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return sum, err
	}
	out := &events{w: bufio.NewWriter(w), last: last, place: map[uint64]int{}}
	out.begin()
	if _, err := Read(r, out.step); err != nil {
		return sum, err
	}
	return sum, out.end()
}

// pid is the one process of the trace, and the tracks are its threads: the steps', and from 1 on
// the places'.
const (
	pid       = 1
	stepTrack = 0
)

// event is one trace event. Times are microseconds.
type event struct {
	Name  string         `json:"name"`
	Phase string         `json:"ph"`
	PID   int            `json:"pid"`
	TID   int            `json:"tid"`
	TS    json.Number    `json:"ts,omitempty"`
	Dur   json.Number    `json:"dur,omitempty"`
	Cat   string         `json:"cat,omitempty"`
	Scope string         `json:"s,omitempty"`
	Args  map[string]any `json:"args,omitempty"`
}

// events writes trace events one by one.
type events struct {
	w     *bufio.Writer
	last  map[uint64]int64
	place map[uint64]int // of the sequences under way
	taken []bool         // by place
	n     int
	err   error
}

func (e *events) begin() {
	e.print(`{"displayTimeUnit":"ms","traceEvents":[`)
	e.emit(event{Name: "process_name", Phase: "M", PID: pid, Args: map[string]any{"name": "assay engine"}})
	e.name(stepTrack, "steps")
}

func (e *events) end() error {
	e.print("\n]}\n")
	if e.err != nil {
		return e.err
	}
	return e.w.Flush()
}

func (e *events) print(text string) {
	if e.err == nil {
		_, e.err = e.w.WriteString(text)
	}
}

func (e *events) emit(v event) {
	line, err := json.Marshal(v)
	if err != nil && e.err == nil {
		e.err = err
	}
	if e.n > 0 {
		e.print(",")
	}
	e.n++
	e.print("\n")
	e.print(string(line))
}

// name names a track and says where it stands.
func (e *events) name(tid int, name string) {
	e.emit(event{Name: "thread_name", Phase: "M", PID: pid, TID: tid, Args: map[string]any{"name": name}})
	e.emit(event{Name: "thread_sort_index", Phase: "M", PID: pid, TID: tid, Args: map[string]any{"sort_index": tid}})
}

func (e *events) step(s *Step) error {
	at, dur := micros(s.Start), micros(s.Duration)
	e.emit(event{Name: "step", Phase: "X", PID: pid, TID: stepTrack, TS: at, Dur: dur, Cat: "step",
		Args: map[string]any{"step": s.Number, "prefill_rows": s.rows(Prefill), "decode_rows": s.rows(Decode)}})
	e.emit(event{Name: "sequences", Phase: "C", PID: pid, TS: at, Args: map[string]any{"running": s.Running, "waiting": s.Waiting}})
	e.emit(event{Name: "KV blocks", Phase: "C", PID: pid, TS: at, Args: map[string]any{"held": s.Held, "cached": s.Cached, "free": s.Free}})
	for _, id := range s.Preempted {
		e.emit(event{Name: fmt.Sprint("preempted ", id), Phase: "i", PID: pid, TID: stepTrack, TS: at, Cat: "preempt", Scope: "p"})
	}
	for i := range s.Items {
		e.item(&s.Items[i], at, dur)
	}
	for i := range s.Items { // not before all of the step have a place
		if seq := s.Items[i].Seq; e.last[seq] == s.Number {
			e.taken[e.place[seq]] = false
			delete(e.place, seq)
		}
	}
	return e.err
}

func (e *events) item(it *Item, at, dur json.Number) {
	name := it.Kind + " " + strconv.Itoa(it.Rows)
	if it.Kind == Decode {
		name = it.Kind
	}
	e.emit(event{Name: name, Phase: "X", PID: pid, TID: e.track(it.Seq), TS: at, Dur: dur, Cat: it.Kind,
		Args: map[string]any{"seq": it.Seq, "rows": it.Rows, "drafts": it.Drafts, "tokens": it.Tokens}})
}

// rows are the step's rows of a kind, with drafts.
func (s *Step) rows(kind string) (n int) {
	for _, it := range s.Items {
		if it.Kind == kind {
			n += it.Rows + it.Drafts
		}
	}
	return n
}

// track is a sequence's: its place in the batch, the first free one when it begins.
func (e *events) track(seq uint64) int {
	if p, ok := e.place[seq]; ok {
		return p + 1
	}
	p := 0
	for p < len(e.taken) && e.taken[p] {
		p++
	}
	if p == len(e.taken) {
		e.taken = append(e.taken, false)
		e.name(p+1, fmt.Sprint("slot ", p+1))
	}
	e.taken[p], e.place[seq] = true, p
	return p + 1
}

// micros is a time in microseconds, to the nanosecond.
func micros(ns int64) json.Number {
	return json.Number(fmt.Sprintf("%d.%03d", ns/1000, ns%1000))
}
