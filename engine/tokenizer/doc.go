// Package tokenizer turns text into token ids and back: byte-level BPE with the
// pre-tokenizers of GPT-2, Llama 3 and SmolLM, incremental detokenization, and a
// matcher for stop strings in streamed text.
//
// The algorithm is byte-pair encoding over bytes (Sennrich et al., 2016; Radford et
// al., 2019). Ids are those that Hugging Face tokenizers gives for the same
// vocabulary, and the tests hold the two together. The package knows no file format:
// it takes a Vocab of plain values.
//
// # Control tokens
//
// Encode treats its input as text only. "<|endoftext|>" typed by a user becomes the
// ordinary tokens of those thirteen characters; only EncodeWithSpecial, meant for the
// output of a chat template, turns such strings into control tokens.
//
// # Invalid UTF-8
//
// A byte that is no part of a valid UTF-8 sequence is treated as one character that is
// neither letter, digit nor space, and its byte value is encoded as it stands, so
// that TokenBytes gives back exactly what went in. Text that comes out (Decode, Decoder) is
// always valid: each maximal ill-formed subsequence becomes one U+FFFD, as in the
// Unicode Standard's recommended practice (chapter 3.9) and Rust's from_utf8_lossy.
//
// # Cost
//
// Encoding n bytes takes O(n log n) time in the worst case (one word of n bytes), linear otherwise,
// whatever the text. A Tokenizer is immutable: all methods may be called from any number of goroutines.
// A single text must be shorter than 2 GiB.
package tokenizer
