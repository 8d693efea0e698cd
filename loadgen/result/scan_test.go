package result

import (
	"math/rand/v2"
	"reflect"
	"testing"
)

// What is written is scanned, not left to encoding/json, unless a text needs an escape.
func TestWrittenLinesAreScanned(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 3))
	s := newScanner()
	for i := range 2000 {
		r := anyRequest(uint64(i), rng)
		line, err := appendRequest(nil, &r)
		if err != nil {
			t.Fatal(err)
		}
		want, err := decodeRequest(line)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := s.scanRequest(line)
		plain := r.Error != "é\n\"" && noneBeyond(1e18, r.Intended, r.Dequeued, r.Conn, r.Sent, r.Headers, r.First, r.Last, r.End)
		if ok != plain || ok && !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: scanned %v, want %v\n%+v\n%+v", line, ok, plain, got, want)
		}
		seq, events, ok := s.scanEvents(appendEvents(nil, &r))
		if !ok || seq != r.Seq || !reflect.DeepEqual(events, r.Events) {
			t.Fatalf("events of %+v: %v %d %v", r, ok, seq, events)
		}
	}
}

func noneBeyond(most int64, stamps ...int64) bool {
	for _, s := range stamps {
		if s >= most || s <= -most {
			return false
		}
	}
	return true
}

// What the scanner is not made for, encoding/json reads or refuses.
func TestScannerLeavesTheRest(t *testing.T) {
	for _, line := range []string{
		``, `{`, `{}`, `{"seq":1 }`, ` {"seq":1}`, `{"seq":01,"outcome":"ok"}`, `{"seq":-1,"outcome":"ok"}`, `{"seq":-0,"outcome":"ok"}`,
		`{"seq":1.5,"outcome":"ok"}`, `{"seq":1e3,"outcome":"ok"}`, `{"outcome":"ok","seq":1}`, `{"seq":1,"seq":2,"outcome":"ok"}`,
		`{"seq":1,"outcome":"fine"}`, `{"seq":1,"outcome":"ok"}}`, `{"seq":1,"outcome":"ok",}`, `{"seq":1,"outcome":"ok"`, `{"seq":1,"outcome":"o\u006b"}`,
		`{"seq":1,"outcome":"ok","error":"é"}`, `{"seq":1,"outcome":"ok","error":null}`, `{"seq":1,"outcome":"ok","estimated":"true"}`,
		`{"seq":1,"status":9223372036854775808,"outcome":"ok"}`, `{"seq":1,"outcome":"ok","error":"` + "\x01" + `"}`, `{"Seq":1,"outcome":"ok"}`,
	} {
		if r, ok := newScanner().scanRequest([]byte(line)); ok {
			t.Errorf("%s is scanned as %+v", line, r)
		}
	}
	for _, line := range []string{
		`{"seq":1,"at":[1],"tokens":[1],"reads":[]}`, `{"seq":1,"at":[1],"tokens":[0],"reads":[0]}`, `{"seq":1,"at":[2,1],"tokens":[1,1],"reads":[0,0]}`,
		`{"seq":1,"at":[1,],"tokens":[1],"reads":[0]}`, `{"seq":1,"at":[1],"tokens":[1,1],"reads":[0]}`, `{"seq":1,"at":[],"tokens":[]}`, `{"seq":1,"at":null,"tokens":[],"reads":[]}`,
		`{"seq":1,"at":[],"tokens":[],"reads":[]} `,
	} {
		if seq, events, ok := newScanner().scanEvents([]byte(line)); ok {
			t.Errorf("%s is scanned as %d %v", line, seq, events)
		}
	}
}

func FuzzScanRequest(f *testing.F) {
	r := sample(7)
	line, _ := appendRequest(nil, &r)
	f.Add(line)
	r = refused(3)
	line, _ = appendRequest(nil, &r)
	f.Add(line)
	f.Add([]byte(`{"seq":1,"status":20,"outcome":"ok","estimated":true,"turn":2}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		got, ok := newScanner().scanRequest(line)
		if !ok {
			return
		}
		if want, err := decodeRequest(line); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q\nscanned %+v\nis      %+v, %v", line, got, want, err)
		}
	})
}

func FuzzScanEvents(f *testing.F) {
	r := sample(7)
	f.Add(appendEvents(nil, &r))
	f.Add([]byte(`{"seq":3,"at":[],"tokens":[],"reads":[]}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		seq, events, ok := newScanner().scanEvents(line)
		if !ok {
			return
		}
		if n, want, err := decodeEvents(line); err != nil || n != seq || !reflect.DeepEqual(events, want) {
			t.Errorf("%q\nscanned %d %v\nis      %d %v, %v", line, seq, events, n, want, err)
		}
	})
}
