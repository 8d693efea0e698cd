package kernel

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaylab/assay/engine/internal/cpu"
)

// Slots that were copied hold what they would hold had it been stored there, and no other slot
// is touched.
func TestCopiedSlotsAreAsStored(t *testing.T) {
	const heads, dim, slots = 3, 64, 96
	r := rand.New(rand.NewPCG(4, 2))
	for _, s := range Sets(cpu.Detect()) {
		for _, kind := range kvFormats {
			for _, row := range []struct{ from, to, n int }{
				{0, 48, 16}, {16, 80, 16}, {8, 80, 8}, {0, 72, 24}, {24, 48, 24}, {3, 50, 1}, {5, 52, 7}, {1, 39, 33}, {0, 48, 48}, {7, 60, 0},
				{5, 50, 2}, {5, 51, 6}, {10, 51, 4}, {0, 50, 5}, {0, 64, 32}, {0, 32, 32},
			} {
				if kind.PerChannel && (row.from|row.to|row.n)%SealedSlots != 0 {
					continue
				}
				copied, err := s.NewKV(kind, heads, dim, slots)
				if err != nil {
					t.Fatal(err)
				}
				stored, _ := s.NewKV(kind, heads, dim, slots)
				w := new(Worker)
				for slot := range slots {
					k, v := normals(r, heads*dim), normals(r, heads*dim)
					s.Store(w, copied, slot, k, v)
					if slot < row.to || slot >= row.to+row.n {
						s.Store(w, stored, slot, k, v)
					}
					if slot >= row.from && slot < row.from+row.n { // always before those it is copied to
						s.Store(w, stored, slot-row.from+row.to, k, v)
					}
				}
				for slot := 0; slot < slots && kind.PerChannel; slot += SealedSlots {
					for head := range heads {
						keys := normals(r, SealedSlots*dim)
						s.Seal(w, copied, head, slot, keys)
						if slot < row.to || slot >= row.to+row.n {
							s.Seal(w, stored, head, slot, keys)
						}
						if slot >= row.from && slot < row.from+row.n {
							s.Seal(w, stored, head, slot-row.from+row.to, keys)
						}
					}
				}
				buf := make([]byte, row.n*copied.SlotBytes())
				if rest := copied.Read(buf, row.from, row.n); len(rest) != 0 {
					t.Errorf("%s %v: %d bytes of %d are left over", s.Name, kind, len(rest), len(buf))
				}
				if rest := copied.Write(buf, row.to, row.n); len(rest) != 0 {
					t.Errorf("%s %v: %d bytes of %d were not read", s.Name, kind, len(rest), len(buf))
				}
				if !bytes.Equal(copied.k, stored.k) || !bytes.Equal(copied.v, stored.v) ||
					!slices.Equal(copied.kScale, stored.kScale) || !slices.Equal(copied.vScale, stored.vScale) {
					t.Errorf("%s %v: %d slots from %d to %d are not as stored", s.Name, kind, row.n, row.from, row.to)
				}
			}
		}
	}
}

// BenchmarkCopySlots copies a block of 16 positions of one layer of a model with 8 heads of 64
// columns out and in.
func BenchmarkCopySlots(b *testing.B) {
	for _, s := range Sets(cpu.Detect()) {
		for _, kind := range kvFormats {
			if kind.PerChannel {
				continue
			}
			b.Run(s.Name+"/"+kind.String(), func(b *testing.B) {
				x, err := s.NewKV(kind, 8, 64, 256)
				if err != nil {
					b.Fatal(err)
				}
				buf := make([]byte, Group*x.SlotBytes())
				b.SetBytes(int64(2 * len(buf)))
				for b.Loop() {
					x.Read(buf, 32, Group)
					x.Write(buf, 64, Group)
				}
			})
		}
	}
}
