package kernel

// quads writes the words of v's halves to two vectors, the next row's place being at.
func quads(codes []byte, at int, v uint64) {
	putWord(codes[at:], uint32(v))
	putWord(codes[at+quadBytes:], uint32(v>>32))
}

// packNibbles copies nibbles that are in order: byte i of w has columns i and i+16.
func packNibbles(codes, w []byte, at int) {
	w, codes = w[:16], codes[:4*quadBytes]
	quads(codes, at, eight(w))
	quads(codes[2*quadBytes:], at, eight(w[8:]))
}

// packSplit makes nibbles of 32 bytes, of which column i is byte i's low four bits.
func packSplit(codes []byte, at int, w [4]uint64, shift int) {
	const low = 15 * each
	quads(codes, at, w[0]>>shift&low|w[2]>>shift&low<<4)
	quads(codes[2*quadBytes:], at, w[1]>>shift&low|w[3]>>shift&low<<4)
}

// packBits gathers bit shift of 32 bytes, bit j of a quad's place being of quad j.
func packBits(codes []byte, at int, w [4]uint64, shift int) {
	const bit = each
	v := w[0]>>shift&bit | w[1]>>shift&bit<<2 | w[2]>>shift&bit<<4 | w[3]>>shift&bit<<6
	putWord(codes[at:], uint32(v)|uint32(v>>32)<<1)
}

// packPairs gathers bits shift and shift+1 of 32 bytes, in two vectors.
func packPairs(codes []byte, at int, w [4]uint64, shift int) {
	const pair = 3 * each
	for v := range 2 {
		x := w[2*v]>>shift&pair | w[2*v+1]>>shift&pair<<4
		putWord(codes[v*quadBytes+at:], uint32(x)|uint32(x>>32)<<2)
	}
}

// packFifths reorders the bits of v, bit i being of column i: bit j of byte k is that of
// column 4j+k. Bits are moved by twos, then fours and so on.
func packFifths(codes []byte, at int, v uint32) {
	var to uint32
	for k := range 4 {
		x := v >> k & 0x11111111
		x = (x | x>>3) & 0x03030303
		x = (x | x>>6) & 0x000f000f
		to |= (x | x>>12) & 0xff << (8 * k)
	}
	putWord(codes[at:], to)
}

// wide is 32 bytes.
func wide(w []byte) [4]uint64 {
	w = w[:32]
	return [4]uint64{eight(w), eight(w[8:]), eight(w[16:]), eight(w[24:])}
}

func packQ8_0(numbers, codes, w []byte, at int) {
	two(numbers[at/2:], w)
	codes = codes[:8*quadBytes]
	for i, v := range wide(w[2:]) {
		quads(codes[2*quadBytes*i:], at, v)
	}
}

// packQ4_0 is for IQ4_NL, too.
func packQ4_0(numbers, codes, w []byte, at int) {
	two(numbers[at/2:], w)
	packNibbles(codes, w[2:], at)
}

func packQ4_1(numbers, codes, w []byte, at int) {
	two(numbers[at/2:], w)
	two(numbers[32+at/2:], w[2:])
	packNibbles(codes, w[4:], at)
}

func packMXFP4(numbers, codes, w []byte, at int) {
	numbers[at/4] = w[0]
	packNibbles(codes, w[1:], at)
}

func packQ5_0(numbers, codes, w []byte, at int) {
	two(numbers[at/2:], w)
	packNibbles(codes, w[6:], at)
	packFifths(codes[4*quadBytes:], at, word(w[2:]))
}

func packQ5_1(numbers, codes, w []byte, at int) {
	two(numbers[at/2:], w)
	two(numbers[32+at/2:], w[2:])
	packNibbles(codes, w[8:], at)
	packFifths(codes[4*quadBytes:], at, word(w[4:]))
}

// packScales unpacks the scales and minimums of Q4_K and Q5_K, of 6 bits each.
func packScales(numbers, w []byte, at int) {
	two(numbers[at/2:], w)
	two(numbers[32+at/2:], w[2:])
	low, mid, high := word(w[4:]), word(w[8:]), word(w[12:])
	const six, four, top = 0x3f3f3f3f, 0x0f0f0f0f, 0x30303030
	scales := [2]uint32{low & six, high&four | low>>2&top}
	mins := [2]uint32{mid & six, high>>4&four | mid>>2&top}
	for i := range 2 {
		for b := range 4 {
			to := numbers[64+32*(4*i+b)+at/4:]
			to[0], to[16] = byte(scales[i]>>(8*b)), byte(mins[i]>>(8*b))
		}
	}
}

func packQ4_K(numbers, codes, w []byte, at int) {
	packScales(numbers, w, at)
	for b := 0; b < 8; b += 2 {
		v := wide(w[16+16*b:])
		packSplit(codes[256*b:], at, v, 0)
		packSplit(codes[256*b+256:], at, v, 4)
	}
}

func packQ5_K(numbers, codes, w []byte, at int) {
	packScales(numbers, w, at)
	fifths := wide(w[16:])
	for b := range 8 {
		to := codes[320*b:]
		packSplit(to, at, wide(w[48+b/2*32:]), b%2*4)
		packBits(to[256:], at, fifths, b)
	}
}

// packSubScales writes 16 signed sub-scales.
func packSubScales(numbers, sub []byte, at int) {
	for i, v := range sub[:16] {
		numbers[32+16*i+at/4] = v
	}
}

func packQ6_K(numbers, codes, w []byte, at int) {
	two(numbers[at/2:], w[208:])
	packSubScales(numbers, w[192:], at)
	for b := range 8 { // 128 columns have 64 bytes of nibbles and 32 of pairs
		to := codes[384*b:]
		packSplit(to, at, wide(w[b/4*64+b%2*32:]), b%4/2*4)
		packPairs(to[256:], at, wide(w[128+b/4*32:]), b%4*2)
	}
}

func packQ2_K(numbers, codes, w []byte, at int) {
	two(numbers[at/2:], w[80:])
	two(numbers[32+at/2:], w[82:])
	packSubScales(numbers[32:], w, at)
	for b := range 8 {
		packPairs(codes[128*b:], at, wide(w[16+b/4*32:]), b%4*2)
	}
}

func packQ3_K(numbers, codes, w []byte, at int) {
	two(numbers[at/2:], w[108:])
	var sub [16]byte
	s := w[96:108]
	for i := range sub { // four bits, then two
		sub[i] = (s[i%8]>>(i/8*4)&15 | s[8+i%4]>>(i/4*2)&3<<4) - 32
	}
	packSubScales(numbers, sub[:], at)
	third := wide(w)
	for b := range 8 {
		to := codes[192*b:]
		packPairs(to, at, wide(w[32+b/4*32:]), b%4*2)
		packBits(to[128:], at, third, b)
	}
}

func packIQ4_XS(numbers, codes, w []byte, at int) {
	two(numbers[at/2:], w)
	high := uint32(w[2]) | uint32(w[3])<<8
	for b := range 8 {
		low := w[4+b/2] >> (b % 2 * 4) & 15
		numbers[32+16*b+at/4] = low | byte(high>>(2*b))&3<<4 - 32
		packNibbles(codes[256*b:], w[8+16*b:], at)
	}
}
