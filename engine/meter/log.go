package meter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"
)

// Options are a log's. The zero Options work.
type Options struct {
	Room     int              // records that may wait to be written; 0 is 4096
	MaxBytes int64            // a file that would grow larger is renamed to NAME.TIME first; 0 is no bound
	Now      func() time.Time // names the renamed file; nil is time.Now
	Failed   func(error)      // told the first error of writing after every success; nil ignores it
}

// batch is how much is gathered before it is written, where more is waiting.
const batch = 64 << 10

// Log is a usage log that is open. Its methods are for any goroutine.
type Log struct {
	path    string
	options Options
	records chan Record
	reopen  chan struct{}
	done    chan error

	mu     sync.RWMutex
	closed bool
	missed int64 // records that found no room, not told yet; under count
	count  sync.Mutex

	// Of the goroutine that writes.
	file    *os.File
	size    int64
	buffer  []byte
	told    []int64 // by record in buffer: how many are missing before it
	failing bool
	lost    int64 // in all
}

// Open opens a file to append to, and makes it where there is none.
func Open(path string, o Options) (*Log, error) {
	if o.Room == 0 {
		o.Room = 4096
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Failed == nil {
		o.Failed = func(error) {}
	}
	l := &Log{path: path, options: o, records: make(chan Record, o.Room), reopen: make(chan struct{}, 1), done: make(chan error, 1)}
	if err := l.open(); err != nil {
		return nil, err
	}
	go l.write()
	return l, nil
}

// Put hands a record over. It never waits: without room, or after Close, the record is lost.
func (l *Log) Put(r Record) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	r.Version, r.Lost = Version, 0
	if !l.closed {
		select {
		case l.records <- r:
			return
		default:
		}
	}
	l.miss(1)
}

// Reopen has the file be opened by its name again, after it was renamed. It does not wait.
func (l *Log) Reopen() {
	select {
	case l.reopen <- struct{}{}:
	default: // is asked for already
	}
}

// Close writes what was put. It returns how many records were lost in all, and the error that
// the last of writing had.
func (l *Log) Close() (lost int64, err error) {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return 0, nil
	}
	l.closed = true
	close(l.records)
	l.mu.Unlock()
	err = <-l.done
	return l.lost + l.takeMissed(), err
}

func (l *Log) miss(n int64) {
	l.count.Lock()
	l.missed += n
	l.count.Unlock()
}

func (l *Log) takeMissed() (n int64) {
	l.count.Lock()
	defer l.count.Unlock()
	n, l.missed = l.missed, 0
	return n
}

// write appends records until there are no more. What is waiting is written together, and at
// once when nothing else is.
func (l *Log) write() {
	var failed error
	for {
		select {
		case <-l.reopen:
			l.tell(errors.Join(l.flush(), l.replace()))
			continue
		case r, open := <-l.records:
			if !open {
				l.done <- errors.Join(l.flush(), l.shut())
				return
			}
			l.append(r)
		}
		if len(l.records) == 0 || len(l.buffer) >= batch {
			failed = l.flush()
		}
		l.tell(failed)
	}
}

// append encodes a record, which tells what is missing before it.
func (l *Log) append(r Record) {
	r.Lost = l.takeMissed()
	line, err := json.Marshal(r)
	if err != nil { // a year beyond 9999
		l.miss(1 + r.Lost)
		return
	}
	l.buffer, l.told = append(append(l.buffer, line...), '\n'), append(l.told, r.Lost)
}

// flush writes the buffer, whose records are lost where that fails.
func (l *Log) flush() error {
	if len(l.buffer) == 0 {
		return nil
	}
	written, err := l.put(l.buffer)
	whole := bytes.Count(l.buffer[:written], []byte{'\n'})
	for i, before := range l.told {
		if i < whole {
			l.lost += before
		} else {
			l.miss(1 + before)
		}
	}
	l.buffer, l.told = l.buffer[:0], l.told[:0]
	return err
}

// put writes lines to the file, which is opened where it is not, or replaced where it is full.
func (l *Log) put(lines []byte) (written int, err error) {
	if l.options.MaxBytes > 0 && l.size > 0 && l.size+int64(len(lines)) > l.options.MaxBytes {
		err = l.rotate()
	} else if l.file == nil {
		err = l.open()
	}
	if err != nil {
		return 0, err
	}
	written, err = l.file.Write(lines)
	l.size += int64(written)
	if err != nil {
		err = errors.Join(err, l.shut()) // the next open ends the line that was cut
	}
	return written, err
}

// tell reports an error once, until writing works again.
func (l *Log) tell(err error) {
	if err != nil && !l.failing {
		l.options.Failed(err)
	}
	l.failing = err != nil
}

// rotate gives the file a name of its own, and starts another.
func (l *Log) rotate() error {
	if err := os.Rename(l.path, l.path+"."+l.options.Now().UTC().Format("20060102T150405.000000000Z")); err != nil {
		return fmt.Errorf("usage log: %w", err)
	}
	return l.replace()
}

func (l *Log) replace() error { return errors.Join(l.shut(), l.open()) }

// shut closes the file, if one is open.
func (l *Log) shut() error {
	if l.file == nil {
		return nil
	}
	err := l.file.Sync()
	if errors.Is(err, syscall.EINVAL) { // a pipe has nothing to sync
		err = nil
	}
	err = errors.Join(err, l.file.Close())
	l.file = nil
	return err
}

// open opens the file at its end. A line that was cut off is ended, so that it spoils no other.
func (l *Log) open() error {
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o640)
	if err != nil {
		return fmt.Errorf("usage log: %w", err)
	}
	size, err := endLine(f)
	if err != nil {
		f.Close()
		return fmt.Errorf("usage log: %s: %w", l.path, err)
	}
	l.file, l.size = f, size
	return nil
}

// endLine ends a file's last line where it has no end, and returns the file's size.
func endLine(f *os.File) (size int64, err error) {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return 0, err
	}
	var last [1]byte
	if _, err := f.ReadAt(last[:], info.Size()-1); err != nil || last[0] == '\n' {
		return info.Size(), err
	}
	_, err = f.Write([]byte{'\n'})
	return info.Size() + 1, err
}
