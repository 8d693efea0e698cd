package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"github.com/assaylab/assay/experiments/system"
	"github.com/assaylab/assay/experiments/target"
)

// vllmReady bounds how long vLLM may take until it answers.
const vllmReady = 5 * time.Minute

// servedByVLLM is what vLLM calls the model; files of tools are named after it.
const servedByVLLM = "model-of-vllm"

// vllmServer is vLLM itself with the same model, in the environment of its bench client. It computes on one processor, as it
// does where there are two.
func vllmServer(model, dir string) server {
	return server{"vLLM, " + model, servedByVLLM, func(ctx context.Context, log io.Writer) (string, func() error, error) {
		folder := filepath.Join(dir, "hf")
		if err := command(ctx, log, nil, "go", "run", ".", "convert", "--to", "hf", model, folder); err != nil {
			return "", nil, err
		}
		t, err := launchVLLM(ctx, log, folder, dir)
		if err != nil {
			return "", nil, err
		}
		ready, cancel := context.WithTimeout(ctx, vllmReady)
		defer cancel()
		if err := errors.Join(t.Check(ctx), t.Start(ctx, io.Discard)); err != nil {
			return "", nil, errors.Join(err, t.Stop())
		}
		if err := t.Ready(ready); err != nil {
			return "", nil, errors.Join(err, t.Stop())
		}
		return t.URL(), t.Stop, nil
	}}
}

func launchVLLM(ctx context.Context, log io.Writer, folder, dir string) (target.Target, error) {
	kind, ok := system.Named("vllm")
	if !ok {
		return nil, errors.New("vLLM is no system that the lab knows")
	}
	for _, one := range tools() {
		if one.program != "vllm" {
			continue
		}
		bin, err := one.install(ctx, log)
		if err != nil {
			return nil, err
		}
		return target.New(target.Launch{
			Kind: kind, Values: system.Values{"dtype": "bfloat16", "max_model_len": "512", "enforce_eager": "true", "kv_cache_memory_bytes": "268435456"},
			Model: folder, Served: servedByVLLM, Command: []string{filepath.Join(bin, "vllm"), "serve"}, Dir: dir, Client: &http.Client{Timeout: time.Minute},
		})
	}
	return nil, fmt.Errorf("vLLM is none of the tools")
}
