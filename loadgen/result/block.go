package result

import (
	"encoding/binary"
	"errors"
)

// blockRequests is how many requests a block has: enough for columns to pack well, few enough that what is decoded stays
// near the processor.
const blockRequests = 1024

// blockEvents is how many events close a block before it has so many requests.
const blockEvents = 1 << 16

// mostEvents bounds the events of a block when it is read: more is damage.
const mostEvents = 1 << 24

var errBlock = errors.New("a block is damaged")

// held is what a field is in all of a coder's requests, where that is one value, as most fields of a trial have: there is
// nothing to fill from the next block that has the same.
type held struct {
	known bool
	value int64
	words string
}

func (h *held) number(v int64) bool { return h.known && h.value == v }

func (h *held) text(t []byte) bool { return h.known && h.words == string(t) }

// blockCoder turns requests into a block and back. Its memory is used again for the next block.
type blockCoder struct {
	requests []Request
	held     []held // by field
	events   []Event
	values   []int64
	texts    []string
	raw      []byte
}

// encode appends a block: the number of requests, every field's column in the order of fields, then the events'.
func (c *blockCoder) encode(dst []byte, rs []Request) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(rs)))
	for i := range fields {
		if fields[i].text != nil {
			dst = c.encodeTexts(dst, rs, fields[i].text)
		} else {
			dst = c.encodeNumbers(dst, rs, &fields[i])
		}
	}
	return c.encodeEvents(dst, rs)
}

// encodeNumbers appends a column of differences: from a near stamp, from the request before for those that have none,
// which rise by little, and from 0 for counts.
func (c *blockCoder) encodeNumbers(dst []byte, rs []Request, f *field) []byte {
	c.values = c.values[:0]
	for i := range rs {
		c.values = append(c.values, f.get(&rs[i]))
		if f.near != nil {
			c.values[i] -= f.near(&rs[i])
		}
	}
	if f.rises() {
		first := c.values[0]
		for i := len(rs) - 1; i > 0; i-- {
			c.values[i] -= c.values[i-1]
		}
		c.values[0] = 0
		dst = binary.AppendVarint(dst, first)
	}
	return appendPacked(dst, c.values)
}

// rises says whether a field is packed as differences from request to request.
func (f *field) rises() bool { return f.near == nil && !f.lone && (f.stamp != nil || f.key == "seq") }

// plain says whether a field is packed as it is.
func (f *field) plain() bool { return f.near == nil && !f.rises() }

func (f *field) get(r *Request) int64 {
	switch {
	case f.stamp != nil:
		return *f.stamp(r)
	case f.count != nil:
		return int64(*f.count(r))
	}
	return f.number.get(r)
}

// encodeTexts appends the different texts of a column and, packed, which one every request has.
func (c *blockCoder) encodeTexts(dst []byte, rs []Request, of func(*Request) *string) []byte {
	places := map[string]int64{}
	var distinct []string
	c.values = c.values[:0]
	for i := range rs {
		t := *of(&rs[i])
		at, known := places[t]
		if !known {
			at = int64(len(distinct))
			places[t], distinct = at, append(distinct, t)
		}
		c.values = append(c.values, at)
	}
	dst = binary.AppendUvarint(dst, uint64(len(distinct)))
	for _, t := range distinct {
		dst = binary.AppendUvarint(dst, uint64(len(t)))
	}
	for _, t := range distinct {
		dst = append(dst, t...)
	}
	return appendPacked(dst, c.values)
}

// encodeEvents appends how many events each request has, and then of all of them: the time since the one before it in the
// request, or since First; tokens; reads since the one before.
func (c *blockCoder) encodeEvents(dst []byte, rs []Request) []byte {
	column := func(of func(r *Request, k int) int64) {
		c.values = c.values[:0]
		for i := range rs {
			for k := range rs[i].Events {
				c.values = append(c.values, of(&rs[i], k))
			}
		}
		dst = appendPacked(dst, c.values)
	}
	c.values = c.values[:0]
	for i := range rs {
		c.values = append(c.values, int64(len(rs[i].Events)))
	}
	dst = appendPacked(dst, c.values)
	column(func(r *Request, k int) int64 {
		if k == 0 {
			return r.Events[0].At - r.First
		}
		return r.Events[k].At - r.Events[k-1].At
	})
	column(func(r *Request, k int) int64 { return int64(r.Events[k].Tokens) })
	column(func(r *Request, k int) int64 {
		if k == 0 {
			return int64(r.Events[0].Read)
		}
		return int64(r.Events[k].Read - r.Events[k-1].Read)
	})
	return dst
}

// decode reads a block, which has slack bytes of room behind its end. What it returns is good until the next call. Without
// events, requests have none.
func (c *blockCoder) decode(src []byte, events bool) ([]Request, error) {
	n, used := binary.Uvarint(src)
	if used <= 0 || n == 0 || n > blockRequests {
		return nil, errBlock
	}
	src = src[used:]
	if c.requests == nil {
		c.requests, c.held = make([]Request, blockRequests), make([]held, len(fields))
	}
	rs := c.requests[:n]
	var err error
	for i := range fields {
		if fields[i].text != nil {
			src, err = c.decodeTexts(src, rs, fields[i].text, &c.held[i])
		} else {
			src, err = c.decodeNumbers(src, rs, &fields[i], &c.held[i])
		}
		if err != nil {
			return nil, err
		}
	}
	if !events {
		for i := range rs {
			rs[i].Events = nil
		}
		return rs, nil
	}
	return rs, c.decodeEvents(src, rs)
}

