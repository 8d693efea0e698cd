package result

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"testing"
)

// anyRequest makes up a request in which anything may be anything.
func anyRequest(seq uint64, rng *rand.Rand) Request {
	stamp := func() int64 {
		switch rng.IntN(8) {
		case 0:
			return Never
		case 1:
			return int64(rng.Uint64()) // also where differences overflow
		}
		return rng.Int64N(1e9)
	}
	r := Request{Seq: seq, Intended: stamp(), Dequeued: stamp(), Conn: stamp(), Sent: stamp(), Headers: stamp(), First: stamp(), Last: stamp(), End: stamp(),
		Status: rng.IntN(600), Outcome: outcomes[rng.IntN(len(outcomes))], Error: []string{"", "é\n\"", "reset"}[rng.IntN(3)],
		ID: fmt.Sprint(rng.Uint64()), Finish: []string{"", "stop", "length"}[rng.IntN(3)],
		AskedPrompt: rng.IntN(9), AskedOutput: rng.IntN(99), PromptTokens: rng.IntN(1 << 20), CachedTokens: rng.IntN(3), OutputTokens: rng.IntN(30),
		FirstTokens: rng.IntN(3), Estimated: rng.IntN(4) == 0, Turn: rng.IntN(3), Held: rng.Int64N(3)}
	at, read := rng.Int64N(1e9), 0
	for range rng.IntN(2) * rng.IntN(40) {
		r.Events = append(r.Events, Event{At: at, Tokens: 1 + rng.IntN(4), Read: read})
		at, read = at+rng.Int64N(1e7), read+rng.IntN(2)
	}
	return r
}

func anyRequests(n int, seed uint64) []Request {
	rng := rand.New(rand.NewPCG(seed, 1))
	rs := make([]Request, n)
	for i := range rs {
		rs[i] = anyRequest(uint64(i), rng)
	}
	return rs
}

// unpacked copies what a walk gives.
func unpacked(c *Columns) (rs []Request) {
	for r := range c.All() {
		kept := *r
		kept.Events = slices.Clone(r.Events)
		rs = append(rs, kept)
	}
	return rs
}

func TestColumnsRoundTrip(t *testing.T) {
	for _, n := range []int{0, 1, 2, blockRequests, blockRequests + 1, 3*blockRequests - 7} {
		rs := anyRequests(n, uint64(n))
		c := PackColumns(rs, Source{Requests: Fingerprint{1, 2}, Events: Fingerprint{3, 4}})
		if got := unpacked(c); len(got) != n || n > 0 && !reflect.DeepEqual(got, rs) {
			t.Errorf("%d requests come back otherwise", n)
		}
		events := 0
		for i := range rs {
			events += len(rs[i].Events)
		}
		if c.Len() != n || c.Events() != events || c.Err() != nil || c.Source().Events.CRC != 4 {
			t.Errorf("%d requests: length %d, %d events of %d, source %+v, %v", n, c.Len(), c.Events(), events, c.Source(), c.Err())
		}
		i := 0
		for r := range c.Summaries() {
			want := rs[i]
			want.Events = nil
			if !reflect.DeepEqual(*r, want) {
				t.Fatalf("summary %d: %+v, want %+v", i, *r, want)
			}
			i++
		}
	}
}

// One request with very many events closes its block.
func TestColumnsOfLongAnswers(t *testing.T) {
	rs := anyRequests(5, 9)
	for i := range rs {
		rs[i].Events = nil
		for k := range blockEvents - 1 + i {
			rs[i].Events = append(rs[i].Events, Event{At: int64(k), Tokens: 1, Read: k})
		}
	}
	c := PackColumns(rs, Source{})
	if len(c.blocks) != 5 || !reflect.DeepEqual(unpacked(c), rs) {
		t.Errorf("%d blocks for 5 long answers, or they come back otherwise", len(c.blocks))
	}
}

// A field that is not in fields would be lost in columns, and every line with it left to the slow decoder.
func TestEveryFieldIsListed(t *testing.T) {
	var r Request
	v := reflect.ValueOf(&r).Elem()
	var keys []string
	for i := range v.NumField() {
		key, _, _ := bytes.Cut([]byte(v.Type().Field(i).Tag.Get("json")), []byte(","))
		if string(key) == "-" {
			continue
		}
		keys = append(keys, string(key))
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			f.SetString("s" + string(key))
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Uint64:
			f.SetUint(uint64(100 + i))
		default:
			f.SetInt(int64(100 + i))
		}
	}
	r.Outcome = OK
	if len(keys) != len(fields) {
		t.Errorf("Request has %d keys, fields has %d: add a row for the new one", len(keys), len(fields))
	}
	for i, f := range fields {
		if keys[i] != f.key {
			t.Errorf("key %d is %s, fields has %s", i, keys[i], f.key)
		}
	}
	if got := unpacked(PackColumns([]Request{r}, Source{})); !reflect.DeepEqual(got[0], r) {
		t.Errorf("through columns: %+v, want %+v", got[0], r)
	}
	line, err := appendRequest(nil, &r)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := newScanner().scanRequest(line); !ok || !reflect.DeepEqual(got, r) {
		t.Errorf("scanned %v %+v, want %+v", ok, got, r)
	}
}

