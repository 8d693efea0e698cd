// Package tokenizer turns text into token ids and back: byte-level BPE with the pre-tokenizers of GPT-2, Llama 3, Qwen,
// SmolLM, Tekken, GPT-4o, DeepSeek and others, the BPE of SentencePiece (Llama 2, Mistral, Phi-3, Gemma), its unigram model
// (T5), incremental detokenization, and a matcher for stop strings in streamed text.
//
// Ids are those that Hugging Face tokenizers gives for the same vocabulary, and the tests hold the two
// together. The package knows no file format: it takes a Vocab of plain values.
//
// # Special tokens
//
// Encode treats its input as text only. "<|endoftext|>" typed by a user becomes the ordinary tokens of those
// thirteen characters; only EncodeWithSpecial, meant for the output of a chat template, turns such strings into
// control tokens. User-defined tokens (runs of spaces, tags, "<think>") are text to both, and are looked for
// before anything else: the leftmost, and of those the longest.
//
// # Normalization
//
// Text for Qwen, Command R and GPT-NeoX's relatives is brought to Unicode's form C, as the reference does, with the
// reference's data (Unicode 9). Classes of characters are those of Unicode 16, those of the reference's
// regular expressions.
//
// The reference takes numbers from a newer Unicode where it sets digits apart (smollm, command-r): it also splits at 13 code
// points of Unicode 17 (U+11DE0 to 9, U+16FF4 to 6) that are symbols here. A compiled normalization (T5) is applied
// as SentencePiece does it, to the longest match, not by grapheme.
//
// # Invalid UTF-8
//
// A byte that is no part of a valid UTF-8 sequence is treated as one character, a symbol, that is neither letter,
// digit nor space. Byte-level BPE and vocabularies with byte tokens encode its value as it stands, so that
// TokenBytes gives back exactly what went in; others have the unknown token for it. Normalization leaves it
// alone. Text that comes out (Decode, Decoder) is always valid: each maximal ill-formed subsequence becomes one
// U+FFFD, as in the Unicode Standard's recommended practice (chapter 3.9) and Rust's from_utf8_lossy.
//
// # Cost
//
// Encoding n bytes takes O(n log n) time in the worst case (one word of n bytes), linear otherwise,
// whatever the text. A Tokenizer is immutable: all methods may be called from any number of goroutines.
// A single text must be shorter than 2 GiB.
package tokenizer
