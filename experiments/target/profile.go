package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Profiler is a Target whose processor time can be profiled while it answers.
type Profiler interface {
	// BeginProfile begins a CPU profile, with so many samples per second of processor time.
	BeginProfile(ctx context.Context, rateHz int) error
	// EndProfile ends it, and returns it in pprof's format.
	EndProfile(ctx context.Context) ([]byte, error)
	// HeapProfile is a profile of its memory, in pprof's format.
	HeapProfile(ctx context.Context) ([]byte, error)
}

// ErrNoProfile is returned by builds that cannot profile a part of their life.
var ErrNoProfile = errors.New("this build of the engine gives no profile of a trial's part")

// largestProfile bounds what is read of a profile.
const largestProfile = 1 << 26

var _ Profiler = (*Engine)(nil)

// BeginProfile implements Profiler. The process must have been started with --pprof.
func (e *Engine) BeginProfile(ctx context.Context, rateHz int) error {
	_, err := e.profile(ctx, http.MethodPost, fmt.Sprintf("/debug/pprof/begin?rate_hz=%d", rateHz))
	return err
}

// EndProfile implements Profiler.
func (e *Engine) EndProfile(ctx context.Context) ([]byte, error) {
	return e.profile(ctx, http.MethodPost, "/debug/pprof/end")
}

// HeapProfile implements Profiler.
func (e *Engine) HeapProfile(ctx context.Context) ([]byte, error) {
	return e.profile(ctx, http.MethodGet, "/debug/pprof/heap")
}

func (e *Engine) profile(ctx context.Context, method, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, e.base+path, nil)
	if err != nil {
		return nil, err
	}
	res, err := e.Client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, largestProfile))
	switch {
	case err != nil:
		return nil, err
	case res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusMethodNotAllowed:
		return nil, ErrNoProfile
	case res.StatusCode >= 300:
		return nil, fmt.Errorf("%s %s: %s: %.200s", method, path, res.Status, body)
	}
	return body, nil
}
