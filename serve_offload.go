package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/checkpoint"
	"github.com/assaylab/assay/engine/gguf"
	"github.com/assaylab/assay/engine/kvcache"
)

// defaultOffloadBytes bounds --offload's directory when nothing is said.
const defaultOffloadBytes = 4 << 30

// checkOffload holds what of --offload can be wrong before a model is read.
func (o *serveOptions) checkOffload() error {
	switch {
	case o.offload == "":
		return nil
	case o.offloadBytes < 1:
		return fmt.Errorf("serve: --offload-bytes: found %d, expected at least 1", o.offloadBytes)
	case o.settings.PrefixCache == kvcache.IndexNone:
		return errors.New("serve: --offload keeps blocks of a prefix cache: --prefix-cache: found none, expected hash or radix")
	}
	return nil
}

// files is what the engine keeps blocks in, nil for nothing. The models are told apart by all
// that is in their files, which takes some seconds where they are of many gigabytes.
func (o *serveOptions) files(model, draft *checkpoint.Checkpoint, log *slog.Logger) *engine.Offload {
	if o.offload == "" {
		return nil
	}
	files := &engine.Offload{Dir: o.offload, Bytes: o.offloadBytes, Model: fileDigest(model.File), Build: build(),
		Log: func(message string, err error) { log.Warn("offload: "+message, "error", err) }}
	if draft != nil {
		files.Draft = fileDigest(draft.File)
	}
	return files
}

// build is the digest of the program, or its version where the system does not show it.
func build() string {
	name, err := os.Executable()
	if err != nil {
		return version()
	}
	f, err := os.Open(name)
	if err != nil {
		return version()
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return version()
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:16])
}

// fileDigest is of a model's keys and tensors, as they are in memory: requantized, if they are.
func fileDigest(f *gguf.File) string {
	h := sha256.New()
	for _, kv := range f.KVs {
		fmt.Fprintf(h, "%s %v\n", kv.Key, kv.Value)
	}
	for _, t := range f.Tensors {
		fmt.Fprintf(h, "%s %v %v %d\n", t.Name, t.Dims, t.Type, len(t.Data))
		h.Write(t.Data)
	}
	f.Forget()
	return fmt.Sprintf("%x", h.Sum(nil)[:16])
}
