package kernel

import "unsafe"

// Group is the number of weight rows that a packed matrix interleaves, and the number
// of activation rows in a strip.
const Group = 16

// blockElems is the number of activations that share a scale. Weights are stored in
// blocks of as many, or of superElems.
const (
	blockElems = 32
	superElems = 256
)

// codeBytes is the size of one unpacked block of a group: eight quads of 64 bytes, quad
// j being columns 4j..4j+3 of each of the 16 rows in turn, signed.
const codeBytes = Group * blockElems

// expandArgs is the one argument of an expand kernel, which unpacks blocks of one
// group to a panel. n is a multiple of 8 for kinds of super-blocks. Assembly reads it
// by offset; keep the order.
type expandArgs struct {
	numbers  unsafe.Pointer // 0: the group's scales, from the first block on
	codes    unsafe.Pointer // 8: the group's codes, from the first block on
	n        int            // 16: blocks
	dst      *int8          // 24: (n, 8, 16, 4) signed codes; nil for Q8_0, whose codes are so already
	scale    *float32       // 32: (n, 16)
	more     *float32       // 40: offsets (n, 16), or sub-scales (n, 2, 16) of the kinds that have them
	min      *float32       // 48: minimums (n, 2, 16), of Q2_K
	minScale *float32       // 56: scale of minimums (n, 16), of Q2_K
}

// tileArgs is the one argument of a tile kernel of the integer kinds: for each of
// some groups of 16 weight rows, and for as many activation rows as the kernel is made
// for, a running sum goes on over n blocks:
//
//	sum[row][i] = fma(scale[b][i] * d[b][row], ints, sum[row][i])   for b in order
//
// where ints is the exact sum of the block's 32 products; with sub-scales, that of both
// halves' 16, each times its sub-scale. Assembly reads it by offset; keep the order.
type tileArgs struct {
	codes     *int8    // 0: (n, 8, 16, 4) signed codes of the first group
	scale     *float32 // 8: (n, 16)
	sub       *float32 // 16: (n, 2, 16), integers as floats; for kinds of halves
	n         int      // 24: blocks, at least 1
	groups    int      // 32: at least 1
	codesStep uintptr  // 40: bytes between groups of codes
	scaleStep uintptr  // 48: bytes between groups of scale; of sub it is twice that
	q         *int8    // 56: the first activation row's first block; the next row's is 32 bytes on
	qStep     uintptr  // 64: bytes between blocks of q
	d         *float32 // 72: scale of the first row's first block; the next row's is 4 bytes on
	t         *int32   // 80: -128 x sum of the block, laid out like d
	dStep     uintptr  // 88: bytes between blocks of d, and of t
	from      *float32 // 96: sums to go on from, (groups, rows, 16); nil, as always for kernels that take many strips, starts at 0
	fromStep  uintptr  // 104: bytes between groups of from; rows are 64 bytes apart
	to        *float32 // 112: where sums are stored; a group's 16 are consecutive
	toStep    uintptr  // 120: bytes between rows of to
	toGroup   uintptr  // 128: bytes between groups of to
	rows      int      // 136: activation rows of a strip: as many as the kernel is made for, or 1 to 16
	strips    int      // 144: 1, or, for kernels that take many, a number of strips of rows rows each
	qStrip    uintptr  // 152: bytes between strips of q
	dStrip    uintptr  // 160: bytes between strips of d, and of t
	toStrip   uintptr  // 168: bytes between strips of to
	h         *float32 // 176: minus the sums of both halves, two for each of d
}

// offsetArgs is the one argument of an offset kernel: the second running sum of the
// kinds that have offsets,
//
//	off[row][i] = fma(m[b][i], s[b][row], off[row][i])              for b in order
//
// or, of those with minimums (min not nil),
//
//	off[row][i] = fma(m[b][i] * d[b][row], min[b][0][i]*h[b][row][0] + min[b][1][i]*h[b][row][1], off[row][i])
//
// where the sum of products is exact. It takes one group and any number of rows up to
// 16. Assembly reads it by offset; keep the order.
type offsetArgs struct {
	m      *float32 // 0: (n, 16)
	min    *float32 // 8: (n, 2, 16)
	n      int      // 16: blocks, at least 1
	s      *float32 // 24: scale x sum of the first row's first block (d, where min is given); the next row's is 4 bytes on
	sStep  uintptr  // 32: bytes between blocks of s
	h      *float32 // 40: minus the sum of each half of the first row's first block; the next row's are 8 bytes on
	hStep  uintptr  // 48: bytes between blocks of h
	from   *float32 // 56: sums to go on from, (rows, 16); nil starts at 0
	add    *float32 // 64: (rows, 16), the first running sums, to be added at the end; nil stores the second alone
	to     *float32 // 72: where the result is stored
	toStep uintptr  // 80: bytes between rows of to
	rows   int      // 88: 1 to 16
}

// lineArgs is the one argument of a line kernel: the product of one activation row
// with groups of packed weights, read as they lie: no panel, no carried sums.
type lineArgs struct {
	numbers unsafe.Pointer // 0: of the first group
	codes   unsafe.Pointer // 8: of the first group
	n       int            // 16: blocks
	groups  int            // 24: at least 1
	step    uintptr        // 32: bytes between groups, of numbers and of codes
	q       *int8          // 40: (n, 32)
	d       *float32       // 48: (n)
	t       *int32         // 56: (n), -128 x sum
	s       *float32       // 64: (n), d x sum
	h       *float32       // 72: (n, 2), minus the sum of each half
	out     *float32       // 80: (groups, 16)
}

// floatArgs is the one argument of a tile kernel of a float kind: for each of some
// groups and as many rows as the kernel is made for,
//
//	out[row][i] = fma(w[k][i], x[row][k], out[row][i])              for k in order
//
// Assembly reads it by offset; keep the order.
type floatArgs struct {
	w       unsafe.Pointer // 0: (n, 16) of the first group, in the kind's storage
	n       int            // 8: columns, at least 1
	groups  int            // 16: at least 1
	step    uintptr        // 24: bytes between groups of w
	x       *float32       // 32
	xStep   uintptr        // 40: bytes between rows of x
	to      *float32       // 48: where results are stored; a group's 16 are consecutive
	toStep  uintptr        // 56: bytes between rows of to
	toGroup uintptr        // 64: bytes between groups of to
	carry   int            // 72: 0 starts the sums at 0, 1 goes on from those in to
}
