// Package engine is the included LLM inference engine: continuous batching, and the policies
// that it is measured against, over a paged KV cache, with quantized weights and speculative
// decoding, in pure Go and Go assembly.
//
// An Engine owns one goroutine, the loop, which is the only one that touches the
// scheduler, the cache and the model. Everything else talks to it through Submit
// and a Stream. The package knows nothing of HTTP, of text or of stop strings:
// it takes token ids and gives token ids.
//
// What a request asks for changes nobody else's answer, and nothing about its own but what
// it asks: siblings of one prompt share its blocks and are what they would be alone, and
// penalties see the same history with and without drafts.
package engine
