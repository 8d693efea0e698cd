// Command rivals holds the load generator against others: AIPerf, GuideLLM and vLLM's
// bench client, which it installs from PyPI into environments of their own.
//
//	streams   how many streams a tool can follow on one processor, all against the same
//	          scripted server on the other (make bench-loadgen)
//	agree     whether they measure the same as Assay, of the same requests, on a scripted server,
//	          the included one and vLLM (make cross-check)
//
// It writes docs/cross-check.md from the results of both, which it keeps in testdata.
// The subcommands serve and fire are its own other processes.
package main
