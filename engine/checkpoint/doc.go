// Package checkpoint opens a model file whole: weights bound to kernels, tokenizer and
// chat template, all from one GGUF.
//
// It is where the pieces that know nothing of each other meet; the engine itself takes
// them apart again.
package checkpoint
