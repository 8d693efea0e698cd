// Package pull fetches model files into a content-addressed cache.
//
// A source is a file of a model hub (hf:OWNER/REPO[@REVISION][/FILE]), a URL, or a file
// on this machine. What arrives lies under its SHA-256 in blobs; names in models link to
// it, so that the same bytes are kept once. A download that is cut off goes on where it
// stopped, in the same call and in the next one; what does not have the size or the
// checksum that the source states is thrown away. A name appears when its file is whole.
//
// The package opens no model, but for looking whether a .gguf file is one.
package pull
