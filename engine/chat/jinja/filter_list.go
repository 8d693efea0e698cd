package jinja

import "strconv"

func first(r *run, v Value, _ []Value) (Value, error) {
	if g, ok := v.(*generator); ok && len(g.rest) > 0 {
		item := g.rest[0]
		g.rest = g.rest[1:]
		return item, nil
	}
	items, err := r.iterate(v)
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return &undefined{"No first item, sequence was empty."}, nil
	}
	return items[0], nil
}

func last(r *run, v Value, _ []Value) (Value, error) {
	if _, ok := v.(*generator); ok {
		return nil, fail("'generator' object is not reversible")
	}
	items, err := r.iterate(v)
	if err != nil {
		return nil, fail("'%s' object is not reversible", typeName(v))
	}
	if len(items) == 0 {
		return &undefined{"No last item, sequence was empty."}, nil
	}
	if v, marked := v.(markup); marked {
		return like(v, items[len(items)-1].(string)), nil // it is indexed, not gone through
	}
	return items[len(items)-1], nil
}

// items are a dictionary's entries, none for what is undefined.
func items(r *run, v Value, _ []Value) (Value, error) {
	switch v := v.(type) {
	case *undefined:
		return r.generate("do_items", nil)
	case *Dict:
		return r.generate("do_items", v.pairs())
	}
	return nil, fail("Can only get item pairs from a mapping.")
}

func (r *run) generate(name string, items []Value) (Value, error) {
	return &generator{name, items}, r.build(2 * elementBytes * len(items))
}

// copied is a list of its own with what v iterates over.
func (r *run) copied(v Value) ([]Value, error) {
	items, err := r.iterate(v)
	if err != nil {
		return nil, err
	}
	if err := r.step(len(items)); err != nil {
		return nil, err
	}
	if err := r.build(elementBytes * len(items)); err != nil {
		return nil, err
	}
	return append(make([]Value, 0, len(items)), items...), nil
}

func toList(r *run, v Value, _ []Value) (Value, error) {
	items, err := r.copied(v)
	return list(items), err
}

func reversed(r *run, v Value, _ []Value) (Value, error) {
	if s, ok := text(v); ok {
		characters := []rune(s)
		reverse(characters)
		return like(v, string(characters)), r.repeat(len(s), 5)
	}
	items, err := r.copied(v)
	if err != nil {
		return nil, fail("argument must be iterable")
	}
	reverse(items)
	return &generator{"list_reverseiterator", items}, nil
}

// path is a chain of names and numbers as the attribute arguments of filters take it: a.b.0
func path(v Value) ([]Value, error) {
	if v == nil {
		return nil, nil
	}
	s, ok := text(v)
	if !ok {
		if _, ok := integer(v); !ok {
			return nil, fail("attribute must be str or an integer, not %s", typeName(v))
		}
		return []Value{v}, nil
	}
	var out []Value
	start := 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] != '.' {
			continue
		}
		part := s[start:i]
		if n, err := strconv.ParseUint(part, 10, 31); err == nil {
			out = append(out, int64(n))
		} else {
			out = append(out, part)
		}
		start = i + 1
	}
	return out, nil
}

// follow looks a path up in v; otherwise replaces what is undefined on the way, if it is not None.
func (r *run) follow(v Value, path []Value, otherwise Value) (Value, error) {
	for _, part := range path {
		if err := r.step(1); err != nil {
			return nil, err
		}
		var err error
		if v, err = r.index(v, part); err != nil {
			return nil, err
		}
		if _, missing := v.(*undefined); missing && otherwise != nil {
			v = otherwise
		}
	}
	return v, nil
}

// followAll gives the value at an attribute of each item, in lower case if it is text and folded is true.
func (r *run) followAll(items []Value, attribute Value, folded bool) ([]Value, error) {
	parts, err := path(attribute)
	if err != nil {
		return nil, err
	}
	if err := r.build(elementBytes * len(items)); err != nil {
		return nil, err
	}
	out := make([]Value, len(items))
	for i, item := range items {
		if out[i], err = r.follow(item, parts, nil); err != nil {
			return nil, err
		}
		if s, ok := text(out[i]); ok && folded {
			if err := r.build(2 * len(s)); err != nil {
				return nil, err
			}
			out[i] = lower(s)
		}
	}
	return out, nil
}

