// Package convert turns a model's directory as it is published (config.json, safetensors,
// tokenizer.json and what belongs to them) into the metadata and tensors of a GGUF file,
// with the names, layouts and keys that llama.cpp's converter gives them, and such a file
// back into a directory.
//
// An architecture is a row of the table in architecture.go with a file for what is
// its own: which tensors it has, what happens to them, which keys describe it, and which members of
// config.json those keys are. Whatever changes the arithmetic and has no place in the other
// form is refused by key, never dropped; what has none and changes nothing is told.
//
// The package decides everything from keys, JSON files and the headers of the weights.
// Tensor data flow through a small buffer when a file is written. There and back is the
// same, byte by byte, where each form can say what the other says. It does not run models,
// and it does not download.
package convert
