package offload

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// Options are what a Store is made of.
type Options struct {
	Dir      string // made where it does not exist
	Bytes    int64  // of all segments at most
	Identity []Field
	Payload  int // bytes of a block
	Places   int // blocks that Stage can have ready at the same time
	// Log is told of files that are left alone, and of the first failure to write. Nil is silent.
	Log func(message string, err error)
}

// segments is into how many parts a full directory is divided: what goes at once.
const segments = 8

// waiting is how many blocks may wait to be written.
const waiting = 16

// Stats are a store's counters and its size.
type Stats struct {
	Hits, ReadBytes    int64
	Writes, WriteBytes int64
	Dropped            int64 // blocks that were not written because the disk did not keep up, or failed
	Bad                int64 // blocks whose digest was wrong, or that could not be read
	Bytes              int64 // in the directory
}

// Store is a bounded set of blocks in files. Stage, Staged and Unstage are for one goroutine, the
// others for any.
type Store struct {
	o        Options
	identity [sha256.Size]byte
	record   int // bytes

	staged []byte // (Places, payload)
	used   int

	free  chan []byte // records' memory
	queue chan []byte
	done  chan struct{}

	mu      sync.Mutex
	index   map[Key]place
	pending map[Key]bool
	old     []*segment // oldest first; the last one is written to, if it is ours
	active  *segment
	next    int // number of a new segment
	failed  bool
	stats   Stats
}

// place is where a block is.
type place struct {
	in     *segment
	at     int64
	digest uint32
}

// segment is one file.
type segment struct {
	name string
	file *os.File
	size int64
	keys []Key
}

// Open reads the index of a directory, and makes it where there is none. Errors name the option or
// the file, and wrap ErrOtherIdentity for a directory of other blocks.
func Open(o Options) (*Store, error) {
	s := &Store{o: o, identity: digest(o.Identity), record: recordHead + o.Payload, staged: make([]byte, o.Places*o.Payload),
		free: make(chan []byte, waiting), queue: make(chan []byte, waiting), done: make(chan struct{}),
		index: map[Key]place{}, pending: map[Key]bool{}}
	if least := int64(segments * (headerSize + s.record)); o.Bytes < least {
		return nil, fmt.Errorf("offload: %d bytes, expected at least %d: %d blocks", o.Bytes, least, segments)
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("offload: %w", err)
	}
	if err := claim(o.Dir, o.Identity); err != nil {
		return nil, fmt.Errorf("offload: %w", err)
	}
	if err := s.load(); err != nil {
		return nil, fmt.Errorf("offload: %w", err)
	}
	for range waiting {
		s.free <- make([]byte, s.record)
	}
	go s.write()
	return s, nil
}

// load reads the heads of all segments, oldest first: of two records of a key the last counts.
func (s *Store) load() error {
	names, err := filepath.Glob(filepath.Join(s.o.Dir, "*.kv"))
	if err != nil {
		return err
	}
	slices.Sort(names)
	for _, name := range names {
		var n int
		if _, err := fmt.Sscanf(filepath.Base(name), "%08d.kv", &n); err == nil {
			s.next = max(s.next, n+1)
		}
		if err := s.read(name); err != nil {
			s.log("left alone: "+name, err)
		}
	}
	s.shrink(0)
	return nil
}

func (s *Store) read(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	entries, err := scan(f, info.Size(), s.identity, s.o.Payload)
	if errors.Is(err, errOther) {
		return errors.Join(err, f.Close())
	}
	g := &segment{name: name, file: f, size: info.Size()}
	for _, e := range entries {
		s.add(g, e)
	}
	s.old = append(s.old, g)
	s.stats.Bytes += g.size
	return err
}

// add has the index point to a record.
func (s *Store) add(g *segment, e entry) {
	s.index[e.key] = place{g, e.at, e.digest}
	g.keys = append(g.keys, e.key)
}

func (s *Store) log(message string, err error) {
	if s.o.Log != nil {
		s.o.Log(message, err)
	}
}

// Stats returns the counters.
func (s *Store) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// Stage reads the block of a key, and returns where it is ready until Unstage. It reports false
// where there is none that is whole, or no place.
func (s *Store) Stage(key Key) (at int32, ok bool) {
	s.mu.Lock()
	p, found := s.index[key]
	s.mu.Unlock()
	if !found || s.used == s.o.Places {
		return 0, false
	}
	to := s.Staged(int32(s.used))
	_, err := p.in.file.ReadAt(to, p.at+recordHead)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil || checksum(to) != p.digest {
		s.stats.Bad++
		if s.index[key] == p {
			delete(s.index, key)
		}
		return 0, false
	}
	s.stats.Hits++
	s.stats.ReadBytes += int64(len(to))
	s.used++
	return int32(s.used - 1), true
}

// Staged is the payload at a place.
func (s *Store) Staged(at int32) []byte { return s.staged[int(at)*s.o.Payload:][:s.o.Payload] }

// Unstage frees all places.
func (s *Store) Unstage() { s.used = 0 }
