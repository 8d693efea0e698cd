// Package vllmtest is a server with vLLM's bytes on the wire, for tests that start one as the lab starts vLLM: the flags, the log of
// a start and of a failure, /health, /v1/models, /version, streamed completions, and /metrics with counters that add up. What it
// sends was recorded from vLLM 0.32 on a CPU. It has no model: every token is " a".
//
// A test's program calls Main where its arguments say so, and names itself as the target's command.
package vllmtest
