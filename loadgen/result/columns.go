package result

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"os"
	"strings"
	"sync"
	"sync/atomic"
)

// Columns are the requests of one trial as they were due (by Intended, then Seq), packed by field in blocks of which one
// is unpacked at a time: millions of requests are walked in the memory of a thousand. They hold all that the two JSONL
// files hold, and nothing else.
//
// It is safe for concurrent use.
type Columns struct {
	source Source
	blocks []blockAt
	n      int
	events int
	open   func() (readerAtCloser, error)
	err    atomic.Pointer[error]
}

// Source identifies the JSONL files that columns were made from, by their sizes and the CRC-32C of their bytes.
type Source struct{ Requests, Events Fingerprint }

// Fingerprint of a file.
type Fingerprint struct {
	Size int64
	CRC  uint32
}

type blockAt struct {
	at       int64
	size     int
	crc      uint32
	requests int
	events   int
}

type readerAtCloser interface {
	io.ReaderAt
	io.Closer
}

// castagnoli is the polynomial that processors compute.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Both ends of a file of columns; the number is the version of the format. The fields that columns have are in the
// footer: a file of another list of fields is refused and made again, as one of another version is.
const (
	columnsHead = "assay columns 1\n"
	columnsTail = "\nassay columns end"
	tailSize    = 4 + 8 + len(columnsTail) // CRC-32C and size of the footer before it
)

var schema = func() string {
	var keys []string
	for _, f := range fields {
		keys = append(keys, f.key)
	}
	return strings.Join(keys, " ")
}()

// Len is the number of requests.
func (c *Columns) Len() int { return c.n }

// Events is the number of events of all requests.
func (c *Columns) Events() int { return c.events }

// Source says which JSONL files they were made from.
func (c *Columns) Source() Source { return c.source }

// All iterates over the requests, events included. A request is good until the next one is asked for: what is kept
// must be copied, its Events too. Where a block cannot be read it ends early, and Err says why.
func (c *Columns) All() iter.Seq[*Request] { return c.walk(true) }

// Summaries is All without events, which takes a third of the time.
func (c *Columns) Summaries() iter.Seq[*Request] { return c.walk(false) }

// Err is the first error that cut an iteration short, nil where there was none.
func (c *Columns) Err() error {
	if e := c.err.Load(); e != nil {
		return *e
	}
	return nil
}

func (c *Columns) fail(err error) { c.err.CompareAndSwap(nil, &err) }

var coders = sync.Pool{New: func() any { return new(blockCoder) }}

func (c *Columns) walk(events bool) iter.Seq[*Request] {
	return func(yield func(*Request) bool) {
		file, err := c.open()
		if err != nil {
			c.fail(err)
			return
		}
		defer file.Close()
		coder := coders.Get().(*blockCoder)
		defer coders.Put(coder)
		for i := range c.blocks {
			rs, err := coder.read(file, &c.blocks[i], events)
			if err != nil {
				c.fail(fmt.Errorf("block %d of the columns: %w", i, err))
				return
			}
			for k := range rs {
				if !yield(&rs[k]) {
					return
				}
			}
		}
	}
}

// read decodes the block at a place.
func (c *blockCoder) read(file io.ReaderAt, b *blockAt, events bool) ([]Request, error) {
	if err := c.load(file, b); err != nil {
		return nil, err
	}
	rs, err := c.decode(c.raw[:b.size], events)
	if err == nil && len(rs) != b.requests {
		err = errBlock
	}
	return rs, err
}

func (c *blockCoder) load(file io.ReaderAt, b *blockAt) error {
	if cap(c.raw) < b.size+slack {
		c.raw = make([]byte, b.size+b.size/4+slack)
	}
	c.raw = c.raw[:b.size+slack]
	if _, err := file.ReadAt(c.raw[:b.size], b.at); err != nil {
		return err
	}
	if crc32.Checksum(c.raw[:b.size], castagnoli) != b.crc {
		return errBlock
	}
	return nil
}

