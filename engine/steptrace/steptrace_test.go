package steptrace

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata")

var header = Header{Format: Format, Began: time.Date(2026, 11, 29, 1, 2, 3, 4, time.UTC), MaxBatch: 4, TokenBudget: 64, Blocks: 32}

// random is a step with every field set now and then.
func random(r *rand.Rand, number int64) Step {
	s := Step{Number: number, Start: r.Int64N(1e12), Duration: r.Int64N(1e9), Waiting: r.IntN(9), QueuedTokens: r.IntN(999),
		Running: r.IntN(9), Free: r.IntN(9), Cached: r.IntN(9), Held: r.IntN(9), Preempted: []uint64{}, Items: []Item{}}
	for range r.IntN(3) {
		s.Preempted = append(s.Preempted, r.Uint64())
	}
	for range r.IntN(4) {
		s.Items = append(s.Items, Item{r.Uint64(), []string{Prefill, Decode}[r.IntN(2)], r.IntN(50), r.IntN(3), r.IntN(3), r.IntN(2) == 0})
	}
	return s
}

// The lines are what encoding/json writes, and are read back as they were.
func TestRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var file bytes.Buffer
	w, err := NewWriter(&file, header, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var want []Step
	for i := range int64(500) {
		s := random(r, i+1)
		want = append(want, s)
		next := w.Next()
		*next = s
		w.Put(next)
		line, err := json.Marshal(s)
		if got := s.appendJSON(nil); err != nil || string(got) != string(line)+"\n" {
			t.Fatalf("%s\nencoding/json has\n%s", got, line)
		}
	}
	if lost, err := w.Close(); lost != 0 || err != nil {
		t.Fatal(lost, err)
	}
	n := 0
	sum, err := Read(&file, func(s *Step) error {
		if s.Preempted == nil {
			s.Preempted = []uint64{}
		}
		if !reflect.DeepEqual(*s, want[n]) {
			t.Fatalf("step %d is %+v, want %+v", n, *s, want[n])
		}
		n++
		return nil
	})
	if err != nil || n != len(want) || sum != (Summary{Header: header, Steps: 500}) {
		t.Fatalf("%d steps, %+v, %v", n, sum, err)
	}
}

// stuck is a file that takes nothing until it is let go.
type stuck struct {
	bytes.Buffer
	wait, first chan struct{}
	calls       int
}

func (s *stuck) Write(p []byte) (int, error) {
	if s.calls++; s.calls == 2 { // the header is the first
		close(s.first)
		<-s.wait
	}
	return s.Buffer.Write(p)
}

// A loop never waits for a file; what there was no room for is counted, and said in the next line.
func TestLostStepsAreCounted(t *testing.T) {
	file := &stuck{wait: make(chan struct{}), first: make(chan struct{})}
	w, err := NewWriter(file, header, 4)
	if err != nil {
		t.Fatal(err)
	}
	put := func(n int64) {
		if s := w.Next(); s != nil {
			s.Number = n
			w.Put(s)
		}
	}
	put(1)
	<-file.first // the writer's goroutine is held up, with its step given back
	for n := int64(2); n <= 10; n++ {
		put(n) // 2 to 5 wait, 6 to 10 are lost
	}
	close(file.wait)
	for w.free != nil && len(w.free) < 4 {
		time.Sleep(time.Millisecond)
	}
	put(11)
	if lost, err := w.Close(); lost != 5 || err != nil {
		t.Errorf("%d lost, %v", lost, err)
	}
	var told []string
	sum, err := Read(&file.Buffer, func(s *Step) error {
		told = append(told, fmt.Sprint(s.Number, " after ", s.Lost))
		return nil
	})
	if want := "1 after 0, 2 after 0, 3 after 0, 4 after 0, 5 after 0, 11 after 5"; err != nil || sum.Lost != 5 || strings.Join(told, ", ") != want {
		t.Errorf("%v, %+v, %v", told, sum, err)
	}
}

func TestStepsLostAtTheEndAreSaid(t *testing.T) {
	file := &stuck{wait: make(chan struct{}), first: make(chan struct{})}
	w, err := NewWriter(file, header, 1)
	if err != nil {
		t.Fatal(err)
	}
	s := w.Next()
	s.Number = 1
	w.Put(s)
	<-file.first
	w.Put(w.Next().number(2))
	for range 3 {
		if w.Next() != nil {
			t.Fatal("there was room")
		}
	}
	close(file.wait)
	if lost, err := w.Close(); lost != 3 || err != nil {
		t.Error(lost, err)
	}
	if sum, err := Read(&file.Buffer, func(*Step) error { return nil }); err != nil || sum.Steps != 2 || sum.Lost != 3 {
		t.Errorf("%+v, %v", sum, err)
	}
}

func (s *Step) number(n int64) *Step { s.Number = n; return s }

type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errors.New("no space left")
	}
	return len(p), nil
}

// A disk that is full ends the trace, and not the engine.
func TestFullDisk(t *testing.T) {
	if _, err := NewWriter(&full{}, header, 4); err == nil {
		t.Error("a header that was not written")
	}
	w, err := NewWriter(&full{room: 200}, header, 4)
	if err != nil {
		t.Fatal(err)
	}
	for n := range int64(1000) {
		if s := w.Next(); s != nil {
			w.Put(s.number(n + 1))
		}
	}
	if _, err := w.Close(); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Error(err)
	}
}