func joined(r *run, v Value, a []Value) (Value, error) {
	items, err := r.iterate(v)
	if err != nil {
		return nil, err
	}
	between, err := r.str(a[0])
	if err != nil {
		return nil, err
	}
	parts, err := path(a[1])
	if err != nil {
		return nil, err
	}
	w := writer{r: r}
	for i, item := range items {
		if i > 0 {
			if err := w.text(between); err != nil {
				return nil, err
			}
		}
		if item, err = r.follow(item, parts, nil); err != nil {
			return nil, err
		}
		if err := w.str(item); err != nil {
			return nil, err
		}
	}
	return w.b.String(), nil
}

func sortValues(r *run, v Value, a []Value) (Value, error) {
	items, err := r.iterate(v)
	if err != nil {
		return nil, err
	}
	keys, err := r.sortKeys(items, a[2], !truth(a[1]))
	if err != nil {
		return nil, err
	}
	out, err := r.sorted(items, keys, truth(a[0]))
	return list(out), err
}

// sortKeys are the keys to sort items by; an attribute may be several with commas between.
func (r *run) sortKeys(items []Value, attribute Value, folded bool) ([]Value, error) {
	names, ok := attribute.(string)
	if !ok {
		return r.followAll(items, attribute, folded)
	}
	keys := make([]Value, len(items))
	for i := range keys {
		keys[i] = list(nil)
	}
	for start, i := 0, 0; i <= len(names); i++ {
		if i < len(names) && names[i] != ',' {
			continue
		}
		column, err := r.followAll(items, names[start:i], folded)
		if err != nil {
			return nil, err
		}
		for j, v := range column {
			key := keys[j].(*seq)
			key.items = append(key.items, v)
		}
		start = i + 1
	}
	return keys, r.build(2 * elementBytes * len(items))
}

func dictSort(r *run, v Value, a []Value) (Value, error) {
	d, ok := v.(*Dict)
	if !ok {
		return nil, fail("filter dictsort: expected a mapping, found %s", typeName(v))
	}
	by := d.keys
	switch a[1] {
	case "key":
	case "value":
		by = d.values
	default:
		return nil, fail(`You can only sort by either "key" or "value"`)
	}
	keys, err := r.followAll(by, nil, !truth(a[0]))
	if err != nil {
		return nil, err
	}
	if err := r.build(2 * elementBytes * d.Len()); err != nil {
		return nil, err
	}
	out, err := r.sorted(d.pairs(), keys, truth(a[2]))
	return list(out), err
}

// unique keeps the first of equal items.
func unique(r *run, v Value, a []Value) (Value, error) {
	items, err := r.iterate(v)
	if err != nil {
		return nil, err
	}
	keys, err := r.followAll(items, a[1], !truth(a[0]))
	if err != nil {
		return nil, err
	}
	seen := &Dict{}
	var out []Value
	for i, k := range keys {
		if err := r.scanKey(k); err != nil {
			return nil, err
		}
		if _, found, err := seen.lookup(k); err != nil {
			return nil, err
		} else if found {
			continue
		}
		if err := seen.store(k, nil); err != nil {
			return nil, err
		}
		out = append(out, items[i])
	}
	if err := r.build(entryBytes * len(out)); err != nil {
		return nil, err
	}
	return r.generate("do_unique", out)
}

// extreme is max for sign 1, min for -1.
func extreme(sign int) func(*run, Value, []Value) (Value, error) {
	return func(r *run, v Value, a []Value) (Value, error) {
		items, err := r.iterate(v)
		if err != nil {
			return nil, err
		}
		if len(items) == 0 {
			return &undefined{"No aggregated item, sequence was empty."}, nil
		}
		keys, err := r.followAll(items, a[1], !truth(a[0]))
		if err != nil {
			return nil, err
		}
		best := 0
		for i := range keys {
			c, err := r.order(keys[i], keys[best], "<", 0)
			if err != nil {
				return nil, err
			}
			if c*sign > 0 {
				best = i
			}
		}
		return items[best], nil
	}
}

