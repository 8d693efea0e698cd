//go:build unix

package kernel

import (
	"math/rand/v2"
	"syscall"
	"testing"
)

// Kernels read no byte behind the matrix: the last row ends where a page without
// access begins.
func TestNothingIsReadBehindTheEnd(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 10))
	page := syscall.Getpagesize()
	mem, err := syscall.Mmap(-1, 0, 65*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Munmap(mem)
	if err := syscall.Mprotect(mem[64*page:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	for _, s := range natives(t) {
		for k := range kinds {
			for _, cols := range shapes(k)[:3] {
				for _, rows := range []int{1, 4, 5, 7, 8, 11, 16, 21} {
					m := matrix(t, r, k, rows, cols)
					m.Data = mem[64*page-len(m.Data) : 64*page][:copy(mem[64*page-len(m.Data):64*page], m.Data)]
					sameDot(t, s, m, batch(r, 1, cols).Vec(0, 0, cols, k.Integer()), rows)
					for n := 2; n < 8; n++ {
						sameMul(t, s, m, batch(r, n, cols), 0, rows)
					}
					if s.sum[k] != nil {
						s.Sum(new(Worker), m, 0, normals(r, rows), make([]float32, cols))
					}
				}
			}
		}
	}
}