// OpenColumns opens a file of columns and checks every byte of it against its checksums.
func OpenColumns(path string) (*Columns, error) {
	c := &Columns{open: func() (readerAtCloser, error) { return os.Open(path) }}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if err := c.check(info.Size()); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

type memory struct{ *bytes.Reader }

func (memory) Close() error { return nil }

// PackColumns packs requests that are in the order in which they were due into memory.
func PackColumns(rs []Request, of Source) *Columns {
	var b bytes.Buffer
	_ = WriteColumns(&b, rs, of) // memory takes it
	data := b.Bytes()
	c := &Columns{open: func() (readerAtCloser, error) { return memory{bytes.NewReader(data)}, nil }}
	if err := c.check(int64(len(data))); err != nil {
		c.fail(err)
	}
	return c
}

// check reads the footer and looks at all blocks.
func (c *Columns) check(size int64) error {
	file, err := c.open()
	if err != nil {
		return err
	}
	defer file.Close()
	if err := c.readFooter(file, size); err != nil {
		return err
	}
	coder := coders.Get().(*blockCoder)
	defer coders.Put(coder)
	for i := range c.blocks {
		if err := coder.load(file, &c.blocks[i]); err != nil {
			return fmt.Errorf("block %d: %w", i, err)
		}
	}
	return nil
}

var errNoColumns = errors.New("not a whole file of columns of this version")

func (c *Columns) readFooter(file io.ReaderAt, size int64) error {
	if size < int64(len(columnsHead)+tailSize) {
		return errNoColumns
	}
	head, tail := make([]byte, len(columnsHead)), make([]byte, tailSize)
	if _, err := file.ReadAt(head, 0); err != nil {
		return err
	}
	if _, err := file.ReadAt(tail, size-int64(tailSize)); err != nil {
		return err
	}
	length := binary.LittleEndian.Uint64(tail[4:])
	if string(head) != columnsHead || string(tail[12:]) != columnsTail || length > uint64(size)-uint64(len(columnsHead)+tailSize) {
		return errNoColumns
	}
	footer := make([]byte, length)
	end := size - int64(tailSize) - int64(length)
	if _, err := file.ReadAt(footer, end); err != nil {
		return err
	}
	if crc32.Checksum(footer, castagnoli) != binary.LittleEndian.Uint32(tail) {
		return errNoColumns
	}
	return c.parseFooter(footer, end)
}

// parseFooter reads what footer wrote; blocks fill the file up to end.
func (c *Columns) parseFooter(footer []byte, end int64) error {
	rest, ok := bytes.CutPrefix(footer, append([]byte(schema), 0))
	if !ok {
		return errNoColumns
	}
	bad := false
	next := func() uint64 {
		v, n := binary.Uvarint(rest)
		if n <= 0 || v > 1<<62 {
			bad, rest = true, nil
			return 0
		}
		rest = rest[n:]
		return v
	}
	c.source = Source{Fingerprint{int64(next()), uint32(next())}, Fingerprint{int64(next()), uint32(next())}}
	at := int64(len(columnsHead))
	for len(rest) > 0 && !bad {
		b := blockAt{at: at, size: int(next()), crc: uint32(next()), requests: int(next()), events: int(next())}
		if bad || int64(b.size) > end-at || b.requests > blockRequests || b.events > mostEvents {
			return errNoColumns
		}
		at += int64(b.size)
		c.n += b.requests
		c.events += b.events
		c.blocks = append(c.blocks, b)
	}
	if bad || at != end {
		return errNoColumns
	}
	return nil
}

// WriteColumns writes requests that are in the order in which they were due.
func WriteColumns(w io.Writer, rs []Request, of Source) error {
	footer := append([]byte(schema), 0)
	for _, f := range []Fingerprint{of.Requests, of.Events} {
		footer = binary.AppendUvarint(binary.AppendUvarint(footer, uint64(f.Size)), uint64(f.CRC))
	}
	if _, err := io.WriteString(w, columnsHead); err != nil {
		return err
	}
	var coder blockCoder
	var block []byte
	for len(rs) > 0 {
		n, events := blockLength(rs)
		block = coder.encode(block[:0], rs[:n])
		if _, err := w.Write(block); err != nil {
			return err
		}
		footer = binary.AppendUvarint(footer, uint64(len(block)))
		footer = binary.AppendUvarint(footer, uint64(crc32.Checksum(block, castagnoli)))
		footer = binary.AppendUvarint(binary.AppendUvarint(footer, uint64(n)), uint64(events))
		rs = rs[n:]
	}
	size := len(footer)
	footer = binary.LittleEndian.AppendUint32(footer, crc32.Checksum(footer, castagnoli))
	footer = binary.LittleEndian.AppendUint64(footer, uint64(size))
	_, err := w.Write(append(footer, columnsTail...))
	return err
}

// blockLength is how many of the requests the next block takes, and how many events they have.
func blockLength(rs []Request) (n, events int) {
	for ; n < min(len(rs), blockRequests); n++ {
		if n > 0 && events+len(rs[n].Events) > blockEvents {
			break
		}
		events += len(rs[n].Events)
	}
	return n, events
}
