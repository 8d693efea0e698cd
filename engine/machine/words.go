package machine

import "unsafe"

// readWords reads n bytes from p in portable Go, four independent words at a time.
func readWords(p unsafe.Pointer, n int) {
	words := unsafe.Slice((*uint64)(p), n/8)
	var a, b, c, d uint64
	for ; len(words) >= 8; words = words[8:] {
		a ^= words[0] ^ words[4]
		b ^= words[1] ^ words[5]
		c ^= words[2] ^ words[6]
		d ^= words[3] ^ words[7]
	}
	use(a ^ b ^ c ^ d)
}

// use keeps the compiler from dropping what is read.
//
//go:noinline
func use(uint64) {}
