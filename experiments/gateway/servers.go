package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/target"
	"github.com/assaylab/assay/loadgen/dialect"
)

// Servers starts the processes of a ladder, starts them again when they end, and watches the servers that are there.
type Servers struct {
	Executable string              // the assay binary
	Key        func(string) string // an environment variable's value
	Log        io.Writer           // of the processes
	Client     *http.Client
	Patience   time.Duration // from a process's start until it is ready
	Probe      time.Duration // between looks at a server that is there, when it is not asked otherwise; 0 for a second
}

// Pauses before a process that ended is started again.
const (
	firstPause = 500 * time.Millisecond
	lastPause  = 30 * time.Second
)

// Args are the arguments that a process of a rung is started with, behind "serve".
func Args(l *scenario.Ladder, r scenario.Rung) []string {
	args := []string{"--model", l.Resolve(r.Model), "--name", servedName, "--listen", "127.0.0.1:0", "--supervised", "--log-level", "warn"}
	settings := r.Engine
	settings.DraftModel = l.Resolve(settings.DraftModel)
	defaults := scenario.DefaultSettings()
	if settings.Threads == 1 && len(r.CPUs) == 1 {
		args = append(args, "--pin", strconv.Itoa(r.CPUs[0]))
	}
	for _, d := range scenario.EngineSettings() {
		if v := d.Get(&settings); v != d.Get(&defaults) {
			args = append(args, "--"+strings.ReplaceAll(d.Name, "_", "-")+"="+v)
		}
	}
	return args
}

// cpus are the processors that a whole process keeps to; where one thread has one to itself, its handlers go where they like.
func cpus(r scenario.Rung) []int {
	if r.Engine.Threads == 1 && len(r.CPUs) == 1 {
		return nil
	}
	return r.CPUs
}

// Run starts everything and returns when each server has been there, or has not come in time, which is logged. A process that
// ends before it was ever ready is an error. Wait returns when all processes have ended, after ctx did.
func (s *Servers) Run(ctx context.Context, g *Gateway) (wait func(), err error) {
	ctx, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	wait = func() { stop(); all.Wait() }
	first := make(chan error, len(g.backends))
	for i, b := range g.backends {
		r := g.ladder.Rungs[b.Rung]
		all.Add(1)
		go func() {
			defer all.Done()
			if r.Model != "" {
				s.keep(ctx, g, i, r, first)
			} else {
				s.watch(ctx, g, i, r, first)
			}
		}()
	}
	for range g.backends {
		select {
		case failure := <-first:
			err = errors.Join(err, failure)
		case <-ctx.Done():
			return wait, context.Cause(ctx)
		}
	}
	if err == nil {
		g.Ready()
	}
	return wait, err
}

// keep has a process run until ctx ends.
func (s *Servers) keep(ctx context.Context, g *Gateway, i int, r scenario.Rung, first chan<- error) {
	log, pause := g.config.Logger.With("server", g.backends[i].Name), firstPause
	for begun := false; ctx.Err() == nil; {
		e := &target.Engine{Executable: s.Executable, Args: Args(g.ladder, r), CPUs: cpus(r), Client: s.Client}
		start := time.Now()
		err := s.once(ctx, g, i, e, log, func(err error) {
			if !begun {
				begun = true
				first <- err
			}
		})
		if ctx.Err() != nil {
			return
		}
		if time.Since(start) > lastPause {
			pause = firstPause
		}
		log.Error("a process ended and is started again", "after", time.Since(start).Round(time.Millisecond), "pause", pause, "error", err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
		pause = min(2*pause, lastPause)
	}
}

// once runs a process to its end. Begun is told when it is ready, or will not be in time.
func (s *Servers) once(ctx context.Context, g *Gateway, i int, e *target.Engine, log *slog.Logger, begun func(error)) error {
	if err := e.Check(ctx); err != nil {
		begun(err)
		return err
	}
	if err := e.Start(ctx, s.Log); err != nil {
		begun(err)
		return err
	}
	defer func() { _ = e.Stop() }() // how it ended is known by then, or was asked for
	late := time.AfterFunc(s.Patience, func() {
		log.Error("a process is not ready, and is waited for no longer before others are served", "patience", s.Patience)
		begun(nil)
	})
	err := e.Ready(ctx)
	late.Stop()
	if err != nil {
		begun(fmt.Errorf("server %s: %w", g.backends[i].Name, err))
		return err
	}
	g.SetServer(i, e.URL())
	log.Info("a process is ready", "url", e.URL())
	begun(nil)
	defer g.SetServer(i, "")
	select {
	case <-e.Died():
		return e.Death()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// watch looks at a server that is there: before the first request, and then while its breaker is not closed, so that requests
// need not find out that it is gone.
func (s *Servers) watch(ctx context.Context, g *Gateway, i int, r scenario.Rung, first chan<- error) {
	b, probe := g.backends[i], s.Probe
	if probe == 0 {
		probe = time.Second
	}
	if b.Model = r.Served; r.KeyVar != "" {
		if b.Key = s.Key(r.KeyVar); b.Key == "" {
			first <- fmt.Errorf("server %s: the environment variable %s is not set, which is to have its API key", b.Name, r.KeyVar)
			return
		}
	}
	log := g.config.Logger.With("server", b.Name)
	err := s.look(ctx, g, i, r, b)
	if err != nil {
		log.Error("a server cannot be reached, and is not asked until it can", "error", err)
	}
	up := err == nil
	first <- nil
	for tick := time.NewTicker(probe); ctx.Err() == nil; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			tick.Stop()
			return
		}
		if up && g.breaker(i) == Closed {
			continue
		}
		err := s.look(ctx, g, i, r, b)
		if (err == nil) != up {
			log.Warn("a server is there, or is not", "there", err == nil, "error", err)
		}
		up = err == nil
	}
}

func (g *Gateway) breaker(i int) BreakerState {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.control.Breaker(i, g.config.Now())
}

// look asks a server for its models, and so whether it is there.
func (s *Servers) look(ctx context.Context, g *Gateway, i int, r scenario.Rung, b *Backend) error {
	ctx, stop := context.WithTimeout(ctx, 5*time.Second)
	defer stop()
	key, err := dialect.NewKey(b.Key)
	if err != nil {
		return fmt.Errorf("environment variable %s: %w", r.KeyVar, err)
	}
	n := 0
	for j := range i { // replicas are numbered through the ladder
		if g.backends[j].Rung == b.Rung {
			n++
		}
	}
	kind, _ := dialect.Named("chat") // whose list of models is that of all who speak OpenAI's protocol
	remote, err := target.NewRemote(r.URLs[n], kind, key)
	if err != nil {
		return err
	}
	names, err := remote.Models(ctx)
	if err == nil && b.Model == "" {
		if len(names) == 0 {
			err = errors.New("it does not list its models: say served_model in the ladder")
		} else {
			b.Model = names[0]
		}
	}
	if err != nil {
		g.SetServer(i, "")
		return err
	}
	g.SetServer(i, remote.Base)
	return nil
}
