// Package imatrix reads, writes and collects importance matrices: for every weight
// matrix the mean square of the activations that its columns meet on some text, which
// tells a quantizer whose errors count.
//
// Files are GGUF in llama.cpp's layout; its older binary layout is read, too.
package imatrix
