package result

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
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
	var torn TornError
	rs, err := readRequests(requests, &torn)
	if err != nil {
		return nil, err
	}
	if err := joinEvents(rs, requests, events, &torn); err != nil {
		return nil, err
	}
	slices.SortFunc(rs, func(a, b Request) int { return cmp.Compare(a.Seq, b.Seq) })
	if len(torn.Places) > 0 {
		return rs, &torn
	}
	return rs, nil
}

// ReadRequests reads requests.jsonl alone: the requests by seq, without events.
// Errors are as for ReadFile.
func ReadRequests(requests string) ([]Request, error) {
	var torn TornError
	rs, err := readRequests(requests, &torn)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(rs, func(a, b Request) int { return cmp.Compare(a.Seq, b.Seq) })
	if len(torn.Places) > 0 {
		return rs, &torn
	}
	return rs, nil
}

func readRequests(path string, torn *TornError) ([]Request, error) {
	var rs []Request
	lines := map[uint64]int{}
	err := eachLine(path, torn, func(n int, line []byte) error {
		r, err := decodeRequest(line)
		if err != nil {
			return err
		}
		if first, twice := lines[r.Seq]; twice {
			return fmt.Errorf("seq %d: already on line %d", r.Seq, first)
		}
		lines[r.Seq] = n
		rs = append(rs, r)
		return nil
	})
	return rs, err
}

// joinEvents gives every request its events. At most one line, the last, may name
// a request that is not there: its request was in flight when the writer died.
func joinEvents(rs []Request, requests, events string, torn *TornError) error {
	index := make(map[uint64]int, len(rs))
	for i, r := range rs {
		index[r.Seq] = i
	}
	lines := map[uint64]int{}
	orphan := 0
	err := eachLine(events, torn, func(n int, line []byte) error {
		seq, evs, err := decodeEvents(line)
		if err != nil {
			return err
		}
		if orphan != 0 {
			return fmt.Errorf("line %d: no request with its seq in %s", orphan, requests)
		}
		if first, twice := lines[seq]; twice {
			return fmt.Errorf("seq %d: already on line %d", seq, first)
		}
		lines[seq] = n
		if i, ok := index[seq]; ok {
			rs[i].Events = evs
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
	for _, r := range rs {
		if lines[r.Seq] == 0 {
			return fmt.Errorf("%s: no line for seq %d, which %s has", events, r.Seq, requests)
		}
	}
	return nil
}

// eachLine calls f for every line of the file, from 1. A last line without a
// newline that f refuses is noted as torn, any other refusal is the error.
func eachLine(path string, torn *TornError, f func(n int, line []byte) error) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read timeline: %w", err)
	}
	defer file.Close()
	br := bufio.NewReaderSize(file, 1<<16)
	for n := 1; ; n++ {
		line, err := br.ReadBytes('\n')
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
