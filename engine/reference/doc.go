// Command reference holds the engine against llama.cpp: the same model file, the same
// tokens, two independent programs. It builds llama.cpp's tools from source, runs both,
// writes what it finds to testdata/results.json and docs/reference.md, and exits with 1
// where a bound is broken. The bounds are in bounds.go, what is compared in matrix.go.
//
// It compares answers, not speed. The package's tests need no llama.cpp: they compute
// this engine's side again and hold it against the numbers that are committed.
//
// Exit codes: 0 within all bounds, 1 a bound is broken, 2 usage, 4 environment (a tool,
// the network, a model that is not in the cache), 130 interrupted.
package main
