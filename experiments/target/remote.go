package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/assaylab/assay/experiments/system"
	"github.com/assaylab/assay/loadgen/dialect"
)

// Remote is a server that is already there: it is not started and not stopped. Its counters are read where it has those of vLLM, or
// TensorRT-LLM's page of counters.
type Remote struct {
	Base string // URL without a final slash
	Kind dialect.Kind
	Key  dialect.Key

	client  *http.Client
	metrics exported // nil where it has none
}

var _ Target = (*Remote)(nil)

// listTimeout bounds how long a server may take to list its models.
const listTimeout = 30 * time.Second

// NewRemote is the server at a URL, whose version at the end ("/v1"), as other clients want it, is left out.
func NewRemote(address string, kind dialect.Kind, key dialect.Key) (*Remote, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("server is %q, expected a URL such as http://127.0.0.1:8000", key.Redact(address))
	case u.User != nil || u.RawQuery != "" || u.Fragment != "": // which may be a secret: it is not repeated
		return nil, fmt.Errorf("the URL of %s has a user, a query or a fragment, expected none: a key is taken from the environment", u.Host)
	}
	if err := kind.CheckBase(u.Path); err != nil {
		return nil, fmt.Errorf("dialect %s: %w", kind.Name, err)
	}
	base := strings.TrimSuffix(strings.TrimRight(address, "/"), kind.Version)
	return &Remote{Base: base, Kind: kind, Key: key, client: &http.Client{Timeout: listTimeout, CheckRedirect: SameServer}}, nil
}

// SameServer lets a request be sent on within its server alone: net/http would take most keys along to any other.
func SameServer(req *http.Request, via []*http.Request) error {
	const most = 3
	first := via[0].URL
	switch {
	case req.URL.Host != first.Host || req.URL.Scheme != first.Scheme:
		return fmt.Errorf("%s redirects to %s, which is not followed: name the server that is meant", first.Host, req.URL.Host)
	case len(via) > most:
		return errors.New("more than 3 redirects")
	}
	return nil
}

// ErrBusy says that a server has too much to do to list its models, which is a sign of life too.
var ErrBusy = errors.New("too busy to list its models")

// largestList bounds what is read of a list of models.
const largestList = 1 << 20

// Models are the names that the server lists; none where it has no list.
func (r *Remote) Models(ctx context.Context) ([]string, error) {
	list := r.Kind.List
	if list.Path == "" {
		return nil, nil
	}
	body, status, err := r.ask(ctx, list)
	switch {
	case err != nil:
		return nil, errors.New(r.Key.Redact(err.Error()))
	case status == http.StatusNotFound || status == http.StatusForbidden: // keys may be for requests alone
		return nil, nil
	case status == http.StatusUnauthorized:
		return nil, fmt.Errorf("%s refuses the API key, or the lack of one: %d %s", r.Base, status, http.StatusText(status))
	case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable || status == dialect.StatusOverloaded:
		return nil, fmt.Errorf("%s%s: %d %s: %w", r.Base, list.Path, status, http.StatusText(status), ErrBusy)
	case status != http.StatusOK:
		return nil, fmt.Errorf("%s%s: %d %s", r.Base, list.Path, status, http.StatusText(status))
	}
	names, err := dialect.ReadList(body)
	if err != nil {
		return nil, fmt.Errorf("%s%s is no list of models: %s", r.Base, list.Path, r.Key.Redact(err.Error()))
	}
	for i, name := range names {
		names[i] = r.Key.Redact(name)
	}
	return names, nil
}

func (r *Remote) ask(ctx context.Context, list dialect.List) (body []byte, status int, err error) {
	request, err := http.NewRequestWithContext(ctx, list.Method, r.Base+list.Path, nil)
	if err != nil {
		return nil, 0, err
	}
	request.Header = r.Kind.Header()
	r.Kind.Auth(r.Key).Sign(request.Header)
	answer, err := r.client.Do(request)
	if err != nil {
		return nil, 0, err
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(io.LimitReader(answer.Body, largestList))
	return body, answer.StatusCode, err
}

// Provider says that the host is one that charges, and that wants a key.
func (r *Remote) Provider() bool {
	u, err := url.Parse(r.Base)
	return err != nil || system.HostProvider(u.Hostname()) != ""
}

// Paid says that requests may cost money: what speaks a provider's dialect may pass them on to one.
func (r *Remote) Paid() bool { return r.Kind.Managed || r.Provider() }

// Check asks for the list of models.
func (r *Remote) Check(ctx context.Context) error {
	_, err := r.Models(ctx)
	if errors.Is(err, ErrBusy) {
		return nil
	}
	return err
}

// Start does nothing.
func (r *Remote) Start(context.Context, io.Writer) error { return nil }

// URL implements Target.
func (r *Remote) URL() string { return r.Base }

// Died is never closed: what becomes of the server shows in the outcomes of requests.
func (r *Remote) Died() <-chan struct{} { return nil }

// Death implements Target.
func (r *Remote) Death() error { return errors.New("a remote server is not watched") }
