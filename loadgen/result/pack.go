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

// unpack fills values from a packed column, and returns what is behind it. src has slack bytes of room behind its end.
func unpack(src []byte, values []int64) (rest []byte, err error) {
	if len(values) == 0 {
		return src, nil
	}
	if len(src) < 2 || src[0] > widest && src[0] != 64 {
		return nil, errPacked
	}
	width := int(src[0])
	least, n := binary.Varint(src[1:])
	if n <= 0 {
		return nil, errPacked
	}
	src = src[1+n:]
	size := (len(values)*width + 7) / 8
	if size > len(src) {
		return nil, errPacked
	}
	spread(src[:size+slack], width, least, values)
	return src[size:], nil
}

func spread(src []byte, width int, least int64, values []int64) {
	switch width {
	case 0:
		for i := range values {
			values[i] = least
		}
	case 64:
		for i := range values {
			values[i] = least + int64(binary.LittleEndian.Uint64(src[8*i:]))
		}
	default:
		mask := uint64(1)<<width - 1
		for i := range values {
			bit := i * width
			values[i] = least + int64(binary.LittleEndian.Uint64(src[bit>>3:])>>(bit&7)&mask)
		}
	}
}
