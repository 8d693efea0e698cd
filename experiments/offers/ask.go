package offers

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/stream"
)

// Bounds of one answer.
const (
	answerTime  = 30 * time.Second
	largestBody = 1 << 20
)

// patience is how long one answer may take.
func (s Server) patience() time.Duration { return cmp.Or(s.Patience, answerTime) }

// errLate is an answer that did not come in time.
var errLate = errors.New("no answer in time")

// late tells an answer's own deadline from whatever else ended it, and redacts the rest.
func (s Server) late(caller context.Context, err error) error {
	if caller.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return errLate
	}
	return errors.New(s.Key.Redact(err.Error()))
}

func (s Server) get(ctx context.Context, path string) ([]byte, int, error) {
	return s.ask(ctx, http.MethodGet, path, nil, nil)
}

// ask sends one request, with the key as the dialect sends it, and reads the whole answer.
func (s Server) ask(ctx context.Context, method, path string, header http.Header, body []byte) ([]byte, int, error) {
	ctx, cancel := context.WithTimeout(ctx, s.patience())
	defer cancel()
	res, err := s.send(ctx, method, path, header, body)
	if err != nil {
		return nil, 0, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, largestBody))
	return raw, res.StatusCode, err
}

func (s Server) send(ctx context.Context, method, path string, header http.Header, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, s.Base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header = s.Kind.Header()
	for name, values := range header {
		req.Header[name] = values
	}
	s.Kind.Auth(s.Key).Sign(req.Header)
	return s.Client.Do(req)
}

// said is one answer, as far as it matters here.
type said struct {
	status   int
	stream   bool // it came as server-sent events
	messages int  // with text
	counted  int  // of these, those that a count came with
	usage    *dialect.Usage
	finish   string
	text     string
	model    string
	problem  string // what the server says is wrong, or what is wrong with the answer
}

// refused says that the server understood the request and does not take it.
func (a *said) refused() bool {
	return a.status == http.StatusBadRequest || a.status == http.StatusUnprocessableEntity || a.status == http.StatusNotImplemented
}

// generate sends an encoded request and reads the answer by the dialect. An error is one of the connection.
func (s Server) generate(caller context.Context, call dialect.Call) (*said, error) {
	ctx, cancel := context.WithTimeout(caller, s.patience())
	defer cancel()
	res, err := s.send(ctx, http.MethodPost, call.Path, call.Header, call.Body)
	if err != nil {
		return nil, s.late(caller, err)
	}
	defer res.Body.Close()
	media, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	a := &said{status: res.StatusCode, stream: media == "text/event-stream"}
	if res.StatusCode != http.StatusOK {
		raw, _ := io.ReadAll(io.LimitReader(res.Body, largestBody))
		a.problem = fmt.Sprintf("%d %s", res.StatusCode, oneLine(s.Key.Redact(failure(raw)), 200))
		return a, nil
	}
	if err := stream.ReadWhole(io.LimitReader(res.Body, largestBody), s.Kind.Dialect.NewDecoder(), a.take); err != nil {
		a.problem = oneLine(s.Key.Redact(err.Error()), 200)
	}
	return a, nil
}

// failure is the message in the body of a refusal, or the body.
func failure(raw []byte) string {
	var m struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
		Detail  string          `json:"detail"`
	}
	if json.Unmarshal(raw, &m) != nil {
		return string(raw)
	}
	var inner struct {
		Message string `json:"message"`
	}
	var text string
	switch {
	case json.Unmarshal(m.Error, &inner) == nil && inner.Message != "":
		return inner.Message
	case json.Unmarshal(m.Error, &text) == nil && text != "":
		return text
	case m.Message != "":
		return m.Message
	case m.Detail != "":
		return m.Detail
	}
	return string(raw)
}

// take adds a part of the answer.
func (a *said) take(d dialect.Delta) {
	if d.Usage != nil {
		usage := *d.Usage // good until the next call alone
		a.usage = &usage
	}
	if d.Message && d.Text != "" {
		a.messages++
		if d.Usage != nil {
			a.counted++
		}
	}
	if d.Finish != "" {
		a.finish = d.Finish
	}
	if d.Model != "" {
		a.model = d.Model
	}
	a.text += d.Text
}
