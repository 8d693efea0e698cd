package target

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Remote is an OpenAI-compatible server that is already there: it is not started, not stopped, and its counters are not read.
type Remote struct {
	Base   string      // URL without a final slash
	Header http.Header // of every request, such as Authorization
	Client *http.Client
}

var _ Target = (*Remote)(nil)

// NewRemote is the server at a URL, whose "/v1" at the end, as other clients want it, is left out.
func NewRemote(url string, header http.Header, client *http.Client) *Remote {
	return &Remote{Base: strings.TrimSuffix(strings.TrimRight(url, "/"), "/v1"), Header: header, Client: client}
}

// largestList bounds what is read of a list of models.
const largestList = 1 << 20

// Models are the names that the server lists; none where it has no list.
func (r *Remote) Models(ctx context.Context) ([]string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.Base+"/v1/models", nil)
	if err != nil {
		return nil, err
	}
	request.Header = r.Header.Clone()
	answer, err := r.Client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, largestList))
	switch {
	case err != nil:
		return nil, err
	case answer.StatusCode == http.StatusNotFound:
		return nil, nil
	case answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden:
		return nil, fmt.Errorf("%s refuses the API key, or the lack of one: %s", r.Base, answer.Status)
	case answer.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%s/v1/models: %s", r.Base, answer.Status)
	}
	var list struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, fmt.Errorf("%s/v1/models is no list of models: %w", r.Base, err)
	}
	var names []string
	for _, m := range list.Data {
		names = append(names, m.ID)
	}
	return names, nil
}

// Check asks for the list of models.
func (r *Remote) Check(ctx context.Context) error {
	_, err := r.Models(ctx)
	return err
}

// Start does nothing.
func (r *Remote) Start(context.Context, io.Writer) error { return nil }

// Ready does nothing: Check has had an answer.
func (r *Remote) Ready(context.Context) error { return nil }

// URL implements Target.
func (r *Remote) URL() string { return r.Base }

// Stats are not known.
func (r *Remote) Stats(context.Context) (Stats, error) { return Stats{}, nil }

// Died is never closed: what becomes of the server shows in the outcomes of requests.
func (r *Remote) Died() <-chan struct{} { return nil }

// Death implements Target.
func (r *Remote) Death() error { return errors.New("a remote server is not watched") }

// Stop does nothing.
func (r *Remote) Stop() error { return nil }