// A file cut short anywhere, or with any byte changed, is refused when it is opened.
func TestDamagedColumns(t *testing.T) {
	var whole bytes.Buffer
	if err := WriteColumns(&whole, anyRequests(40, 3), Source{}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "c")
	try := func(data []byte) error {
		write(t, path, data)
		_, err := OpenColumns(path)
		return err
	}
	if err := try(whole.Bytes()); err != nil {
		t.Fatal(err)
	}
	for n := 0; n < whole.Len(); n += 1 + n/40 {
		if try(whole.Bytes()[:n]) == nil {
			t.Errorf("cut to %d of %d bytes: opened", n, whole.Len())
		}
		bad := bytes.Clone(whole.Bytes())
		bad[n] ^= 0x10
		if try(bad) == nil {
			t.Errorf("byte %d changed: opened", n)
		}
	}
	if _, err := OpenColumns(path + "x"); !os.IsNotExist(err) {
		t.Errorf("no file: %v", err)
	}
}

// What changes under a walk ends it, and is said.
func TestColumnsThatGo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	var b bytes.Buffer
	if err := WriteColumns(&b, anyRequests(2*blockRequests, 5), Source{}); err != nil {
		t.Fatal(err)
	}
	write(t, path, b.Bytes())
	c, err := OpenColumns(path)
	if err != nil {
		t.Fatal(err)
	}
	data := b.Bytes()
	data[c.blocks[1].at] ^= 1
	write(t, path, data)
	if n := len(unpacked(c)); n != blockRequests || c.Err() == nil {
		t.Errorf("%d requests before the damage, error %v", n, c.Err())
	}
}

func TestPacked(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for width := range 65 {
		values := make([]int64, 1+rng.IntN(70))
		for i := range values {
			values[i] = int64(rng.Uint64() >> (64 - max(width, 1)) * uint64(min(width, 1)))
			if rng.IntN(2) == 0 {
				values[i] = -values[i]
			}
		}
		data := append(appendPacked(nil, values), 7)
		p, rest, err := unpack(append(data, make([]byte, slack)...)[:len(data)], len(values))
		if err != nil || len(rest) != 1 {
			t.Fatalf("width %d: %v, rest %d", width, err, len(rest))
		}
		if got := p.spread(make([]int64, len(values))); !slices.Equal(got, values) {
			t.Fatalf("width %d: %v, want %v", width, got, values)
		}
	}
}

// What a coder holds of one block is nothing of the next one, whatever fields are the same for all requests of either.
func TestCoderAfterOthers(t *testing.T) {
	var c blockCoder
	same := anyRequests(1, 5)[0]
	for i, n := range []int{7, 300, 3, 300, 1, 1, 40} {
		rs := anyRequests(n, uint64(i))
		for k := range rs {
			if i%2 == 0 { // all alike, but for some other field in each round
				rs[k] = same
				rs[k].CachedTokens, rs[k].Model = i, strconv.Itoa(i/4)
			}
		}
		data := new(blockCoder).encode(nil, rs)
		got, err := c.decode(append(data, make([]byte, slack)...)[:len(data)], true)
		if err != nil || !reflect.DeepEqual(got, rs) {
			t.Fatalf("block %d of %d requests: %v", i, n, err)
		}
	}
}

// ReadDue reads the lines in the order in which they were due, however they are written.
func TestReadDue(t *testing.T) {
	rs := anyRequests(300, 8)
	for i := range rs {
		rs[i].Intended = int64(i / 3)
	}
	want := slices.Clone(rs)
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(rs), func(i, j int) { rs[i], rs[j] = rs[j], rs[i] })
	requests, events := written(t, rs...)
	got, source, err := ReadDue(requests, events)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%v; in order %v", err, slices.IsSortedFunc(got, func(a, b Request) int { return cmp.Compare(a.Seq, b.Seq) }))
	}
	for path, of := range map[string]Fingerprint{requests: source.Requests, events: source.Events} {
		if f, err := FingerprintOf(path); err != nil || f != of || f.Size != int64(len(read(t, path))) {
			t.Errorf("%s: %+v, want %+v: %v", path, of, f, err)
		}
	}
}

// Seqs far apart are found again, too, and a repeated one is refused wherever it is.
func TestSparseSeqs(t *testing.T) {
	rs := anyRequests(6, 2)
	rs[1].Seq, rs[2].Seq, rs[4].Seq = 1<<62, 1<<40, 200_000
	requests, events := written(t, rs...)
	if got, err := ReadFile(requests, events); err != nil || len(got) != 6 || got[5].Seq != 1<<62 || !reflect.DeepEqual(got[5].Events, rs[1].Events) {
		t.Errorf("%v", err)
	}
	rs[5].Seq = 1 << 40
	requests, events = written(t, rs...)
	if _, err := ReadFile(requests, events); err == nil {
		t.Error("a seq that is there twice is accepted")
	}
}

func FuzzColumns(f *testing.F) {
	var coder blockCoder
	f.Add(coder.encode(nil, anyRequests(3, 1)))
	f.Add(coder.encode(nil, anyRequests(40, 2)))
	f.Fuzz(func(t *testing.T, data []byte) {
		var c blockCoder
		block := append(data, make([]byte, slack)...)[:len(data)]
		rs, err := c.decode(block, true)
		if err != nil {
			return
		}
		var again blockCoder // what is read once comes back the same when it is packed again
		packed := again.encode(nil, rs)
		got, err := new(blockCoder).decode(append(packed, make([]byte, slack)...)[:len(packed)], true)
		if err != nil || len(got) != len(rs) || len(rs) > 0 && !reflect.DeepEqual(got, rs) {
			t.Errorf("%d requests, packed again %d: %v", len(rs), len(got), err)
		}
	})
}
