package result

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

// A packed column of n integers is one byte, the width in bits; the smallest value as a varint; and the distance of
// every value from it in that many bits, lowest bits first. Equal values take no bits at all. Widths above widest are
// stored as 64, because one load of eight bytes must reach every value.
const widest = 56

// slack is how many bytes must be readable behind a packed column.
const slack = 8

var errPacked = errors.New("a column is damaged")

// appendPacked appends a packed column.
func appendPacked(dst []byte, values []int64) []byte {
	if len(values) == 0 {
		return dst
	}
	least, most := values[0], values[0]
	for _, v := range values {
		least, most = min(least, v), max(most, v)
	}
	width := bits.Len64(uint64(most) - uint64(least))
	if width > widest {
		width = 64
	}
	dst = binary.AppendVarint(append(dst, byte(width)), least)
	var word uint64
	filled := 0
	for _, v := range values {
		d := uint64(v) - uint64(least)
		if width == 64 {
			dst = binary.LittleEndian.AppendUint64(dst, d)
			continue
		}
		word |= d << filled
		for filled += width; filled >= 8; filled -= 8 {
			dst = append(dst, byte(word))
			word >>= 8
		}
	}
	if filled > 0 {
		dst = append(dst, byte(word))
	}
	return dst
}

// packed is a column that is not spread yet.
type packed struct {
	width int
	least int64
	data  []byte // with slack bytes of room behind
}

// unpack reads a packed column of n integers, and returns what is behind it. src has slack bytes of room behind its end.
func unpack(src []byte, n int) (p packed, rest []byte, err error) {
	if n == 0 {
		return p, src, nil
	}
	if len(src) < 2 || src[0] > widest && src[0] != 64 {
		return p, nil, errPacked
	}
	p.width = int(src[0])
	least, used := binary.Varint(src[1:])
	if used <= 0 {
		return p, nil, errPacked
	}
	src = src[1+used:]
	size := (n*p.width + 7) / 8
	if size > len(src) {
		return p, nil, errPacked
	}
	p.least, p.data = least, src[:size+slack]
	return p, src[size:], nil
}

// spread fills values, as many as were packed, and returns them. Where all are equal there may be any number.
func (p *packed) spread(values []int64) []int64 {
	least, src := p.least, p.data
	switch p.width {
	case 0:
		for i := range values {
			values[i] = least
		}
	case 64:
		for i := range values {
			values[i] = least + int64(binary.LittleEndian.Uint64(src[8*i:]))
		}
	default:
		spreadBits(values, src, p.width, least)
	}
	return values
}

// spreadBits spreads values that take from 1 to widest bits. A load of eight bytes has widest of them from any bit on: as
// many values as fit in there are taken of each.
func spreadBits(values []int64, src []byte, width int, least int64) {
	mask, each, bit := uint64(1)<<width-1, widest/width, 0
	for ; len(values) >= each; bit += each * width {
		word := binary.LittleEndian.Uint64(src[bit>>3:]) >> (bit & 7)
		for i := range values[:each] {
			values[i] = least + int64(word&mask)
			word >>= width
		}
		values = values[each:]
	}
	for i := range values {
		values[i] = least + int64(binary.LittleEndian.Uint64(src[bit>>3:])>>(bit&7)&mask)
		bit += width
	}
}
