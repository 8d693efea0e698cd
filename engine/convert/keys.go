package convert

import "github.com/assaylab/assay/engine/gguf"

// keys is metadata in the making: an ordered list in which a key set again keeps its
// place and takes the new value.
type keys struct {
	list  []gguf.KV
	index map[string]int
}

func (k *keys) set(key string, value any) {
	if k.index == nil {
		k.index = map[string]int{}
	}
	if i, ok := k.index[key]; ok {
		k.list[i].Value = value
		return
	}
	k.index[key] = len(k.list)
	k.list = append(k.list, gguf.KV{Key: key, Value: value})
}

func (k *keys) count(key string, n int) { k.set(key, uint32(n)) }

func (k *keys) float(key string, f float64) { k.set(key, float32(f)) }

// text sets a string that is not empty.
func (k *keys) text(key, s string) {
	if s != "" {
		k.set(key, s)
	}
}

func (k *keys) texts(key string, list []string) {
	if len(list) > 0 {
		k.set(key, list)
	}
}

// value is the value of a key, or nil.
func (k *keys) value(key string) any {
	i, ok := k.index[key]
	if !ok {
		return nil
	}
	return k.list[i].Value
}