// room makes values as long as n.
func (c *blockCoder) room(n int) []int64 {
	if cap(c.values) < n {
		c.values = make([]int64, n)
	}
	c.values = c.values[:n]
	return c.values
}

func (c *blockCoder) decodeNumbers(src []byte, rs []Request, f *field, h *held) ([]byte, error) {
	var first int64
	if f.rises() {
		var used int
		if first, used = binary.Varint(src); used <= 0 {
			return nil, errBlock
		}
		src = src[used:]
	}
	p, src, err := unpack(src, len(rs))
	if err != nil {
		return nil, err
	}
	if f.plain() && p.width == 0 {
		if !h.number(p.least) {
			f.fill(c.requests, p.spread(c.room(len(c.requests))))
			*h = held{known: true, value: p.least}
		}
		return src, nil
	}
	h.known = false
	values := p.spread(c.room(len(rs)))
	if f.rises() {
		for i := range values {
			first += values[i]
			values[i] = first
		}
	}
	f.fill(rs, values)
	return src, nil
}

// fill sets the field of all requests.
func (f *field) fill(rs []Request, values []int64) {
	switch {
	case f.near != nil:
		for i := range rs {
			*f.stamp(&rs[i]) = values[i] + f.near(&rs[i])
		}
	case f.stamp != nil:
		for i := range rs {
			*f.stamp(&rs[i]) = values[i]
		}
	case f.count != nil:
		for i := range rs {
			*f.count(&rs[i]) = int(values[i])
		}
	default:
		for i := range rs {
			f.number.set(&rs[i], values[i])
		}
	}
}

func (c *blockCoder) decodeTexts(src []byte, rs []Request, of func(*Request) *string, h *held) ([]byte, error) {
	n, used := binary.Uvarint(src)
	if used <= 0 || n == 0 || n > uint64(len(rs)) {
		return nil, errBlock
	}
	if n == 1 {
		return c.decodeText(src[used:], len(rs), of, h)
	}
	h.known = false
	distinct, src, err := c.dictionary(src[used:], int(n))
	if err != nil {
		return nil, err
	}
	p, src, err := unpack(src, len(rs))
	if err != nil {
		return nil, err
	}
	for i, v := range p.spread(c.room(len(rs))) {
		if uint64(v) >= n {
			return nil, errBlock
		}
		*of(&rs[i]) = distinct[v]
	}
	return src, nil
}

// decodeText reads a column of one text.
func (c *blockCoder) decodeText(src []byte, n int, of func(*Request) *string, h *held) ([]byte, error) {
	size, used := binary.Uvarint(src)
	if used <= 0 || size > uint64(len(src)-used) {
		return nil, errBlock
	}
	text, rest := src[used:used+int(size)], src[used+int(size):]
	p, rest, err := unpack(rest, n)
	if err != nil {
		return nil, err
	}
	if p.width != 0 || p.least != 0 {
		return nil, errBlock
	}
	if !h.text(text) {
		*h = held{known: true, words: string(text)}
		for i := range c.requests {
			*of(&c.requests[i]) = h.words
		}
	}
	return rest, nil
}

// dictionary reads n texts: their lengths, then all of their bytes, which are copied in one piece.
func (c *blockCoder) dictionary(src []byte, n int) (texts []string, rest []byte, err error) {
	lengths, total := c.room(n), 0
	for i := range lengths {
		size, used := binary.Uvarint(src)
		if used <= 0 || size > uint64(len(src)) {
			return nil, nil, errBlock
		}
		src, lengths[i] = src[used:], int64(size)
		if total += int(size); total > len(src) {
			return nil, nil, errBlock
		}
	}
	all, texts := string(src[:total]), c.texts[:0]
	for _, size := range lengths {
		texts, all = append(texts, all[:size]), all[size:]
	}
	c.texts = texts
	return texts, src[total:], nil
}

func (c *blockCoder) decodeEvents(src []byte, rs []Request) error {
	p, src, err := unpack(src, len(rs))
	if err != nil {
		return err
	}
	ends, total := p.spread(c.room(len(rs))), int64(0)
	for i, n := range ends {
		if n < 0 || n > mostEvents-total {
			return errBlock
		}
		total += n
		ends[i] = total
	}
	if cap(c.events) < int(total) {
		c.events = make([]Event, total+total/4)
	}
	from := int64(0)
	for i, end := range ends {
		rs[i].Events = nil
		if end > from {
			rs[i].Events = c.events[from:end:end]
		}
		from = end
	}
	return c.fillEvents(src, rs, int(total))
}

func (c *blockCoder) fillEvents(src []byte, rs []Request, total int) (err error) {
	values := c.room(3 * total)
	gaps, tokens, reads := values[:total], values[total:2*total], values[2*total:]
	for _, column := range [][]int64{gaps, tokens, reads} {
		var p packed
		if p, src, err = unpack(src, total); err != nil {
			return err
		}
		p.spread(column)
	}
	for i := range rs {
		r := &rs[i]
		n := len(r.Events)
		stamp(r.Events, r.First, gaps[:n], tokens[:n], reads[:n])
		gaps, tokens, reads = gaps[n:], tokens[n:], reads[n:]
	}
	return nil
}

// stamp fills the events of a request from their columns.
func stamp(events []Event, at int64, gaps, tokens, reads []int64) {
	read, gaps, tokens, reads := 0, gaps[:len(events)], tokens[:len(events)], reads[:len(events)]
	for k := range events {
		at += gaps[k]
		read += int(reads[k])
		events[k] = Event{At: at, Tokens: int(tokens[k]), Read: read}
	}
}
