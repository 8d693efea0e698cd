package record

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/assaylab/assay/loadgen/result"
)

// ColumnsFile holds what the two JSONL files of a trial hold, packed so that a report on millions of requests reads it
// in seconds. It is made from them, and made again where it is missing, damaged or not of them: they are what was measured.
const ColumnsFile = "requests.col"

// ColumnsFrom is the number of requests from which a trial gets one. Fewer are read from the JSONL files in no time.
const ColumnsFrom = 4096

// Columns are the requests of one trial, in the order in which they were due. They are read from ColumnsFile, or from
// the JSONL files, of which ColumnsFile is then made where the directory can be written. An error of type
// *result.TornError comes with the requests that are whole.
func (s *Set) Columns(id string) (*result.Columns, error) {
	if !slices.ContainsFunc(s.Trials, func(t Trial) bool { return t.Key.ID == id }) {
		return nil, fmt.Errorf("%s: no finished trial %q among the %d that are", s.Dir, id, len(s.Trials))
	}
	return columns(filepath.Join(s.Dir, TrialsDir, id))
}

// PackTrial makes the ColumnsFile of a trial's directory, so that no reader has to. What is wrong with the JSONL files
// their reader says; the error is of writing.
func PackTrial(dir string) error {
	rs, source, err := result.ReadDue(filepath.Join(dir, RequestsFile), filepath.Join(dir, EventsFile))
	if err != nil || plausible(rs) != nil {
		return nil
	}
	return writeColumns(filepath.Join(dir, ColumnsFile), rs, source)
}

func columns(dir string) (*result.Columns, error) {
	path, requests, events := filepath.Join(dir, ColumnsFile), filepath.Join(dir, RequestsFile), filepath.Join(dir, EventsFile)
	if c := openFresh(path, requests, events); c != nil {
		return c, nil
	}
	rs, source, err := result.ReadDue(requests, events)
	var torn *result.TornError
	if err != nil && !errors.As(err, &torn) {
		return nil, err
	}
	if err := plausible(rs); err != nil {
		return nil, err
	}
	if torn == nil && len(rs) >= ColumnsFrom && writeColumns(path, rs, source) == nil {
		if c, err := result.OpenColumns(path); err == nil {
			return c, nil
		}
	}
	return result.PackColumns(rs, source), err
}

// openFresh opens columns that are whole and of these files as they are now; nil where there are none. As make does, it
// trusts columns that are younger than files of the right sizes; otherwise it reads the files for their checksums, and
// makes columns that are of them the youngest, so that the next reader need not.
func openFresh(path, requests, events string) *result.Columns {
	info, err := os.Stat(path)
	if err != nil {
		return nil
	}
	c, err := result.OpenColumns(path)
	if err != nil {
		return nil
	}
	young := true
	for file, of := range map[string]result.Fingerprint{requests: c.Source().Requests, events: c.Source().Events} {
		now, err := os.Stat(file)
		if err != nil || now.Size() != of.Size {
			return nil
		}
		if now.ModTime().Before(info.ModTime()) {
			continue
		}
		young = false
		if is, err := result.FingerprintOf(file); err != nil || is != of {
			return nil
		}
	}
	if !young {
		now := time.Now()
		_ = os.Chtimes(path, now, now) // where it cannot be, the next reader looks again
	}
	return c
}

func writeColumns(path string, rs []result.Request, of result.Source) error {
	return atomically(path, func(f *os.File) error {
		w := bufio.NewWriterSize(f, 1<<18)
		return errors.Join(result.WriteColumns(w, rs, of), w.Flush())
	})
}

// mostTokens is more than any context holds. A count above it is a damaged file, and
// would be spread over as many samples.
const mostTokens = 1 << 24

func plausible(requests []result.Request) error {
	for i := range requests {
		r := &requests[i]
		most := max(r.AskedOutput, r.AskedPrompt, r.PromptTokens, r.OutputTokens)
		for _, e := range r.Events {
			most = max(most, e.Tokens)
		}
		if most > mostTokens {
			return fmt.Errorf("request %d counts %d tokens: expected at most %d", r.Seq, most, mostTokens)
		}
	}
	return nil
}
