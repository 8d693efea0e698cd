package pull

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"crypto/sha256"
)

// want is a file to download and what is known of it beforehand.
type want struct {
	url  string
	name string // for messages
	sum  string // SHA-256 in hex, "" where the source states none
	size int64  // -1 where the source states none
	auth string // Authorization for url's own host, "" for none
}

// ErrWrong marks bytes that are not those the source stated.
var ErrWrong = errors.New("wrong bytes")

// attempts is how often in a row a download may fail without a new byte.
const attempts = 5

// partial is a download that is not whole.
type partial struct {
	file *os.File
	meta string // path of the note beside it
	note
}

// note says what a partial file is of. Bytes of another version must not be joined.
type note struct {
	URL  string `json:"url"`
	ETag string `json:"etag"` // "" where the server gave none: then nothing is resumed
	Size int64  `json:"size"` // -1 for unknown
}

// download fetches w and returns the path of the whole file and its SHA-256.
func (p *Puller) download(ctx context.Context, w want) (path, sum string, size int64, err error) {
	part, err := p.openPartial(w)
	if err != nil {
		return "", "", 0, err
	}
	defer part.file.Close()
	for failed := 0; ; {
		before := part.at()
		err := p.fetch(ctx, w, part)
		if err == nil {
			break
		}
		var permanent *permanentError
		if ctx.Err() != nil || errors.As(err, &permanent) {
			return "", "", 0, errors.Join(ctx.Err(), err)
		}
		if failed++; part.at() > before {
			failed = 0
		}
		if failed >= attempts {
			return "", "", 0, fmt.Errorf("%s: %w; what arrived is kept, and the same command goes on from there", w.name, err)
		}
		p.Progress.Retry(w.name, err)
		if err := p.wait(ctx, failed); err != nil {
			return "", "", 0, err
		}
	}
	return p.verify(w, part)
}

// wait doubles its pause with every failure.
func (p *Puller) wait(ctx context.Context, failed int) error {
	t := time.NewTimer(p.Pause << failed)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// permanentError is one that trying again does not change.
type permanentError struct{ error }

func (e *permanentError) Unwrap() error { return e.error }

func permanent(format string, args ...any) error { return &permanentError{fmt.Errorf(format, args...)} }

func (p *Puller) openPartial(w want) (*partial, error) {
	dir := filepath.Join(p.Root, partialDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, hexSum(w.url))
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := lock(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s is being fetched by another process: %w", w.name, err)
	}
	part := &partial{file: f, meta: path + ".json", note: note{Size: -1}}
	data, err := os.ReadFile(part.meta)
	if err != nil || json.Unmarshal(data, &part.note) != nil || part.URL != w.url || part.ETag == "" {
		return part, part.restart(note{URL: w.url, Size: -1})
	}
	_, err = f.Seek(0, io.SeekEnd)
	return part, err
}

// restart forgets what has arrived.
func (t *partial) restart(n note) error {
	t.note = n
	data, err := json.Marshal(n)
	if err == nil {
		err = os.WriteFile(t.meta, data, 0o644)
	}
	if err == nil {
		err = t.file.Truncate(0)
	}
	if err == nil {
		_, err = t.file.Seek(0, io.SeekStart)
	}
	return err
}

// at is how much has arrived.
func (t *partial) at() int64 {
	n, err := t.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0
	}
	return n
}

func (t *partial) remove() error {
	return errors.Join(os.Remove(t.meta), os.Remove(t.file.Name()))
}

// fetch asks for what is missing and appends it.
func (p *Puller) fetch(ctx context.Context, w want, part *partial) error {
	at := part.at()
	if part.Size >= 0 && at == part.Size {
		return nil
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url, nil)
	if err != nil {
		return &permanentError{err}
	}
	if w.auth != "" {
		r.Header.Set("Authorization", w.auth)
	}
	r.Header.Set("Accept-Encoding", "identity") // lengths and ranges are of the file's own bytes
	if at > 0 {
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-", at))
		r.Header.Set("If-Range", part.ETag)
	}
	resp, err := p.Client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := accept(w, part, at, resp); err != nil {
		return err
	}
	return p.receive(ctx, stop, w, part, resp.Body)
}

