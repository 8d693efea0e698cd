package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/checkpoint"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/server"
	"github.com/assaylab/assay/experiments/host"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/target"
)

// drainTime is how long running requests may take to finish once the server is told
// to stop.
const drainTime = 10 * time.Second

type serveOptions struct {
	model, address, name string
	settings             scenario.Settings
	pin                  int
	supervised           bool
	verbose              bool
}

func newServe() *cobra.Command {
	o := serveOptions{settings: scenario.DefaultSettings()}
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve a model over an OpenAI-compatible HTTP API",
		Long: `Serve loads a model and answers /v1/completions, /v1/chat/completions and
/v1/models like OpenAI's API, streaming or not. /health and /metrics (Prometheus
text, vLLM's names where it has one) are there too. Every engine setting below can
be swept in a scenario, where it has the same name with underscores.

SIGTERM and Ctrl-C let running requests finish, for 10 seconds at most.`,
		Example: `  assay serve
  assay serve --model model.gguf --quantization Q8_0 --max-batch 16 --prefix-reuse`,
		Args: arguments(),
		RunE: func(c *cobra.Command, _ []string) error {
			return serve(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), os.Stdin, o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.model, "model", defaultModel, "GGUF file, embedded:NAME or cache:NAME")
	f.StringVar(&o.address, "listen", "127.0.0.1:8080", "address; port 0 takes a free one, which is printed")
	f.StringVar(&o.name, "name", "", "model name in the API (default: the file's own)")
	f.IntVar(&o.pin, "pin", -1, "processor that the engine's thread runs on, -1 for any")
	f.BoolVar(&o.supervised, "supervised", false, "end when standard input closes")
	f.BoolVar(&o.verbose, "verbose", false, "log every request")
	settingFlags(f, &o.settings)
	return c
}

// serve runs until ctx ends.
func serve(ctx context.Context, w, werr io.Writer, stdin io.Reader, o serveOptions) error {
	if o.supervised {
		var stop context.CancelFunc
		ctx, stop = context.WithCancel(ctx)
		go func() { _, _ = io.Copy(io.Discard, stdin); stop() }()
	}
	kernels, err := selectKernels()
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", o.address) // first: a port in use is known before a large model is read
	if err != nil {
		return environment(fmt.Errorf("serve: %w", err))
	}
	defer l.Close()
	// The engine's thread may be bound to a processor that was not counted at start;
	// the handlers need a slot of their own beside it.
	runtime.GOMAXPROCS(max(runtime.GOMAXPROCS(0), o.settings.Threads+1))
	e, c, err := startEngine(o, kernels)
	if err != nil {
		return err
	}
	defer e.Close()
	log := slog.New(slog.NewTextHandler(werr, &slog.HandlerOptions{Level: level(o.verbose)}))
	log.Info("serving", "model", c.File.Name, "kernels", kernels.Name, "options", fmt.Sprintf("%+v", e.Options()))
	h := server.New(serverConfig(o, c, e, log), server.FromEngine(e), server.FromTokenizer(c.Tokenizer))
	fmt.Fprintf(w, "%shttp://%s\n", target.Announcement, l.Addr())
	return serveUntil(ctx, l, h)
}

func level(verbose bool) slog.Level {
	if verbose {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

func startEngine(o serveOptions, kernels *kernel.Set) (*engine.Engine, *checkpoint.Checkpoint, error) {
	if err := o.settings.Validate(); err != nil {
		return nil, nil, err
	}
	c, err := openModel(o.model, o.settings.Quantization, kernels)
	if err != nil {
		return nil, nil, err
	}
	var e *engine.Engine
	if o.settings.DraftModel == "" {
		e, err = engine.New(c.Model, nil, c.Tokenizer.EOS(), o.settings.Options, pinned(o.pin))
	} else {
		var d *checkpoint.Checkpoint
		if d, err = openModel(o.settings.DraftModel, "", kernels); err != nil {
			return nil, nil, fmt.Errorf("draft model: %w", err)
		}
		if err := c.Compatible(d); err != nil {
			return nil, nil, err
		}
		e, err = engine.New(c.Model, d.Model, c.Tokenizer.EOS(), o.settings.Options, pinned(o.pin))
	}
	return e, c, err
}

// pinned returns what binds the engine's thread to a processor, nil for none.
func pinned(processor int) func() {
	if processor < 0 {
		return nil
	}
	return func() {
		if err := host.PinThread(processor); err != nil {
			slog.Warn("the engine's thread is not pinned", "processor", processor, "error", err)
		}
	}
}

func serverConfig(o serveOptions, c *checkpoint.Checkpoint, e *engine.Engine, log *slog.Logger) server.Config {
	name := o.name
	if name == "" {
		name = c.Model.Name
	}
	cfg := server.Config{Model: name, Context: e.Options().Context, Version: version(), Logger: log, RetryAfter: e.RetryAfter}
	if c.Chat != nil {
		cfg.Chat = c.Chat
	}
	return cfg
}

// serveUntil serves until ctx ends, then drains.
func serveUntil(ctx context.Context, l net.Listener, h *server.Server) error {
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(l) }()
	select {
	case err := <-failed:
		return environment(err)
	case <-ctx.Done():
	}
	drain, stop := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer stop()
	if err := h.Shutdown(drain); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: requests were cut off: %w", err)
	}
	return nil
}

// flagName is a setting's name on the command line.
func flagName(setting string) string { return strings.ReplaceAll(setting, "_", "-") }
