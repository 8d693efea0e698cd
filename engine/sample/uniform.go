package sample

// Streams keep apart the random numbers that one position may need.
const (
	StreamToken    = iota // the token drawn from the model's own distribution
	StreamDraft           // the token that a draft model draws
	StreamAccept          // whether a draft is accepted
	StreamResidual        // the token drawn in place of a rejected draft
)

// Uniform returns a number in [0, 1) that is a function of its arguments and nothing
// else: a counter-based generator in the manner of Salmon et al. 2011 ("Parallel random
// numbers: as easy as 1, 2, 3"), with SplitMix64's output function as the mixer.
func Uniform(seed uint64, position, stream int) float64 {
	h := mix(seed)
	h = mix(h ^ uint64(position))
	h = mix(h ^ uint64(stream))
	return float64(h>>11) / (1 << 53)
}

// mix is the output function of SplitMix64 (Steele, Lea and Flood 2014), a bijection
// whose every output bit depends on every input bit.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
