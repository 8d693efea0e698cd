// Package pbtxt reads and writes the text form of protocol buffers, as far as a Triton model configuration (config.pbtxt)
// has it: fields with scalars, lists and messages. It keeps every field in its order, so that what it does not know is
// written as it was read. Comments are not kept.
//
// It knows no schema: whether a field exists, and is repeated, is the server's to say. It opens no file.
package pbtxt
