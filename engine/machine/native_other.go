//go:build !amd64

package machine

import "unsafe"

func nativeClasses() []Class { return nil }

func readMemory(p unsafe.Pointer, n int) { readWords(p, n) }
