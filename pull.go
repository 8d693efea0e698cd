package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/experiments/modelcache"
	"github.com/assaylab/assay/experiments/pull"
)

type pullOptions struct {
	pull.Options
	endpoint      string
	offline, json bool
}

func newPull() *cobra.Command {
	var o pullOptions
	c := &cobra.Command{
		Use:   "pull SOURCE",
		Short: "Fetch a model into the cache",
		Long: `Pull fetches a model from a hub (hf:OWNER/REPO[@REVISION][/FILE]), a URL or a file of
this machine into the cache, and prints the name it has there. Of a repository with one
GGUF file it takes that; of one with safetensors it takes what assay convert reads.

What is cut off goes on where it stopped when the same command is run again. Sizes and
checksums that the source states are held against what arrives; --sha256 adds one.

HF_TOKEN is sent to the hub alone, HF_ENDPOINT names another hub, and HF_HUB_OFFLINE=1
means --offline. ` + modelcache.Variable + ` names another place for the cache.`,
		Example: `  assay pull hf:HuggingFaceTB/SmolLM2-135M-Instruct
  assay pull model.gguf --name mine && assay serve --model cache:mine`,
		Args: arguments("SOURCE"),
		RunE: func(c *cobra.Command, args []string) error {
			return runPull(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), args[0], o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.Name, "name", "", "name in the cache (default: the file's own)")
	f.StringVar(&o.SHA256, "sha256", "", "checksum that the file must have, in hex")
	f.StringVar(&o.endpoint, "endpoint", environmentOr("HF_ENDPOINT", pull.Endpoint), "hub that hf: sources are fetched from")
	f.BoolVar(&o.offline, "offline", truthy(os.Getenv("HF_HUB_OFFLINE")), "use what the cache has and connect to nothing")
	f.BoolVar(&o.json, "json", false, "one JSON object per file")
	f.Lookup("endpoint").DefValue, f.Lookup("offline").DefValue = pull.Endpoint, "false" // help must not depend on the environment
	return c
}

func environmentOr(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

// truthy reads a switch as the hub's own tools do.
func truthy(s string) bool {
	switch strings.ToUpper(s) {
	case "1", "ON", "YES", "TRUE":
		return true
	}
	return false
}

func runPull(ctx context.Context, w, werr io.Writer, text string, o pullOptions) error {
	s, err := pull.ParseSource(text)
	if err != nil {
		return fmt.Errorf("pull: %w", err)
	}
	models, err := modelcache.Dir(os.Getenv(modelcache.Variable))
	if err != nil {
		return err
	}
	show := &pullProgress{progress: newProgress(werr)}
	p := pull.New(filepath.Dir(models), show)
	p.Endpoint, p.Token, p.Offline = o.endpoint, os.Getenv("HF_TOKEN"), o.offline
	files, err := p.Pull(ctx, s, o.Options)
	show.finish()
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(werr, "assay: interrupted; what arrived is kept, and the same command goes on from there")
		return ctx.Err()
	case errors.Is(err, pull.ErrWrong):
		return &exitError{exitBad, fmt.Errorf("pull: %w", err)}
	case err != nil && (s.Path == "" && !errors.Is(err, pull.ErrChoose)):
		return environment(fmt.Errorf("pull: %w", err))
	case err != nil:
		return fmt.Errorf("pull: %w", err)
	}
	return printPulled(w, files, o.json)
}

func printPulled(w io.Writer, files []pull.File, asJSON bool) error {
	enc := json.NewEncoder(w)
	for _, f := range files {
		if asJSON {
			if err := enc.Encode(f); err != nil {
				return err
			}
			continue
		}
		name := f.Path
		if model, ok := strings.CutSuffix(f.Name, ".gguf"); ok && !strings.Contains(f.Name, "/") {
			name = modelcache.Prefix + model
		}
		fmt.Fprintf(w, "%s: %s, SHA-256 %.16s…\n", name, bytesOf(f.Size), f.SHA256)
	}
	if dir := filepath.Dir(files[0].Path); !asJSON && len(files) > 1 {
		fmt.Fprintf(w, "next: assay convert %s OUT.gguf\n", dir)
	}
	return nil
}

// pullProgress shows how far a download is.
type pullProgress struct {
	*progress
	name  string
	start time.Time
	shown time.Time
	from  int64
}

// Bytes rewrites the terminal's line, or adds one to a log now and then.
func (p *pullProgress) Bytes(name string, done, total int64) {
	now := time.Now()
	if name != p.name {
		p.name, p.start, p.shown, p.from = name, now, now, done
	}
	tick := plainTick
	if p.terminal {
		tick = terminalTick
	}
	if now.Sub(p.shown) < tick {
		return
	}
	p.shown = now
	text := fmt.Sprintf("%s: %s", name, bytesOf(done))
	if total > 0 {
		text += fmt.Sprintf(" of %s (%d %%)", bytesOf(total), 100*done/total)
	}
	text += fmt.Sprintf(", %s/s", bytesOf(int64(float64(done-p.from)/now.Sub(p.start).Seconds())))
	if p.terminal {
		p.rewrite(text)
	} else {
		p.line(text)
	}
}

// Retry says why a connection is made again.
func (p *pullProgress) Retry(name string, err error) {
	p.line(fmt.Sprintf("%s: trying again: %v", name, err))
}

// finish clears the line that was rewritten.
func (p *pullProgress) finish() {
	if p.terminal && p.name != "" {
		p.rewrite("")
	}
}
