package kernel

import "unsafe"

// Part is the number of positions whose attention is one piece: of absolute positions
// [256 i, 256 i + 256). Pieces do not depend on what else is computed, so that a row's
// result depends neither on the batch nor on how a context is shared out to workers.
const Part = 256

// attendArgs is the one argument of an attention kernel: for some query rows, of which
// each is one head of one position, and one piece of their key head's context,
//
//	score[r][j] = q[r] . k[j]        fma over the columns in order, from 0
//	max[r]      = the largest score of positions [first[r], end[r])
//	p[r][j]     = exp(score[r][j] - max[r]) there, 0 elsewhere
//	sum[r]      = the sum of p[r]    lane i of 16 sums positions i, i+16, ... in order; the lanes are added as elem.go says
//	out[r]      = sum of p[r][j] v[j]   fma over the positions in order, from 0
//
// Assembly reads it by offset; keep the order.
type attendArgs struct {
	k, v     *[Part / Group]unsafe.Pointer // 0, 8: a head's keys and values of 16 positions each (KV)
	n        int                           // 16: positions, 1 to 256: those behind them are not read, but for what fills up 16
	dim      int                           // 24: columns, a multiple of 16
	q        *float32                      // 32: (rows, dim), times the attention's scale
	rows     int                           // 40: 1 to 64
	first    *int32                        // 48: (rows): the piece's first position that the row sees
	end      *int32                        // 56: (rows): and the one behind its last; at least first + 1
	max, sum *float32                      // 64, 72: (rows)
	out      *float32                      // 80: (rows, dim), not divided by the sum
	p        *float32                      // 88: scratch (rows, 256); what is left in it is not used
	scratch  unsafe.Pointer                // 96: of the kernel, as many bytes as the set asks for, from a multiple of 64 on
	again    int                           // 104: 1 where the last call with this scratch was for the same piece, n and kind
}
