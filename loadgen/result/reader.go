package result

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"slices"
	"strings"
)

// TornError says what the death of a writer left at the end of the files. The
// requests returned with it are whole.
type TornError struct{ Places []string }

func (e *TornError) Error() string {
	return "torn end, as after a crash: " + strings.Join(e.Places, "; ")
}

// ReadFile reads the two files of a trial and returns the requests by seq, each
// with its events. An error of type *TornError comes with every request that was
// written whole; with any other error there are no requests.
func ReadFile(requests, events string) ([]Request, error) {
	rs, _, err := readFiles(requests, events)
	slices.SortFunc(rs, func(a, b Request) int { return cmp.Compare(a.Seq, b.Seq) })
	return rs, err
}

// ReadDue is ReadFile with the requests in the order in which they were due (by Intended, then Seq), and with what
// identifies the files.
func ReadDue(requests, events string) ([]Request, Source, error) {
	rs, source, err := readFiles(requests, events)
	slices.SortFunc(rs, func(a, b Request) int {
		return cmp.Or(cmp.Compare(a.Intended, b.Intended), cmp.Compare(a.Seq, b.Seq))
	})
	return rs, source, err
}

// readFiles returns the requests in the order of the lines. With a *TornError there are requests, with another error none.
func readFiles(requests, events string) (rs []Request, source Source, err error) {
	var torn TornError
	rs, lines, err := readRequests(requests, &source.Requests, &torn)
	if err != nil {
		return nil, source, err
	}
	if err := joinEvents(rs, lines, requests, events, &source.Events, &torn); err != nil {
		return nil, source, err
	}
	if len(torn.Places) > 0 {
		return rs, source, &torn
	}
	return rs, source, nil
}

// seqLines are the numbers of lines, from 1, by the seq that is on them: in a slice as long as seqs are dense, as a
// schedule's are, and in a map otherwise.
type seqLines struct {
	dense  []int32
	sparse map[uint64]int
}

// at is the line of a seq, 0 where there is none.
func (s *seqLines) at(seq uint64) int {
	if seq < uint64(len(s.dense)) && s.dense[seq] != 0 {
		return int(s.dense[seq])
	}
	return s.sparse[seq]
}

// put notes the n-th line of a file.
func (s *seqLines) put(seq uint64, n int) {
	const room = 1 << 16
	if seq >= 2*uint64(n)+room || n > math.MaxInt32 {
		if s.sparse == nil {
			s.sparse = map[uint64]int{}
		}
		s.sparse[seq] = n
		return
	}
	if seq >= uint64(len(s.dense)) {
		s.dense = append(s.dense, make([]int32, seq+1-uint64(len(s.dense)))...)
	}
	s.dense[seq] = int32(n)
}

// readRequests reads requests.jsonl: the request of line n is the one at n-1.
func readRequests(path string, file *Fingerprint, torn *TornError) ([]Request, *seqLines, error) {
	var rs []Request
	lines, scan := new(seqLines), newScanner()
	err := eachLine(path, file, torn, func(n int, line []byte) error {
		r, err := scan.request(line)
		if err != nil {
			return err
		}
		if first := lines.at(r.Seq); first != 0 {
			return fmt.Errorf("seq %d: already on line %d", r.Seq, first)
		}
		lines.put(r.Seq, n)
		rs = append(rs, r)
		return nil
	})
	return rs, lines, err
}

// joinEvents gives every request its events. At most one line, the last, may name
// a request that is not there: its request was in flight when the writer died.
func joinEvents(rs []Request, index *seqLines, requests, events string, file *Fingerprint, torn *TornError) error {
	lines, scan := new(seqLines), newScanner()
	orphan := 0
	err := eachLine(events, file, torn, func(n int, line []byte) error {
		seq, evs, err := scan.events(line)
		if err != nil {
			return err
		}
		if orphan != 0 {
			return fmt.Errorf("line %d: no request with its seq in %s", orphan, requests)
		}
		if first := lines.at(seq); first != 0 {
			return fmt.Errorf("seq %d: already on line %d", seq, first)
		}
		lines.put(seq, n)
		if i := index.at(seq); i != 0 {
			rs[i-1].Events = evs
		} else {
			orphan = n
		}
		return nil
	})
	if err != nil {
		return err
	}
	if orphan != 0 {
		torn.Places = append(torn.Places, fmt.Sprintf("%s:%d: events of a request that is not in %s", events, orphan, requests))
	}
	for i := range rs {
		if lines.at(rs[i].Seq) == 0 {
			return fmt.Errorf("%s: no line for seq %d, which %s has", events, rs[i].Seq, requests)
		}
	}
	return nil
}

// eachLine calls f for every line of the file, from 1, and sets what identifies it. A line is good until the next one.
// A last line without a newline that f refuses is noted as torn, any other refusal is the error.
func eachLine(path string, of *Fingerprint, torn *TornError, f func(n int, line []byte) error) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read timeline: %w", err)
	}
	defer file.Close()
	br := bufio.NewReaderSize(of.tee(file), 1<<18)
	var long []byte
	for n := 1; ; n++ {
		line, err := nextLine(br, &long)
		last := errors.Is(err, io.EOF)
		if err != nil && !last {
			return fmt.Errorf("read %s: %w", path, err)
		}
		if last && len(line) == 0 {
			return nil
		}
		switch err := f(n, line); {
		case err != nil && last:
			torn.Places = append(torn.Places, fmt.Sprintf("%s:%d: last line cut short after %d bytes", path, n, len(line)))
		case err != nil:
			return fmt.Errorf("%s:%d: %w", path, n, err)
		}
		if last {
			return nil
		}
	}
}

// nextLine reads a line with its newline, in long where the reader's own memory is too small for it.
func nextLine(br *bufio.Reader, long *[]byte) ([]byte, error) {
	line, err := br.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	*long = append((*long)[:0], line...)
	for errors.Is(err, bufio.ErrBufferFull) {
		line, err = br.ReadSlice('\n')
		*long = append(*long, line...)
	}
	return *long, err
}

// tee takes the fingerprint of what is read from r.
func (f *Fingerprint) tee(r io.Reader) io.Reader { return io.TeeReader(r, f) }

// Write adds bytes to what is identified.
func (f *Fingerprint) Write(p []byte) (int, error) {
	f.Size += int64(len(p))
	f.CRC = crc32.Update(f.CRC, castagnoli, p)
	return len(p), nil
}

// FingerprintOf reads a file for its fingerprint.
func FingerprintOf(path string) (f Fingerprint, err error) {
	file, err := os.Open(path)
	if err != nil {
		return f, err
	}
	defer file.Close()
	_, err = io.CopyBuffer(&f, struct{ io.Reader }{file}, make([]byte, 1<<18))
	return f, err
}
