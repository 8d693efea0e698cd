package chat

import (
	"reflect"

	"github.com/nikolalohinski/gonja/v2/exec"
)

// list is a list whose negative indices are Python's. The library's own lists do not find index -n in a list of
// n elements, so that messages[-1] would fail on a single message. Slices of it are lists again.
type list []any

// GetItem implements exec.ItemGetter.
func (l list) GetItem(key any) (*exec.Value, bool) {
	i, ok := key.(int)
	if i < 0 {
		i += len(l)
	}
	if !ok || i < 0 || i >= len(l) {
		return exec.AsValue(nil), false
	}
	return exec.ToValue(l[i]), true
}

// listOf makes a list of any slice and leaves other values alone.
func listOf(v any) any {
	from := reflect.ValueOf(v)
	if from.Kind() != reflect.Slice {
		return v
	}
	l := make(list, from.Len())
	for i := range l {
		l[i] = from.Index(i).Interface()
	}
	return l
}
