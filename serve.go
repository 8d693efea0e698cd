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
	"github.com/spf13/pflag"

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
	template             string // file
	keyFile, traceSteps  string
	sharedCache, pins    bool
	pinFiles             []string
	offload              string // directory
	offloadBytes         int64
	maxBody              int64
	pprof                string
	logFormat, logLevel  string
	usage                usageOptions
	ladder               ladderOptions
}

func newServe() *cobra.Command {
	o := serveOptions{settings: scenario.DefaultSettings()}
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve a model over an OpenAI-compatible HTTP API",
		Long: `Serve loads a model and answers /v1/completions, /v1/chat/completions and
/v1/models like OpenAI's API, streaming or not, and /tokenize and /detokenize like
vLLM's. /health and /metrics (Prometheus text, vLLM's names where it has one) are
there too. Every engine setting below can be swept in a scenario, where it has the
same name with underscores.

With API keys, from --api-key-file or from the environment variable ASSAY_API_KEYS
(separated by commas or spaces), a request needs the header Authorization: Bearer KEY.
/health, /version and /metrics stay open, for probes and scrapers. A supervised server
takes no keys from the environment.

Every request is one line of the log on standard error, without its texts.

With --ladder it is a gateway in front of several deployments, which it starts or which
are there: each request goes to the best one that is expected to keep the limits. Settings
of engines are then in the ladder file.

SIGTERM and Ctrl-C let running requests finish, for 10 seconds at most.`,
		Example: `  assay serve
  assay serve --model model.gguf --quantization Q8_0 --max-batch 16 --prefix-cache hash
  assay serve --ladder scenarios/ladders/gopherling.toml --dry-run`,
		Args: arguments(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.ladder.check(c.Flags()); err != nil {
				return err
			}
			return serve(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), os.Stdin, o)
		},
	}
	o.flags(c.Flags())
	return c
}

func (o *serveOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.model, "model", defaultModel, "GGUF file, embedded:NAME or cache:NAME")
	f.StringVar(&o.address, "listen", "127.0.0.1:8080", "address; port 0 takes a free one, which is printed")
	f.StringVar(&o.name, "name", "", "model name in the API (default: the file's own)")
	f.IntVar(&o.pin, "pin", -1, "processor that the engine's thread runs on, -1 for any")
	f.BoolVar(&o.supervised, "supervised", false, "end when standard input closes")
	f.StringVar(&o.template, "chat-template", "", "file with a chat template to use instead of the model's own")
	f.StringVar(&o.keyFile, "api-key-file", "", "file of API keys, one a line, then name=, team=, weight= and priority=; # starts a comment")
	f.Float64Var(&o.settings.Handicap, "handicap", 0, "make every step longer by this share of itself, to see whether a gate finds it")
	f.StringVar(&o.traceSteps, "trace-steps", "", "file that gets a line of JSON for every step of the engine, see assay trace")
	f.BoolVar(&o.sharedCache, "shared-prefix-cache", false, "have requests of different API keys find each other's prompts, which answers' times then tell")
	f.StringArrayVar(&o.pinFiles, "pin-prefix", nil, "file whose text, or in .json whose messages, stay in the prefix cache for all; may be repeated")
	f.BoolVar(&o.pins, "allow-pins", false, "let requests pin their prompts with pin_prompt")
	f.StringVar(&o.offload, "offload", "", "directory for evicted blocks of the prefix cache, found again after a restart with the same model and settings")
	f.Int64Var(&o.offloadBytes, "offload-bytes", defaultOffloadBytes, "most that the directory holds; the oldest blocks go")
	f.Int64Var(&o.maxBody, "max-request-bytes", server.DefaultMaxBody, "largest body of a request; a larger one is answered with 413")
	f.StringVar(&o.logFormat, "log-format", "text", "log lines: "+strings.Join(logFormats, ", "))
	f.StringVar(&o.logLevel, "log-level", "info", "least level to log: "+strings.Join(logLevels, ", "))
	f.StringVar(&o.pprof, "pprof", pprofOff, "profiles under /debug/pprof/: off, loopback (only if the server listens there), any")
	f.Lookup("pprof").NoOptDefVal = pprofLoopback
	o.usage.flags(f)
	o.ladder.flags(f)
	settingFlags(f, &o.settings)
}

