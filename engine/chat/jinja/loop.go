package jinja

import "errors"

// loop is the loop variable of one for statement that runs.
type loop struct {
	stmt  *forStmt
	scope *scope // around the statement
	depth int    // of recursion, from 0

	index   int // of the current item among those that passed the test, from 0
	items   []Value
	pos     int     // of the first item not yet looked at
	ahead   []Value // items that passed the test but were not reached yet
	frame   *frame  // around the statement, to test items in
	current Value
	before  Value   // the item before the current one
	seen    []Value // the last arguments of changed()
	changes bool    // changed() was called
}

func (s *forStmt) exec(f *frame) error {
	over, err := f.eval(s.over)
	if err != nil {
		return err
	}
	return s.each(f, over, 0)
}

// each runs the loop over one iterable. Every iteration has a scope of its own.
func (s *forStmt) each(f *frame, over Value, depth int) error {
	items, err := f.run.iterate(over)
	if err != nil {
		return err
	}
	l := &loop{stmt: s, scope: f.scope, frame: f, depth: depth, index: -1, items: items}
	finished := false // an iteration to its end: as in Jinja, else runs also if break and continue left them all
	for {
		more, err := l.advance()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		err = l.iteration(f)
		finished = finished || err == nil
		if errors.Is(err, errBreak) {
			break
		}
		if err != nil && !errors.Is(err, errContinue) {
			return err
		}
	}
	if finished {
		return nil
	}
	return f.inner().exec(s.otherwise)
}

func (l *loop) iteration(f *frame) error {
	inner := f.inner()
	inner.scope.set("loop", l)
	if err := inner.assign(l.stmt.target, l.current); err != nil {
		return err
	}
	return inner.exec(l.stmt.body)
}

// advance goes to the next item that passes the test. Tests run as late as that, since loop bodies may
// change what they look at.
func (l *loop) advance() (bool, error) {
	more, err := l.peek()
	if err != nil || !more {
		return false, err
	}
	l.before, l.current = l.current, l.ahead[0]
	l.ahead = l.ahead[1:]
	l.index++
	return true, nil
}

// peek makes sure that the next item, if there is one, is in l.ahead.
func (l *loop) peek() (bool, error) {
	for len(l.ahead) == 0 && l.pos < len(l.items) {
		if err := l.test(); err != nil {
			return false, err
		}
	}
	return len(l.ahead) > 0, nil
}

// test looks at one more item.
func (l *loop) test() error {
	if err := l.frame.run.step(1); err != nil {
		return err
	}
	item := l.items[l.pos]
	l.pos++
	if l.stmt.test != nil {
		inner := l.frame.inner()
		if err := inner.assign(l.stmt.target, item); err != nil {
			return err
		}
		v, err := inner.eval(l.stmt.test)
		if err != nil || !truth(v) {
			return err
		}
	}
	l.ahead = append(l.ahead, item)
	return nil
}

// length tests all items.
func (l *loop) length() (int, error) {
	for l.pos < len(l.items) {
		if err := l.test(); err != nil {
			return 0, err
		}
	}
	return l.index + 1 + len(l.ahead), nil
}

func (l *loop) attribute(name string) (Value, bool, error) {
	switch name {
	case "index":
		return int64(l.index + 1), true, nil
	case "index0":
		return int64(l.index), true, nil
	case "first":
		return l.index == 0, true, nil
	case "depth":
		return int64(l.depth + 1), true, nil
	case "depth0":
		return int64(l.depth), true, nil
	case "previtem":
		if l.index == 0 {
			return &undefined{"there is no previous item"}, true, nil
		}
		return l.before, true, nil
	case "last", "nextitem":
		v, err := l.following(name)
		return v, true, err
	case "length", "revindex", "revindex0":
		n, err := l.length()
		return map[string]int64{"length": int64(n), "revindex": int64(n - l.index), "revindex0": int64(n - l.index - 1)}[name], true, err
	case "cycle":
		return &function{name: name, open: l.cycle}, true, nil
	case "changed":
		return &function{name: name, open: l.changed}, true, nil
	}
	return nil, false, nil
}

// following is last or nextitem.
func (l *loop) following(name string) (Value, error) {
	more, err := l.peek()
	switch {
	case err != nil:
		return nil, err
	case name == "last":
		return !more, nil
	case !more:
		return &undefined{"there is no next item"}, nil
	}
	return l.ahead[0], nil
}

func (l *loop) cycle(_ *frame, a *arguments) (Value, error) {
	if len(a.positional) == 0 {
		return nil, fail("no items for cycling given")
	}
	return a.positional[l.index%len(a.positional)], nil
}

func (l *loop) changed(f *frame, a *arguments) (Value, error) {
	if l.changes {
		eq, err := f.run.equalItems(l.seen, a.positional, 0)
		if err != nil || eq {
			return false, err
		}
	}
	l.seen, l.changes = a.positional, true
	return true, nil
}

// call runs a recursive loop over other items and gives what it writes.
func (l *loop) call(f *frame, a *arguments) (Value, error) {
	if !l.stmt.recursive {
		return nil, fail("the loop is not marked as recursive")
	}
	values, err := a.bind("loop()", []parameter{need("iterable")})
	if err != nil {
		return nil, err
	}
	if err := f.run.enter(); err != nil {
		return nil, err
	}
	defer f.run.leave()
	inner := &frame{run: f.run, scope: l.scope, out: &output{}}
	if err := l.stmt.each(inner, values[0], l.depth+1); err != nil {
		return nil, err
	}
	return inner.out.b.String(), nil
}