func TestPutAllocatesNothing(t *testing.T) {
	w, err := NewWriter(&full{room: 1 << 40}, header, 64)
	if err != nil {
		t.Fatal(err)
	}
	n := testing.AllocsPerRun(1000, func() {
		if s := w.Next(); s != nil {
			s.Number = 1
			s.Items = append(s.Items, Item{Seq: 1, Kind: Decode, Rows: 1}, Item{Seq: 2, Kind: Decode, Rows: 1})
			w.Put(s)
		}
	})
	if _, err := w.Close(); err != nil || n != 0 {
		t.Errorf("%v allocations, %v", n, err)
	}
}

func TestReadErrors(t *testing.T) {
	head, _ := json.Marshal(header)
	for _, row := range []struct{ file, want string }{
		{"", "line 1: expected the header"},
		{"{}\n", "line 1: expected the header"},
		{"{\"assay_steps\":2}\n", "line 1: the trace has format 2, this program reads format 1"},
		{string(head) + "\n{\"step\":1,\"color\":2}\n", "line 2: json: unknown field \"color\""},
		{string(head) + "\n{\"step\":0}\n", "line 2: step 0 starts at 0"},
		{string(head) + "\n{\"step\":1} {\"step\":2}\n", "line 2: there is more than one"},
		{string(head) + "\n{\"step\":1,\"items\":[{\"seq\":1,\"kind\":\"sleep\"}]}\n", `kind is "sleep"`},
		{string(head) + "\n\n", "line 2: "},
	} {
		_, err := Read(strings.NewReader(row.file), func(*Step) error { return nil })
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%q: %v, want %q", row.file, err, row.want)
		}
	}
	sum, err := Read(strings.NewReader(string(head)+"\n{\"step\":1}\n{\"step\":2,\"sta"), func(*Step) error { return nil })
	if err != nil || !sum.Torn || sum.Steps != 1 {
		t.Errorf("a torn line: %+v, %v", sum, err)
	}
}

func FuzzRead(f *testing.F) {
	head, _ := json.Marshal(header)
	s := random(rand.New(rand.NewPCG(5, 6)), 1)
	f.Add(append(append(head, '\n'), s.appendJSON(nil)...))
	f.Add([]byte("{\"assay_steps\":1}\n{\"lost\":3}\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		var steps int64
		sum, err := Read(bytes.NewReader(file), func(*Step) error { steps++; return nil })
		if steps != sum.Steps || err == nil && sum.Header.Format != Format {
			t.Fatalf("%d steps, %+v, %v", steps, sum, err)
		}
		var out bytes.Buffer
		if _, again := Convert(bytes.NewReader(file), &out); (again == nil) != (err == nil) {
			t.Fatalf("read: %v, converted: %v", err, again)
		} else if err == nil && !json.Valid(out.Bytes()) {
			t.Fatalf("not JSON: %s", &out)
		}
	})
}

// TestConvert holds the events to a golden file, and to the rules of the format: what every phase
// needs, and complete events of one track that do not overlap.
func TestConvert(t *testing.T) {
	trace, err := os.ReadFile("testdata/three.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := Convert(bytes.NewReader(trace), &out); err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/three.trace.json"
	if *update {
		if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || out.String() != string(want) {
		t.Errorf("%v; the events are not those of %s (-update rewrites it):\n%s", err, golden, &out)
	}
	checkEvents(t, out.Bytes())
}

func checkEvents(t *testing.T, data []byte) {
	t.Helper()
	var file struct {
		TraceEvents []struct {
			Name, Ph, S string
			PID, TID    *int
			TS, Dur     *float64
			Args        map[string]any
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	ends, phases := map[int]float64{}, map[string]int{}
	for i, e := range file.TraceEvents {
		phases[e.Ph]++
		if e.Name == "" || e.PID == nil || e.TID == nil || (e.TS == nil) != (e.Ph == "M") || (e.Dur == nil) != (e.Ph != "X") {
			t.Errorf("event %d lacks something: %+v", i, e)
			continue
		}
		switch e.Ph {
		case "X":
			if *e.TS < ends[*e.TID] {
				t.Errorf("event %d begins at %v, before the one before it on track %d has ended at %v", i, *e.TS, *e.TID, ends[*e.TID])
			}
			ends[*e.TID] = *e.TS + *e.Dur
		case "C":
			for name, v := range e.Args {
				if _, ok := v.(float64); !ok {
					t.Errorf("event %d: counter %s is %v", i, name, v)
				}
			}
		case "i":
			if !strings.Contains("gpt", e.S) || e.S == "" {
				t.Errorf("event %d has scope %q", i, e.S)
			}
		case "M":
		default:
			t.Errorf("event %d has phase %q", i, e.Ph)
		}
	}
	if phases["X"]*phases["C"]*phases["M"]*phases["i"] == 0 {
		t.Errorf("phases %v", phases)
	}
}
