package stream

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

type event struct{ kind, data string }

// parse feeds the pieces one after the other.
func parse(pieces ...[]byte) (events []event, err error) {
	var p Parser
	for _, piece := range pieces {
		err = p.Feed(slices.Clone(piece), func(e Event) error {
			events = append(events, event{e.Type, string(e.Data)})
			return nil
		})
		if err != nil {
			break
		}
	}
	return events, err
}

// naive reads a whole stream in the plainest way: an independent reference.
func naive(stream string) (events []event) {
	stream = strings.ReplaceAll(strings.ReplaceAll(stream, "\r\n", "\n"), "\r", "\n")
	lines := strings.Split(strings.TrimPrefix(stream, "\ufeff"), "\n")
	var data []string
	kind := ""
	for _, line := range lines[:len(lines)-1] { // what no newline ends is no line
		if line == "" {
			if data != nil {
				events = append(events, event{kind, strings.Join(data, "\n")})
			}
			data, kind = nil, ""
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "data":
			data = append(data, value)
		case "event":
			kind = value
		}
	}
	return events
}

func TestParser(t *testing.T) {
	for _, tc := range []struct {
		name, stream string
		want         []event
	}{
		{"one", "data: a\n\n", []event{{"", "a"}}},
		{"no space", "data:a\n\n", []event{{"", "a"}}},
		{"one space is dropped, not two", "data:  a\n\n", []event{{"", " a"}}},
		{"several in one read", "data: a\n\ndata: b\n\n", []event{{"", "a"}, {"", "b"}}},
		{"lines of one event", "data: a\ndata: b\ndata:\n\n", []event{{"", "a\nb\n"}}},
		{"crlf", "data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", []event{{"", "a\nb"}, {"", "c"}}},
		{"cr", "data: a\r\rdata: b\r\r", []event{{"", "a"}, {"", "b"}}},
		{"mixed line ends", "data: a\n\r\ndata: b\r\n\ndata: c\r\r\n", []event{{"", "a"}, {"", "b"}, {"", "c"}}},
		{"comments and keep-alives", ": ping\n\n:\n\ndata: a\n: in between\ndata: b\n\n", []event{{"", "a\nb"}}},
		{"blank lines", "\n\n\ndata: a\n\n\n\n", []event{{"", "a"}}},
		{"event type", "event: error\ndata: a\n\ndata: b\n\n", []event{{"error", "a"}, {"", "b"}}},
		{"type without data", "event: ping\n\ndata: b\n\n", []event{{"", "b"}}},
		{"id and retry", "id: 1\nretry: 5\ndata: a\n\n", []event{{"", "a"}}},
		{"field without colon", "data\n\n", []event{{"", ""}}},
		{"unknown field", "dat: x\ndataa: y\ndata: a\n\n", []event{{"", "a"}}},
		{"colons in the value", "data: {\"a\": 1}\n\n", []event{{"", `{"a": 1}`}}},
		{"byte order mark", "\ufeffdata: a\n\n", []event{{"", "a"}}},
		{"byte order mark later", "data: a\n\n\ufeffdata: b\n\n", []event{{"", "a"}}},
		{"never ended", "data: a\n\ndata: b\n", []event{{"", "a"}}},
		{"nothing", "", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			whole, err := parse([]byte(tc.stream))
			if err != nil || !slices.Equal(whole, tc.want) {
				t.Errorf("whole: got %q, %v, want %q", whole, err, tc.want)
			}
			if ref := naive(tc.stream); !slices.Equal(ref, tc.want) {
				t.Errorf("reference: got %q, want %q", ref, tc.want)
			}
			single := bytes.SplitAfter([]byte(tc.stream), nil)
			if got, err := parse(single...); err != nil || !slices.Equal(got, tc.want) {
				t.Errorf("byte by byte: got %q, %v, want %q", got, err, tc.want)
			}
			for cut := range len(tc.stream) {
				if got, err := parse([]byte(tc.stream[:cut]), []byte(tc.stream[cut:])); err != nil || !slices.Equal(got, tc.want) {
					t.Errorf("cut at %d: got %q, %v, want %q", cut, got, err, tc.want)
				}
			}
		})
	}
}

