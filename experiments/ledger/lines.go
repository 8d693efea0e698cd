package ledger

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
)

// maxLine bounds the bytes of a line: answers are long, and a file without line ends is no log.
const maxLine = 64 << 20

// reading is a file on its way into the ledger: its lines, and the digest of what was read.
type reading struct {
	in    *bufio.Reader
	sum   hash.Hash
	size  int64 // bytes that were read
	lines int64
}

// known is a beginning of a file that the ledger has.
type known struct {
	size, lines int64
	digest      []byte
}

// startAfter reads on behind the longest beginning that is known; sizes ascend. What is read beyond it
// is read again.
func startAfter(f io.ReadSeeker, beginnings []known) (*reading, error) {
	r := &reading{sum: sha256.New()}
	at, state := int64(0), []byte(nil)
	h := sha256.New()
	for _, k := range beginnings {
		if _, err := io.CopyN(h, f, k.size-at); err != nil {
			if errors.Is(err, io.EOF) {
				break
			}
			return nil, err
		}
		at = k.size
		if bytes.Equal(h.Sum(nil), k.digest) {
			r.size, r.lines = k.size, k.lines
			var err error
			if state, err = h.(encoding.BinaryMarshaler).MarshalBinary(); err != nil {
				return nil, err
			}
		}
	}
	if state != nil {
		if err := r.sum.(encoding.BinaryUnmarshaler).UnmarshalBinary(state); err != nil {
			return nil, err
		}
	}
	_, err := f.Seek(r.size, io.SeekStart)
	r.in = bufio.NewReaderSize(f, 1<<20)
	return r, err
}

// next is the next line, without its end. Whole is false for a last line that has none.
func (r *reading) next() (line []byte, whole bool, err error) {
	for {
		part, err := r.in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxLine:
			return nil, false, fmt.Errorf("line %d: longer than %d bytes", r.lines+1, maxLine)
		case err == nil:
			return line[:len(line)-1], true, nil
		case errors.Is(err, io.EOF) && len(line) > 0:
			return line, false, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, false, err
		}
	}
}

// took notes that a line is dealt with.
func (r *reading) took(line []byte, whole bool) {
	r.sum.Write(line)
	r.size += int64(len(line))
	r.lines++
	if whole {
		r.sum.Write([]byte{'\n'})
		r.size++
	}
}

// elements calls do with every element of a JSON array, and the line that it begins on.
func elements(text []byte, do func(element []byte, line int64) error) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if _, err := d.Token(); err != nil {
		return err
	}
	line, counted := int64(1), int64(0)
	for d.More() {
		var e json.RawMessage
		if err := d.Decode(&e); err != nil {
			return fmt.Errorf("not JSON: %w", err)
		}
		from := d.InputOffset() - int64(len(e))
		line += int64(bytes.Count(text[counted:from], []byte{'\n'}))
		counted = from
		if err := do(e, line); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("the array has no end: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("expected one array, found more after it")
	}
	return nil
}
