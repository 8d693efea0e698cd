package kernel

import (
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

func zzBest(n int, f func()) time.Duration {
	best := time.Hour
	for range n {
		t := time.Now()
		f()
		best = min(best, time.Since(t))
	}
	return best
}

func zzMem(n int) []byte {
	mem, _ := syscall.Mmap(-1, 0, n, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	syscall.Madvise(mem, 14)
	for i := 0; i < len(mem); i += 4096 {
		mem[i] = 1
	}
	return mem
}

func TestZBLine(t *testing.T) {
	if os.Getenv("ZZ") == "" {
		t.Skip()
	}
	r := rand.New(rand.NewPCG(9, 10))
	mem := zzMem(1 << 29)
	for _, cols := range []int{512, 2048} {
		for k := Q8_0; k < kinds; k++ {
			if s := os.Getenv("KINDS"); s != "" && !strings.Contains(" "+s+" ", " "+k.String()+" ") {
				continue
			}
			small := packed(weights(r, k, 64, cols))
			x := batch(r, 1, cols)
			line := func(data []byte, inner int) float64 {
				m := NewMatrix(k, len(data)/PackedBytes(k, 16, cols)*16, cols, data)
				out := make([]float32, m.Rows+16)
				v := x.strip(0)
				a := &lineArgs{n: cols / 32, step: uintptr(m.group), q: &v.q[0], d: &v.d[0], t: &v.t[0], s: &v.s[0], h: &v.h[0]}
				most := max(1, streamBytes/m.group)
				d := zzBest(7, func() {
					for range inner {
						for g := 0; g < m.Groups(); g += most {
							a.groups = min(most, m.Groups()-g)
							a.numbers, a.codes, a.out = m.numbersOf(g, 0), m.codesOf(g, 0), &out[g*16]
							avx512.line[k](a)
						}
					}
				})
				return float64(m.Bytes()*inner) / d.Seconds() / 1e9
			}
			for i := 0; i < len(mem); i += len(small.data) {
				copy(mem[i:], small.data)
			}
			t.Logf("%-7v %4d cols L1 %5.1f L2 %5.1f  64M %5.1f 512M %5.1f GB/s", k, cols, line(mem[:1<<15+1<<12], 1000), line(mem[:1<<20], 50), line(mem[:1<<26], 2), line(mem, 1))
		}
	}
}

func TestZBTile(t *testing.T) {
	if os.Getenv("ZZ") == "" {
		t.Skip()
	}
	r := rand.New(rand.NewPCG(9, 10))
	for i, ks := range [][]tileKernel{avx512.tile, avx512.halves} {
		for _, k := range ks {
			c := newTileCase(r, k.rows, 32, 1, func() int8 { return int8(r.IntN(64) - 32) }, func() int8 { return int8(r.IntN(255) - 127) })
			to := make([]float32, 16*64)
			a := &tileArgs{
				codes: &c.codes[0], scale: &c.scale[0], sub: &c.sub[0], n: c.n, groups: c.groups, codesStep: uintptr(c.n * codeBytes), scaleStep: uintptr(4 * c.n * Group),
				q: &c.q[0], qStep: uintptr(c.strip * blockElems), d: &c.d[0], t: &c.t[0], dStep: uintptr(4 * c.strip),
				to: &to[0], toStep: uintptr(4 * (c.groups * Group)), toGroup: 4 * Group, rows: c.rows, strips: 1,
			}
			d := zzBest(9, func() {
				for range 2000 {
					k.run(a)
				}
			})
			t.Logf("%s %d rows: %.0f GOP/s", []string{"plain", "halves"}[i], k.rows, float64(2*k.rows*16*32*32*c.groups*2000)/d.Seconds()/1e9)
		}
	}
}

func TestZBExpand(t *testing.T) {
	if os.Getenv("ZZ") == "" {
		t.Skip()
	}
	r := rand.New(rand.NewPCG(9, 10))
	for k := Q8_0; k < kinds; k++ {
		m := packed(weights(r, k, 16, 1024))
		e := &expanded{make([]int8, 32*codeBytes), make([]float32, 512), make([]float32, 1024), make([]float32, 1024), make([]float32, 512)}
		a := &expandArgs{
			numbers: unsafe.Pointer(&m.data[0]), codes: m.codesOf(0, 0), n: 32, dst: &e.codes[0],
			scale: &e.scale[0], more: &e.more[0], min: &e.min[0], minScale: &e.minScale[0],
		}
		d := zzBest(9, func() {
			for range 1000 {
				avx512.expand[k](a)
			}
		})
		t.Logf("%v: %.1f Gweights/s", k, 16*1024*1000/d.Seconds()/1e9)
	}
}
