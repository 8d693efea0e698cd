// Package llamacpp obtains llama.cpp's source from the Python package that carries it,
// for the commands that build some of its tools. It builds nothing itself.
package llamacpp