// serve runs until ctx ends.
func serve(ctx context.Context, w, werr io.Writer, stdin io.Reader, o serveOptions) (err error) {
	if o.supervised {
		var stop context.CancelFunc
		ctx, stop = context.WithCancel(ctx)
		go func() { _, _ = io.Copy(io.Discard, stdin); stop() }()
	}
	if err := o.check(); err != nil {
		return err
	}
	if o.ladder.file != "" {
		return serveLadder(ctx, w, werr, o)
	}
	keys, err := o.apiKeys(os.Getenv(keysVariable))
	if err != nil {
		return err
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
	if err := o.checkAddress(l.Addr()); err != nil {
		return err
	}
	// The engine's thread may be bound to a processor that was not counted at start;
	// the handlers need a slot of their own beside it.
	runtime.GOMAXPROCS(max(runtime.GOMAXPROCS(0), o.settings.Threads+1))
	log := newLogger(werr, o.logFormat, o.logLevel)
	e, c, err := startEngine(o, kernels, log)
	if err != nil {
		return err
	}
	defer e.Close()
	stopTrace, err := traceSteps(e, o.traceSteps, log)
	if err != nil {
		return err
	}
	defer func() {
		e.Close() // a trace ends after the last step
		err = errors.Join(err, stopTrace())
	}()
	log.Info("serving", "model", c.File.Name, "kernels", kernels.Name, "options", fmt.Sprintf("%+v", e.Options()), "api_keys", len(keys))
	config, err := serverConfig(o, c, e, log)
	if err != nil {
		return err
	}
	metering, stopUsage, err := o.usage.meter(ctx, e.Options().BlockSize, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopUsage()) }()
	config.Metering = metering
	config.APIKeys, config.SharedCache, config.Pins = keys, o.sharedCache, o.pins
	h := server.New(config, server.FromEngine(e), server.FromTokenizer(c.Tokenizer))
	if err := o.pinPrefixes(ctx, e, h, log); err != nil {
		return err
	}
	fmt.Fprintf(w, "%shttp://%s\n", target.Announcement, l.Addr())
	return serveUntil(ctx, l, h)
}

func startEngine(o serveOptions, kernels *kernel.Set, log *slog.Logger) (*engine.Engine, *checkpoint.Checkpoint, error) {
	if err := o.settings.Validate(); err != nil {
		return nil, nil, err
	}
	c, err := openModel(o.model, o.settings.Quantization, kernels)
	if err != nil {
		return nil, nil, err
	}
	if o.settings.DraftModel == "" {
		e, err := engine.NewOffloading(c.Model, nil, c.Tokenizer.Ends(), o.settings.Options, o.files(c, nil, log), pinned(o.pin))
		return e, c, err
	}
	d, err := openModel(o.settings.DraftModel, o.settings.DraftWeights, kernels)
	if err != nil {
		return nil, nil, fmt.Errorf("draft model: %w", err)
	}
	if err := c.Compatible(d); err != nil {
		return nil, nil, err
	}
	e, err := engine.NewOffloading(c.Model, d.Model, c.Tokenizer.Ends(), o.settings.Options, o.files(c, d, log), pinned(o.pin))
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

func serverConfig(o serveOptions, c *checkpoint.Checkpoint, e *engine.Engine, log *slog.Logger) (server.Config, error) {
	name := o.name
	if name == "" {
		name = c.Model.Name
	}
	cfg := server.Config{Model: name, Context: e.Options().Context, Version: version(), Logger: log, RetryAfter: e.RetryAfter, DraftLength: e.Options().DraftLength,
		MaxBody: o.maxBody, Profile: o.pprof != pprofOff}
	if c.Chat != nil {
		cfg.Chat = c.Chat
		cfg.ChatSource, _ = c.File.String("tokenizer.chat_template") // a model with several has no one source
	}
	if o.template != "" {
		template, source, err := readTemplate(o.template, c.Tokenizer)
		if err != nil {
			return cfg, err
		}
		cfg.Chat, cfg.ChatSource = template, source
	}
	return cfg, nil
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
