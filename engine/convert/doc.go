// Package convert turns a model's directory as it is published (config.json, safetensors,
// tokenizer.json and what belongs to them) into the metadata and tensors of a GGUF file,
// with the names, layouts and keys that llama.cpp's converter gives them.
//
// An architecture is a row of the table in architecture.go with a file for what is
// its own: which tensors it has, what happens to them, which keys describe it. Whatever in
// config.json changes the arithmetic and has no place in the GGUF architecture is refused
// by key, never dropped.
//
// The package decides everything from the JSON files and the headers of the weights.
// Tensor data flow through a small buffer when the file is written. It neither writes
// files nor runs models, and it does not download.
package convert
