package jinja

// filter applies the filter called name.
func (f *frame) filter(name string, v Value, args *arguments) (Value, error) {
	switch name {
	case "map":
		return mapValues(f, v, args)
	case "select", "reject":
		return f.selected(name, v, nil, args, name == "select")
	case "selectattr", "rejectattr":
		return f.selectedByAttribute(name, v, args)
	}
	fn, ok := filters[name]
	if !ok {
		return nil, fail("%s", missing("filter", name))
	}
	return fn.apply(f, "filter "+name, v, args)
}

// test asks the test called name.
func (f *frame) test(name string, v Value, args *arguments) (Value, error) {
	fn, ok := tests[name]
	if !ok {
		return nil, fail("%s", missing("test", name))
	}
	if name == "test" {
		s, _ := text(v)
		_, ok := tests[s]
		return ok, nil
	}
	return fn.apply(f, "test "+name, v, args)
}

// mapValues is the filter map: another filter, or an attribute, of each item.
func mapValues(f *frame, v Value, a *arguments) (Value, error) {
	apply, err := mapper(f, a)
	if err != nil {
		return nil, err
	}
	if !truth(v) {
		return f.run.generate("sync_do_map", nil)
	}
	items, err := f.run.copied(v)
	if err != nil {
		return nil, err
	}
	for i := range items {
		if items[i], err = apply(items[i]); err != nil {
			return nil, err
		}
	}
	return &generator{"sync_do_map", items}, nil
}

func mapper(f *frame, a *arguments) (func(Value) (Value, error), error) {
	attribute, ok := a.named.Get("attribute")
	if ok && len(a.positional) == 0 {
		values, err := a.bind("filter map", []parameter{need("attribute"), option("default", nil)})
		if err != nil {
			return nil, err
		}
		parts, err := path(attribute)
		return func(v Value) (Value, error) { return f.run.follow(v, parts, values[1]) }, err
	}
	if len(a.positional) == 0 {
		return nil, fail("map requires a filter argument")
	}
	name, err := textArgument("filter map: the filter's name", a.positional[0])
	rest := &arguments{a.positional[1:], a.named}
	return func(v Value) (Value, error) {
		if err := f.run.enter(); err != nil { // map('map', 'map', ...)
			return nil, err
		}
		defer f.run.leave()
		return f.filter(name, v, rest)
	}, err
}

func (f *frame) selectedByAttribute(filter string, v Value, a *arguments) (Value, error) {
	if len(a.positional) == 0 {
		return nil, fail("filter %s: missing parameter for attribute name", filter)
	}
	parts, err := path(a.positional[0])
	if err != nil {
		return nil, err
	}
	return f.selected(filter, v, parts, &arguments{a.positional[1:], a.named}, filter == "selectattr")
}

// selected are the items of v for which a test of what lies at path, or without a test its truth, is as wanted.
func (f *frame) selected(filter string, v Value, path []Value, test *arguments, wanted bool) (Value, error) {
	if !truth(v) {
		return f.run.generate("select_or_reject", nil)
	}
	items, err := f.run.copied(v)
	if err != nil {
		return nil, err
	}
	kept := items[:0]
	for _, item := range items {
		value, err := f.run.follow(item, path, nil)
		if err != nil {
			return nil, err
		}
		holds, err := f.holds(filter, value, test)
		if err != nil {
			return nil, err
		}
		if holds == wanted {
			kept = append(kept, item)
		}
	}
	return &generator{"select_or_reject", kept}, nil
}

// holds is the truth of v, or of the test that the arguments begin with.
func (f *frame) holds(filter string, v Value, a *arguments) (bool, error) {
	if len(a.positional) == 0 {
		return truth(v), nil
	}
	name, err := textArgument("filter "+filter+": the test's name", a.positional[0])
	if err != nil {
		return false, err
	}
	out, err := f.test(name, v, &arguments{a.positional[1:], a.named})
	return truth(out), err
}

func (r *run) attr(v, name Value) (Value, error) {
	s, err := r.str(name)
	if err != nil {
		return nil, err
	}
	if u, ok := v.(*undefined); ok {
		return nil, u.fail()
	}
	if m, ok, err := r.member(v, s); ok || err != nil {
		return m, err
	}
	return noAttribute(v, s), nil
}
