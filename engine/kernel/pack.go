package kernel

import "encoding/binary"

// Pack fills groups [from, to) with rows of src, a matrix of m's kind and shape. Different groups may
// be packed concurrently.
func (m *Matrix) Pack(src Rows, from, to int) {
	for g := from; g < to; g++ {
		dst := m.data[g*m.group : (g+1)*m.group]
		rows := min(Group, m.Rows-g*Group)
		if rows < Group {
			clear(dst)
		}
		part := src.Part(g*Group, rows)
		switch pack := packs[m.Kind]; {
		case pack != nil:
			m.packBlocks(dst, part, rows, pack)
		case m.Kind == F32:
			packWords(dst, part, rows)
		default:
			packHalfWords(dst, part, rows)
		}
	}
}

// packer packs one storage block w of one row: to numbers, those of the group's storage
// block, and codes, those of its blocks. at is 4 x the row.
type packer func(numbers, codes, w []byte, at int)

var packs = [kinds]packer{
	Q8_0: packQ8_0, Q4_0: packQ4_0, Q4_1: packQ4_1, Q5_0: packQ5_0, Q5_1: packQ5_1, Q2_K: packQ2_K, Q3_K: packQ3_K,
	Q4_K: packQ4_K, Q5_K: packQ5_K, Q6_K: packQ6_K, IQ4_NL: packQ4_0, IQ4_XS: packIQ4_XS, MXFP4: packMXFP4,
}

// packBlocks goes over a group's storage blocks, and of each over the rows: what is
// written stays in the first cache.
func (m *Matrix) packBlocks(dst []byte, src Rows, rows int, pack packer) {
	l := &layouts[m.Kind]
	codes := l.codes * (l.elems / blockElems)
	for i := range m.Cols / l.elems {
		n, c := dst[i*l.numbers:(i+1)*l.numbers], dst[m.codes+i*codes:m.codes+(i+1)*codes]
		for r := range rows {
			at := r*src.Stride + i*l.bytes
			pack(n, c, src.Data[at:at+l.bytes], 4*r)
		}
	}
}

func word(w []byte) uint32 { return binary.LittleEndian.Uint32(w) }

func putWord(dst []byte, v uint32) { binary.LittleEndian.PutUint32(dst, v) }

// two copies two bytes.
func two(dst, w []byte) { dst[0], dst[1] = w[0], w[1] }

// packWords interleaves rows of four-byte elements.
func packWords(dst []byte, src Rows, rows int) {
	const piece = 64 // columns
	for k := 0; k < src.Cols; k += piece {
		n := min(piece, src.Cols-k)
		for r := range rows {
			w := src.Data[r*src.Stride+4*k:][:4*n]
			for to := dst[4*(k*Group+r):]; len(w) >= 4; w = w[4:] {
				putWord(to, word(w))
				to = to[min(len(to), 4*Group):]
			}
		}
	}
}

// packHalfWords interleaves rows of two-byte elements, four by four where there are so
// many.
func packHalfWords(dst []byte, src Rows, rows int) {
	const piece = 64
	for k := 0; k < src.Cols; k += piece {
		n := min(piece, src.Cols-k)
		r := 0
		for ; r+4 <= rows; r += 4 {
			at := r*src.Stride + 2*k
			whole := n &^ 3
			packFour(dst[2*(k*Group+r):], src.Data[at:], src.Stride, whole)
			for i := whole; i < n; i++ {
				for j := range 4 {
					two(dst[2*((k+i)*Group+r+j):], src.Data[at+j*src.Stride+2*i:])
				}
			}
		}
		for ; r < rows; r++ {
			for i := range n {
				two(dst[2*((k+i)*Group+r):], src.Data[r*src.Stride+2*(k+i):])
			}
		}
	}
}

// packFour transposes n columns of four rows, n being a multiple of 4.
func packFour(dst, src []byte, stride, n int) {
	const (
		even = 0x0000ffff0000ffff
		low  = 0x00000000ffffffff
	)
	for i := 0; i < n; i += 4 {
		a, b := eight(src[2*i:]), eight(src[stride+2*i:])
		c, d := eight(src[2*stride+2*i:]), eight(src[3*stride+2*i:])
		a, b = a&even|b&even<<16, a>>16&even|b&^even
		c, d = c&even|d&even<<16, c>>16&even|d&^even
		to := dst[2*Group*i:]
		putEight(to, a&low|c<<32)
		putEight(to[2*Group:], b&low|d<<32)
		putEight(to[4*Group:], a>>32|c&^low)
		putEight(to[6*Group:], b>>32|d&^low)
	}
}
