package offload

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Put has the block of a key written, unless it is there already. Fill is called, before Put
// returns, to write the payload. Without wait the block is dropped when too many are waiting.
// After Close it must not be called.
func (s *Store) Put(key Key, wait bool, fill func(payload []byte)) {
	if !s.wants(key) {
		return
	}
	record := s.memory(wait)
	if record == nil {
		s.settle(key, func() { s.stats.Dropped++ })
		return
	}
	fill(record[recordHead:])
	putHead(record, key)
	s.queue <- record // there are as many places as records
}

// wants reports whether a block is to be written, and notes that it is. One that would be
// among the next to go is written anew.
func (s *Store) wants(key Key) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed || s.pending[key] {
		return false
	}
	if p, there := s.index[key]; there && !(s.nearlyFull() && p.in == s.old[0] && p.in != s.active) {
		return false
	}
	s.pending[key] = true
	return true
}

func (s *Store) nearlyFull() bool { return s.stats.Bytes > s.o.Bytes/segments*(segments-2) }

func (s *Store) memory(wait bool) []byte {
	if wait {
		return <-s.free
	}
	select {
	case record := <-s.free:
		return record
	default:
		return nil
	}
}

// settle ends a key's being pending.
func (s *Store) settle(key Key, note func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.pending, key)
	note()
}

// write is the goroutine that writes.
func (s *Store) write() {
	defer close(s.done)
	for record := range s.queue {
		key, _, _ := parseHead(record)
		g, err := s.room()
		if err == nil {
			_, err = g.file.WriteAt(record, g.size)
		}
		s.settle(key, func() { s.wrote(g, record, err) })
		s.free <- record
	}
}

// wrote notes a record that was written, or the failure. After one, nothing is written any more:
// a full disk is not made better by trying.
func (s *Store) wrote(g *segment, record []byte, err error) {
	if err != nil {
		s.stats.Dropped++
		if !s.failed {
			s.log("nothing is written any more", err)
		}
		s.failed = true
		return
	}
	key, digest, _ := parseHead(record)
	s.add(g, entry{key, g.size, digest})
	g.size += int64(len(record))
	s.stats.Writes++
	s.stats.WriteBytes += int64(len(record) - recordHead)
	s.stats.Bytes += int64(len(record))
}

// room is a segment with room for a record, in a directory with room for it.
func (s *Store) room() (*segment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed {
		return nil, errors.New("a write failed before")
	}
	if s.active == nil || s.active.size+int64(s.record) > max(s.o.Bytes/segments, headerSize+int64(s.record)) {
		if err := s.begin(); err != nil {
			return nil, err
		}
	}
	s.shrink(int64(s.record))
	return s.active, nil
}

// begin makes a new segment, of a number that nobody has.
func (s *Store) begin() error {
	s.shrink(headerSize)
	for {
		name := filepath.Join(s.o.Dir, fmt.Sprintf("%08d.kv", s.next))
		s.next++
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return err
		}
		if _, err := f.Write(header(s.identity, s.o.Payload)); err != nil {
			return errors.Join(err, f.Close(), os.Remove(name))
		}
		s.active = &segment{name: name, file: f, size: headerSize}
		s.old = append(s.old, s.active)
		s.stats.Bytes += headerSize
		return nil
	}
}

// shrink removes the oldest segments until so many bytes fit. The one that is written to stays.
func (s *Store) shrink(bytes int64) {
	for s.stats.Bytes+bytes > s.o.Bytes && len(s.old) > 0 && s.old[0] != s.active {
		g := s.old[0]
		s.old = slices.Delete(s.old, 0, 1)
		for _, key := range g.keys {
			if s.index[key].in == g {
				delete(s.index, key)
			}
		}
		s.stats.Bytes -= g.size
		if err := errors.Join(g.file.Close(), os.Remove(g.name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.log("left alone: "+g.name, err)
		}
	}
}

// Close writes what is waiting, and closes the files.
func (s *Store) Close() error {
	close(s.queue)
	<-s.done
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, g := range s.old {
		errs = append(errs, g.file.Close())
	}
	s.old, s.active = nil, nil
	clear(s.index)
	return errors.Join(errs...)
}
