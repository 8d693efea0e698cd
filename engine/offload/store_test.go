package offload

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

const payload = 100

func options(dir string) Options {
	return Options{Dir: dir, Bytes: 64 << 10, Payload: payload, Places: 4, Identity: []Field{{"model", "m"}, {"kv_format", "bf16"}}}
}

func open(t *testing.T, o Options) *Store {
	t.Helper()
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func keyOf(i int) (key Key) {
	binary.LittleEndian.PutUint64(key[:], uint64(i)*0x9e3779b97f4a7c15)
	return key
}

// content is a block's, a function of its key, as it is in life.
func content(key Key) []byte {
	b := make([]byte, payload)
	for i := range b {
		b[i] = key[i%8] ^ byte(i)
	}
	return b
}

func put(s *Store, i int) {
	s.Put(keyOf(i), true, func(b []byte) { copy(b, content(keyOf(i))) })
}

// staged reports whether a block is found; what is found must be right.
func staged(t *testing.T, s *Store, i int) bool {
	t.Helper()
	at, ok := s.Stage(keyOf(i))
	if ok && !bytes.Equal(s.Staged(at), content(keyOf(i))) {
		t.Fatalf("block %d has other content", i)
	}
	s.Unstage()
	return ok
}

func found(t *testing.T, s *Store, n int) (count int) {
	t.Helper()
	for i := range n {
		if staged(t, s, i) {
			count++
		}
	}
	return count
}

func shut(t *testing.T, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestBlocksSurviveARestart(t *testing.T) {
	o := options(filepath.Join(t.TempDir(), "new"))
	s := open(t, o)
	for i := range 100 {
		put(s, i)
		put(s, i) // once is enough
	}
	shut(t, s)
	for range 2 {
		s = open(t, o)
		if n := found(t, s, 120); n != 100 {
			t.Errorf("%d blocks found, want 100", n)
		}
		if st := s.Stats(); st.Hits != 100 || st.ReadBytes != 100*payload || st.Bad != 0 {
			t.Errorf("%+v", st)
		}
		shut(t, s)
	}
}

// TestTheDirectoryIsBounded puts far more than fits, over restarts, and holds files to the bound;
// what was put last, and what is used all the time, is there.
func TestTheDirectoryIsBounded(t *testing.T) {
	o := options(t.TempDir())
	next, kept := 1, 0
	for range 5 {
		s := open(t, o)
		for range 400 {
			put(s, next)
			put(s, 0) // evicted from memory again and again
			next++
		}
		for s.Stats().Writes < 400 { // the last ones are still waiting
			time.Sleep(time.Millisecond)
		}
		if staged(t, s, 0) {
			kept++
		}
		shut(t, s)
		if n := size(t, o.Dir); n > o.Bytes {
			t.Fatalf("%d bytes, at most %d are allowed", n, o.Bytes)
		}
	}
	s := open(t, o)
	defer shut(t, s)
	if kept != 5 || !staged(t, s, next-1) || staged(t, s, 1) {
		t.Errorf("the block in use was there %d of 5 times; last %v, first %v", kept, staged(t, s, next-1), staged(t, s, 1))
	}
	if n, most := s.Stats().Bytes, size(t, o.Dir); n != most {
		t.Errorf("%d bytes counted, %d there", n, most)
	}
}

func size(t *testing.T, dir string) (n int64) {
	t.Helper()
	names, _ := filepath.Glob(filepath.Join(dir, "*.kv"))
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		n += info.Size()
	}
	return n
}

// TestTornAndSpoiledFiles cuts a segment at every length, and spoils every byte: what is found is
// right, and what lies before is found.
func TestTornAndSpoiledFiles(t *testing.T) {
	o := options(t.TempDir())
	s := open(t, o)
	for i := range 3 {
		put(s, i)
	}
	shut(t, s)
	names, _ := filepath.Glob(filepath.Join(o.Dir, "*.kv"))
	whole, err := os.ReadFile(names[0])
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	try := func(what string, data []byte, least, most int) {
		t.Helper()
		if err := os.WriteFile(names[0], data, 0o600); err != nil {
			t.Fatal(err)
		}
		s := open(t, o)
		if n := found(t, s, 3); n < least || n > most {
			t.Errorf("%s: %d blocks found, want %d to %d", what, n, least, most)
		}
		shut(t, s)
	}
	for n := range len(whole) {
		records := max(0, (n-headerSize)/(recordHead+payload))
		try(fmt.Sprint("cut at ", n), whole[:n], records, records)
	}
	for i := range whole {
		spoiled := bytes.Clone(whole)
		spoiled[i] ^= 0x40
		want := 2
		if i < headerSize {
			want = 0
		}
		try(fmt.Sprint("spoiled at ", i), spoiled, want, want)
	}
}

func TestOtherIdentitiesAreRefused(t *testing.T) {
	o := options(t.TempDir())
	shut(t, open(t, o))
	other := o
	other.Identity = []Field{{"model", "m"}, {"kv_format", "q8_0"}}
	_, err := Open(other)
	if !errors.Is(err, ErrOtherIdentity) || !bytes.Contains([]byte(err.Error()), []byte(`kv_format is "bf16" there, and "q8_0" here`)) {
		t.Errorf("got %v", err)
	}
	other.Identity = o.Identity[:1]
	if _, err := Open(other); !errors.Is(err, ErrOtherIdentity) {
		t.Errorf("fewer fields: got %v", err)
	}
	if err := os.WriteFile(filepath.Join(o.Dir, identityFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(o); err == nil {
		t.Error("an identity that is no JSON was taken")
	}
	o.Bytes = 100
	if _, err := Open(o); err == nil {
		t.Error("a bound below some blocks was taken")
	}
}

// TestSegmentsOfOthersAreLeftAlone puts a segment of another payload, and what is none, beside.
func TestSegmentsOfOthersAreLeftAlone(t *testing.T) {
	o := options(t.TempDir())
	for name, data := range map[string][]byte{"00000003.kv": []byte("nothing"), "00000004.kv": header(digest(nil), payload), "x.kv": nil} {
		if err := os.WriteFile(filepath.Join(o.Dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	told := 0
	o.Log = func(string, error) { told++ }
	s := open(t, o)
	put(s, 1)
	shut(t, s)
	if _, err := os.Stat(filepath.Join(o.Dir, "00000005.kv")); told != 3 || err != nil {
		t.Errorf("%d files left alone, want 3; %v", told, err)
	}
}

func TestASlowDiskDropsBlocks(t *testing.T) {
	o := options(t.TempDir())
	s := open(t, o)
	var held [][]byte
	for range waiting { // as if all were waiting
		held = append(held, <-s.free)
	}
	s.Put(keyOf(1), false, func([]byte) { t.Error("filled, with no memory") })
	if st := s.Stats(); st.Dropped != 1 {
		t.Errorf("%+v", st)
	}
	for _, b := range held {
		s.free <- b
	}
	put(s, 1)
	shut(t, s)
	s = open(t, o)
	defer shut(t, s)
	if !staged(t, s, 1) {
		t.Error("a block that was dropped once is never written")
	}
}

// writerVariable has the test's own binary be a process that writes until it is killed.
const writerVariable = "OFFLOAD_TEST_WRITER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(writerVariable); dir != "" {
		s, err := Open(options(dir))
		if err != nil {
			panic(err)
		}
		for i := 0; ; i++ {
			put(s, i%2000)
		}
	}
	os.Exit(m.Run())
}

// TestKilledProcesses kills writers at random instants, and finds the directory whole and right
// after each.
func TestKilledProcesses(t *testing.T) {
	o := options(t.TempDir())
	r := rand.New(rand.NewPCG(1, 2))
	for range 6 {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), writerVariable+"="+o.Dir)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		for size(t, o.Dir) < int64(1000+r.IntN(30_000)) && c.ProcessState == nil {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Duration(r.IntN(20)) * time.Millisecond)
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		c.Wait() //nolint:errcheck // it was killed
		s := open(t, o)
		if n := found(t, s, 2000); n == 0 {
			t.Error("nothing was found")
		}
		if st := s.Stats(); st.Bad > 0 || st.Bytes > o.Bytes {
			t.Errorf("%+v", st)
		}
		shut(t, s)
	}
}

// FuzzScan: whatever a file holds, its entries are whole records inside of it.
func FuzzScan(f *testing.F) {
	identity := digest(nil)
	record := make([]byte, recordHead+payload)
	copy(record[recordHead:], content(keyOf(1)))
	putHead(record, keyOf(1))
	f.Add(append(header(identity, payload), record...))
	f.Add(append(header(identity, payload), record[:50]...))
	f.Add(header(identity, payload)[:20])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, head := range [][]byte{nil, header(identity, payload)} { // past the header, too
			file := append(bytes.Clone(head), data...)
			entries, err := scan(bytes.NewReader(file), int64(len(file)), identity, payload)
			if err != nil && len(entries) > 0 {
				t.Fatal(err)
			}
			for _, e := range entries {
				at := file[e.at:][:recordHead+payload]
				if key, digest, ok := parseHead(at); !ok || key != e.key || digest != e.digest {
					t.Fatalf("entry %+v is not at its place", e)
				}
			}
		}
	})
}
