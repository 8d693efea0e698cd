// Command rivals measures this engine against the fastest others for processors, on the
// same files, the same machine and in turn: llama.cpp, which it builds from source for
// this machine and for lesser ones, and OpenVINO GenAI, which it installs. It writes what
// it finds to testdata/results.json and docs/benchmarks.md. The rows and their targets
// are in matrix.go, each engine in a file of its own.
//
// Builds, the other engine and model files are kept in the cache; an interrupted run goes
// on where it was. Results of several machines stand side by side; a run replaces those
// of its own machine.
//
// Exit codes: 0 all targets that were measured are met, 1 one is not, 2 usage,
// 4 environment (a tool, the network, a model that is not in the cache), 130 interrupted.
package main
