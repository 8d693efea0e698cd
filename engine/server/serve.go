package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
)

// Serve answers on ln until Shutdown or Close, then returns nil.
//
// It sets no timeout on whole answers, which may stream for long: each message has
// its own (Config.SendTimeout), and so has the reading of a body (Config.BodyTimeout).
func (s *Server) Serve(ln net.Listener) error {
	hs := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.config.Logger.Handler(), slog.LevelWarn),
	}
	s.mu.Lock()
	s.http = append(s.http, hs)
	s.mu.Unlock()
	if s.running.draining() {
		return errors.Join(ln.Close(), hs.Close())
	}
	if err := hs.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Shutdown drains: new generation requests get 503 and /health says so, while those
// that run are finished. Then the listeners are closed. Where ctx ends first, what
// still runs is cut off, and ctx's error returned.
func (s *Server) Shutdown(ctx context.Context) error {
	s.running.close()
	err := s.running.wait(ctx)
	for _, hs := range s.servers() {
		if err == nil {
			err = hs.Shutdown(ctx)
		}
		if err != nil {
			hs.Close() //nolint:errcheck // the drain's own error is the one to tell
		}
	}
	return err
}

// Close stops at once: running requests are cut off.
func (s *Server) Close() error {
	s.running.close()
	var errs []error
	for _, hs := range s.servers() {
		errs = append(errs, hs.Close())
	}
	return errors.Join(errs...)
}

func (s *Server) servers() []*http.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*http.Server(nil), s.http...)
}