// An event is dispatched with the byte that completes it, or its stamp would be
// the next read's.
func TestDispatchIsImmediate(t *testing.T) {
	for _, stream := range []string{"data: a\n\n", "data: a\r\n\r", "data: a\r\r"} {
		if got, _ := parse([]byte(stream)); len(got) != 1 {
			t.Errorf("%q: %d events, want 1", stream, len(got))
		}
		if got, _ := parse([]byte(stream[:len(stream)-1])); len(got) != 0 {
			t.Errorf("%q without its last byte: %d events", stream, len(got))
		}
	}
}

func TestParserLimits(t *testing.T) {
	big := strings.Repeat("x", MaxEvent)
	for _, tc := range []struct{ name, stream string }{
		{"line", "data: a\n\ndata: " + big},
		{"line that ends", "data: a\n\ndata: " + big + "\n\n"},
		{"event of many lines", "data: a\n\n" + strings.Repeat("data: "+big[:1000]+"\n", 1050) + "\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, size := range []int{1 << 21, 4096, 1000} {
				got, err := parse(slices.Collect(slices.Chunk([]byte(tc.stream), size))...)
				if !errors.Is(err, ErrTooLarge) || len(got) != 1 {
					t.Errorf("in reads of %d: %d events, error %v", size, len(got), err)
				}
			}
		})
	}
	fits := "data: " + big[:MaxEvent-6] + "\n\n"
	if got, err := parse([]byte(fits)); err != nil || len(got) != 1 {
		t.Errorf("the largest line: %d events, %v", len(got), err)
	}
}

// An error, its own or the callback's, is final.
func TestParserStaysFailed(t *testing.T) {
	var p Parser
	n := 0
	fail := func(Event) error { n++; return iotest.ErrTimeout }
	for range 2 {
		if err := p.Feed([]byte("data: a\n\ndata: b\n\n"), fail); !errors.Is(err, iotest.ErrTimeout) {
			t.Errorf("error %v", err)
		}
	}
	if n != 1 {
		t.Errorf("callback called %d times after its error", n)
	}
}

// Any split of the bytes gives the same events, and those of the reference.
func FuzzParser(f *testing.F) {
	for _, s := range []string{
		"data: a\n\n", "data: a\r\n\r\ndata: b\r\r: c\n\n", "\ufeffevent: x\ndata\n\n", "data:\ndata:\n\n", "id: 1\n\rdata: z\n\n", "\xef\xbb",
	} {
		f.Add([]byte(s), uint64(0x123456789))
	}
	f.Fuzz(func(t *testing.T, stream []byte, cuts uint64) {
		want := naive(string(stream))
		var pieces [][]byte
		for rest := stream; len(rest) > 0; cuts = cuts>>3 | cuts<<61 {
			n := min(len(rest), int(cuts&7))
			pieces = append(pieces, rest[:n])
			rest = rest[n:]
			if cuts == 0 {
				pieces = append(pieces, rest)
				break
			}
		}
		for name, p := range map[string][][]byte{"whole": {stream}, "cut": pieces, "single bytes": bytes.SplitAfter(stream, nil)} {
			got, err := parse(p...)
			if err != nil || !slices.Equal(got, want) {
				t.Fatalf("%s: %q gave %q, %v, want %q", name, stream, got, err, want)
			}
		}
	})
}

func BenchmarkParser(b *testing.B) {
	frame := []byte("data: {\"id\":\"cmpl-1\",\"choices\":[{\"text\":\" word\"}],\"usage\":{\"completion_tokens\":12}}\n\n")
	b.SetBytes(int64(len(frame)))
	var p Parser
	for b.Loop() {
		if err := p.Feed(frame, func(Event) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
