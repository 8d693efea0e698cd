package tokenizer

import "hash/maphash"

// wordCache remembers the ids of words during one call: source code repeats its words, and copying ids is several times as fast
// as merging. A new word takes the place of the one whose hash ends alike, so it never grows; ids do not depend on it.
type wordCache struct {
	seed  maphash.Seed
	words [cachedWords]cachedWord
}

// cachedWord is a word of the text and where its ids are among those made so far: ids[from:to].
type cachedWord struct {
	word     string
	from, to int32
}

const (
	cachedWords = 1 << 11
	cacheFrom   = 1 << 12 // bytes; a shorter text is done before a cache is made and filled
	cacheWord   = 1 << 6  // bytes in the longest word that is kept; longer ones hardly come twice
)

// newWordCache gives nil, which remembers nothing, for a text that is too short.
func newWordCache(text string) *wordCache {
	if len(text) < cacheFrom {
		return nil
	}
	return &wordCache{seed: maphash.MakeSeed()}
}

// appendWord is ids with those of the word, from the cache or from encode.
func (c *wordCache) appendWord(ids []int32, word string, encode func(ids []int32, word string) []int32) []int32 {
	if c == nil || len(word) > cacheWord {
		return encode(ids, word)
	}
	w := &c.words[maphash.String(c.seed, word)%cachedWords]
	if w.word == word {
		return append(ids, ids[w.from:w.to]...)
	}
	from := len(ids)
	ids = encode(ids, word)
	*w = cachedWord{word, int32(from), int32(len(ids))}
	return ids
}
