package kernel

import "unsafe"

// Matrix is a weight matrix packed for kernels: 16 rows interleaved, a row per output.
// The rows of the last group that are not of the matrix are zero.
//
// Of a group come first its numbers, block after block, then, at a multiple of 64 bytes,
// its codes; those of a float kind are columns of 16 weights. Groups begin at multiples
// of 64 bytes. All sets read the same form. Numbers of 16 rows are next to each other:
//
//	Q8_0, Q4_0, Q5_0, IQ4_NL: float16 scales
//	Q4_1, Q5_1:               float16 scales, float16 offsets
//	MXFP4:                    exponents
//	Q4_K, Q5_K:               float16 scales of scales and of minimums, then of each block bytes of 6-bit scales and of minimums
//	Q6_K, Q3_K:               float16 scales, then of each block signed sub-scales of the first half and of the second
//	Q2_K:                     float16 scales and scales of minimums, then of each block bytes of sub-scales (low bits) and minimums of the first half and of the second
//	IQ4_XS:                   float16 scales, then of each block signed sub-scales
//
// Codes of a block are vectors of 64 bytes, byte 4r+k being of row r and, in quad j,
// of column 4j+k:
//
//	Q8_0:                                       of quads 0 to 7
//	four-bit kinds, Q5_0, Q5_1, Q5_K and Q6_K:  of low nibbles, the low ones of vector j of quad j, the high ones of quad j+4
//	Q5_0, Q5_1, Q5_K, then:                     of fifth bits, bit j of quad j
//	Q6_K, then; Q2_K, Q3_K:                     two of pairs of bits, pair i of vector v of quad 4v+i
//	Q3_K, then:                                 of third bits, bit j of quad j
type Matrix struct {
	Kind       Kind
	Rows, Cols int
	data       []byte

	group, codes int // bytes of a group, and of those the bytes before its codes
}

// PackedBytes is the size of a packed matrix. cols is a multiple of the kind's block.
func PackedBytes(k Kind, rows, cols int) int {
	m := Matrix{Kind: k, Rows: rows, Cols: cols}
	m.shape()
	return m.Groups() * m.group
}

// NewMatrix makes a matrix of memory that Pack is to fill: PackedBytes of it, from a
// multiple of 64 on.
func NewMatrix(k Kind, rows, cols int, data []byte) Matrix {
	m := Matrix{Kind: k, Rows: rows, Cols: cols}
	m.shape()
	m.data = data[:m.Groups()*m.group]
	return m
}

const lineBytes = 64

func roundUp(n, to int) int { return (n + to - 1) / to * to }

func (m *Matrix) shape() {
	l := &layouts[m.Kind]
	if !m.Kind.Integer() {
		m.group = roundUp(m.Cols*Group*l.bytes, lineBytes)
		return
	}
	m.codes = roundUp(m.Cols/l.elems*l.numbers, lineBytes)
	m.group = m.codes + m.Cols/blockElems*l.codes
}

// Groups is the number of groups of 16 rows, of which the last may be partly filled.
func (m *Matrix) Groups() int { return (m.Rows + Group - 1) / Group }

// Empty reports whether there is no matrix.
func (m *Matrix) Empty() bool { return m.Rows == 0 }

// Bytes is the size of the packed form.
func (m *Matrix) Bytes() int { return len(m.data) }

// numbersOf is where the numbers of block b of group g are, b being the first of a
// storage block; of a float kind, where the group is.
func (m *Matrix) numbersOf(g, b int) unsafe.Pointer {
	l := &layouts[m.Kind]
	return unsafe.Pointer(&m.data[g*m.group+b*blockElems/l.elems*l.numbers])
}

// codesOf is where the codes of block b of group g are.
func (m *Matrix) codesOf(g, b int) unsafe.Pointer {
	return unsafe.Pointer(&m.data[g*m.group+m.codes+b*layouts[m.Kind].codes])
}
