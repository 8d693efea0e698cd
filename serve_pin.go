package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/server"
)

// pinPrefixes computes what the files of --pin-prefix have before the server takes requests.
func (o *serveOptions) pinPrefixes(ctx context.Context, e *engine.Engine, h *server.Server, log *slog.Logger) error {
	for _, name := range o.pinFiles {
		data, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("serve: --pin-prefix: %w", err)
		}
		tokens, err := h.PinnedTokens(name, data)
		if err != nil {
			return fmt.Errorf("serve: --pin-prefix: %s: %w", name, err)
		}
		pinned, err := e.Pin(ctx, tokens)
		if err != nil {
			return fmt.Errorf("serve: --pin-prefix: %s: %w", name, err)
		}
		log.Info("pinned", "file", name, "tokens", len(tokens), "pinned", pinned)
	}
	return nil
}
