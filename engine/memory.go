package engine

import (
	"fmt"
	"strings"

	"github.com/assaylab/assay/engine/model"
)

// checkMemory refuses a cache that is larger than the memory that is available, in bytes, of which
// 0 is not known, and says what would fit.
func (o *Options) checkMemory(m, draft *model.Model, available int64) error {
	need, perToken := o.cacheBytes(m, draft, o.CacheFormat())
	if available == 0 || need <= available {
		return nil
	}
	var fit []string
	for _, format := range []string{o.CacheFormat(), "q8_0", "q4_0"} {
		_, smaller := o.cacheBytes(m, draft, format)
		if smaller == 0 || smaller > perToken || smaller == perToken && format != o.CacheFormat() {
			continue
		}
		n := available / smaller / int64(o.BlockSize) * int64(o.BlockSize)
		fit = append(fit, fmt.Sprintf("kv_tokens %d in %s", n, format))
	}
	return fmt.Errorf("engine: the KV cache of %d positions in %s takes %d MB, and %d MB of memory are available; what fits is %s",
		o.KVTokens, o.CacheFormat(), need>>20, available>>20, strings.Join(fit, ", or "))
}

// cacheBytes is what the caches of the models take, the draft model being nil or not, and what of
// it one position does; 0 where the format does not fit the models.
func (o *Options) cacheBytes(m, draft *model.Model, format string) (total, perToken int64) {
	for _, m := range []*model.Model{m, draft} {
		if m == nil {
			continue
		}
		b, err := model.CacheBytesOf(m.Config, format)
		if err != nil {
			return 0, 0
		}
		perToken += int64(b.PerToken())
		total += int64(b.Tail) * int64(o.MaxBatch)
	}
	return total + perToken*int64(o.KVTokens), perToken
}
