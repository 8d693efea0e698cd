package spec

// separator ends a stream in a History. No request contains it.
const separator = -1

// continuation appends to the empty dst up to n tokens that follow text[:end]. Where text ends,
// it goes on with what was appended, so that a period that repeats is repeated further.
func continuation(dst, text []int32, end, n int) []int32 {
	for i := end; i < end+n; i++ {
		token := int32(separator)
		if i < len(text) {
			token = text[i]
		} else {
			token = dst[i-len(text)]
		}
		if token == separator {
			break
		}
		dst = append(dst, token)
	}
	return dst
}

// mix is a step of a hash over whole numbers (Fibonacci hashing, Knuth 1973, TAOCP 3, 6.4).
func mix(h uint64, x int32) uint64 {
	h = (h ^ uint64(uint32(x))) * 0x9E3779B97F4A7C15
	return h ^ h>>29
}