// accept checks an answer's status, range and length, and starts over where the server
// sends the file from its beginning.
func accept(w want, part *partial, at int64, resp *http.Response) error {
	total := resp.ContentLength
	switch resp.StatusCode {
	case http.StatusOK:
		if err := part.restart(note{URL: w.url, ETag: strongETag(resp), Size: total}); err != nil {
			return &permanentError{err}
		}
	case http.StatusPartialContent:
		from, size, ok := contentRange(resp.Header.Get("Content-Range"))
		if !ok || from != at || part.Size >= 0 && size != part.Size {
			return startOver(part, w, fmt.Errorf("asked for bytes from %d of %d, got Content-Range %q", at, part.Size, resp.Header.Get("Content-Range")))
		}
		total = size
	case http.StatusRequestedRangeNotSatisfiable:
		return startOver(part, w, fmt.Errorf("the server has no bytes from %d on", at))
	default:
		return statusError(w, resp)
	}
	if w.size >= 0 && total >= 0 && total != w.size {
		return &permanentError{fmt.Errorf("%s: %w: the server sends %d bytes, the source states %d", w.name, ErrWrong, total, w.size)}
	}
	return nil
}

func startOver(part *partial, w want, why error) error {
	if err := part.restart(note{URL: w.url, Size: -1}); err != nil {
		return &permanentError{err}
	}
	return why
}

// strongETag is an entity tag that names exact bytes, "" for none.
func strongETag(resp *http.Response) string {
	if tag := resp.Header.Get("ETag"); strings.HasPrefix(tag, `"`) {
		return tag
	}
	return ""
}

// contentRange reads "bytes FROM-TO/SIZE" (RFC 9110, section 14.4).
func contentRange(text string) (from, size int64, ok bool) {
	span, total, ok := strings.Cut(strings.TrimPrefix(text, "bytes "), "/")
	first, _, ok2 := strings.Cut(span, "-")
	from, err := strconv.ParseInt(first, 10, 64)
	size, err2 := strconv.ParseInt(total, 10, 64)
	return from, size, ok && ok2 && err == nil && err2 == nil && from >= 0 && size > from
}

// statusError words what a server refused. Overload and failures of its own may pass.
func statusError(w want, resp *http.Response) error {
	err := fmt.Errorf("%s: the server answers %s", w.name, resp.Status)
	switch resp.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return permanent("%w: it may be private or need its licence accepted; set HF_TOKEN to a token that may read it", err)
	case http.StatusNotFound:
		return permanent("%w: no such file", err)
	case http.StatusTooManyRequests, http.StatusRequestTimeout:
		return err
	}
	if resp.StatusCode >= 500 {
		return err
	}
	return &permanentError{err}
}

// receive appends body to part, never more than the file's size. A server that sends
// nothing for Stall is given up on.
func (p *Puller) receive(ctx context.Context, stop func(), w want, part *partial, body io.Reader) error {
	limit := w.size
	if limit < 0 {
		limit = part.Size
	}
	stalled := time.AfterFunc(p.Stall, stop)
	defer stalled.Stop()
	buf := make([]byte, 1<<18)
	for at := part.at(); ; {
		n, err := body.Read(buf)
		stalled.Reset(p.Stall)
		if at += int64(n); limit >= 0 && at > limit {
			return errors.Join(permanent("%s: %w: more than the %d bytes stated", w.name, ErrWrong, limit), part.remove())
		}
		if _, werr := part.file.Write(buf[:n]); werr != nil {
			return &permanentError{werr}
		}
		p.Progress.Bytes(w.name, at, limit)
		switch {
		case ctx.Err() != nil: // what is buffered would still arrive
			return ctx.Err()
		case err == io.EOF && limit >= 0 && at < limit:
			return fmt.Errorf("the connection ended after %d of %d bytes", at, limit)
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// verify hashes the whole file and compares.
func (p *Puller) verify(w want, part *partial) (path, sum string, size int64, err error) {
	size = part.at()
	h := sha256.New()
	if err := hashFile(part.file, size, h); err != nil {
		return "", "", 0, err
	}
	if err := part.file.Sync(); err != nil {
		return "", "", 0, err
	}
	sum = hex.EncodeToString(h.Sum(nil))
	if w.sum != "" && sum != w.sum {
		err := fmt.Errorf("%s: %w: SHA-256 is %s, expected %s; nothing was kept", w.name, ErrWrong, sum, w.sum)
		return "", "", 0, errors.Join(err, part.remove())
	}
	return part.file.Name(), sum, size, os.Remove(part.meta)
}
