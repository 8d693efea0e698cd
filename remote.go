package main

import (
	"fmt"
	"os"

	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/experiments/target"
	"github.com/assaylab/assay/loadgen/dialect"
)

// keyOf is the key of a server that is there, from a file where its target names one and else from the environment.
func keyOf(x *scenario.Target) (dialect.Key, error) {
	if x.KeyFile != "" {
		return target.KeyOfFile(x.KeyFile)
	}
	key, err := dialect.NewKey(os.Getenv(x.KeyVariable))
	if err != nil {
		return key, fmt.Errorf("%s: %w", x.KeyVariable, err)
	}
	s, err := target.NewRemote(x.URL, x.Dialect, key)
	if err != nil {
		return key, err
	}
	if !key.Given() && s.Provider() {
		return key, environment(fmt.Errorf("%s answers nobody without a key, and %s is not set", s.Base, x.KeyVariable))
	}
	return key, nil
}
