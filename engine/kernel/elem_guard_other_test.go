//go:build !unix

package kernel

func guardedBytes(n int) []byte { return make([]byte, n) }
