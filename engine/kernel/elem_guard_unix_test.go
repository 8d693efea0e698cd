//go:build unix

package kernel

import (
	"sync"
	"syscall"
)

// walls are the mappings that guardedBytes made last. A process may have some 65,000, of
// which each takes two.
var walls struct {
	sync.Mutex
	kept [16384][]byte
	next int
}

// guardedBytes is n bytes of new memory, behind which a page without access begins. It is
// given back when many more have been made.
func guardedBytes(n int) []byte {
	page := syscall.Getpagesize()
	size := (n + page - 1) / page * page
	mem, err := syscall.Mmap(-1, 0, size+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return make([]byte, n)
	}
	if err := syscall.Mprotect(mem[size:], syscall.PROT_NONE); err != nil {
		return make([]byte, n)
	}
	keepWall(mem)
	return mem[size-n : size : size]
}

func keepWall(mem []byte) {
	walls.Lock()
	defer walls.Unlock()
	oldest := &walls.kept[walls.next]
	if *oldest != nil {
		_ = syscall.Munmap(*oldest)
	}
	*oldest = mem
	walls.next = (walls.next + 1) % len(walls.kept)
}