func sum(r *run, v Value, a []Value) (Value, error) {
	items, err := r.iterate(v)
	if err != nil {
		return nil, err
	}
	if items, err = r.followAll(items, a[0], false); err != nil {
		return nil, err
	}
	total := a[1]
	if _, ok := text(total); ok {
		return nil, fail("sum() can't sum strings [use ''.join(seq) instead]")
	}
	for _, item := range items {
		if total, err = r.arithmetic("+", total, item); err != nil {
			return nil, err
		}
	}
	return total, nil
}

// batch cuts into lists of a number of items.
func batch(r *run, v Value, a []Value) (Value, error) {
	items, err := r.copied(v)
	if err != nil {
		return nil, err
	}
	n, err := integerArgument("filter batch: linecount", a[0])
	if err != nil {
		return nil, err
	}
	var out []Value
	if n < 1 { // as in Python, where a batch of no items ends before the first one
		if n == 0 && len(items) > 0 {
			out = append(out, list(nil))
		}
		n = max(len(items), 1)
	}
	for len(items) > 0 {
		size := min(n, len(items))
		row := items[:size:size]
		items = items[size:]
		if missing := n - size; missing > 0 && a[1] != nil {
			if err := r.repeat(missing, elementBytes); err != nil {
				return nil, err
			}
			for range missing {
				row = append(row, a[1])
			}
		}
		out = append(out, list(row))
	}
	return r.generate("do_batch", out)
}

// slices3 cuts into a number of lists of about equal length.
func slices3(r *run, v Value, a []Value) (Value, error) {
	items, err := r.copied(v)
	if err != nil {
		return nil, err
	}
	n, err := integerArgument("filter slice: slices", a[0])
	if err != nil {
		return nil, err
	}
	if n < 1 {
		return nil, fail("filter slice: expected at least 1 slice, found %d", n)
	}
	if err := r.repeat(n, 2*elementBytes); err != nil {
		return nil, err
	}
	size, longer := len(items)/n, len(items)%n
	out := make([]Value, n)
	for i := range n {
		end := size
		if i < longer {
			end++
		}
		row := items[:end:end]
		items = items[end:]
		if i >= longer && a[1] != nil {
			row = append(row, a[1])
		}
		out[i] = list(row)
	}
	return r.generate("do_slice", out)
}

// groupBy gives pairs of a value and the list of items that have it at an attribute.
func groupBy(r *run, v Value, a []Value) (Value, error) {
	items, err := r.iterate(v)
	if err != nil {
		return nil, err
	}
	parts, err := path(a[0])
	if err != nil {
		return nil, err
	}
	values := make([]Value, len(items))
	for i, item := range items {
		if values[i], err = r.follow(item, parts, a[1]); err != nil {
			return nil, err
		}
	}
	keys, err := r.followAll(values, nil, !truth(a[2]))
	if err != nil {
		return nil, err
	}
	return r.group(items, values, keys)
}

// group sorts items by keys and puts neighbours with equal ones together, under the first one's value.
func (r *run) group(items, values, keys []Value) (Value, error) {
	places := make([]Value, len(items))
	for i := range places {
		places[i] = int64(i)
	}
	places, err := r.sorted(places, keys, false)
	if err != nil {
		return nil, err
	}
	var out []Value
	var last Value
	for n, p := range places {
		i := p.(int64)
		eq := false
		if n > 0 {
			if eq, err = r.equal(keys[i], last, 0); err != nil {
				return nil, err
			}
		}
		if !eq {
			out = append(out, tuple(values[i], list(nil)))
		}
		members := out[len(out)-1].(*seq).items[1].(*seq)
		members.items = append(members.items, items[i])
		last = keys[i]
	}
	return list(out), r.build(4 * elementBytes * len(items))
}
