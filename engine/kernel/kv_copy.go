package kernel

import "unsafe"

// SlotBytes is what Read takes of one slot, scales included.
func (x *KV) SlotBytes() int {
	return x.heads * (x.format.K.RowBytes(x.dim) + x.format.V.RowBytes(x.dim))
}

// Read copies what n slots from slot on hold to buf, which has SlotBytes for each, and returns
// the rest of buf. The order of the copy does not depend on where the slots lie, so that Write
// can put it anywhere in a KV of the same shape. Slots of keys per channel are copied 32 at a
// time, from a multiple of it on.
func (x *KV) Read(buf []byte, slot, n int) []byte { return x.transfer(buf, slot, n, false) }

// Write puts what Read has copied into n slots from slot on, and returns the rest of buf.
func (x *KV) Write(buf []byte, slot, n int) []byte { return x.transfer(buf, slot, n, true) }

func (x *KV) transfer(buf []byte, slot, n int, write bool) []byte {
	if x.paired { // pairs of columns are as elements of twice the size
		buf = x.transferGroups(x.k, x.dim/2, 4, buf, slot, n, write)
		return x.transferPairs(buf, slot, n, write)
	}
	buf = x.transferKeys(buf, slot, n, write)
	v := x.format.V
	buf = x.transferRuns(x.v, x.heads*x.dim/Group, elemBytes(v, Group), buf, slot, n, write)
	if v.Integer() {
		buf = x.transferRuns(bytesOf(x.vScale), x.heads*x.dim/blockElems, 2, buf, slot, n, write)
	}
	return buf
}

func (x *KV) transferKeys(buf []byte, slot, n int, write bool) []byte {
	k := x.format.K
	switch {
	case x.format.PerChannel: // of which a head's groups lie together
		buf = x.transferSealed(x.k, elemBytes(k, SealedSlots*x.dim), buf, slot, n, write)
		return x.transferSealed(bytesOf(x.kScale), 2*x.dim, buf, slot, n, write)
	case k == Q4_0: // pairs of columns are as elements of a byte
		buf = x.transferGroups(x.k, x.dim/2, 1, buf, slot, n, write)
	default:
		buf = x.transferGroups(x.k, x.dim, elemBytes(k, 1), buf, slot, n, write)
	}
	if k.Integer() {
		buf = x.transferGroups(bytesOf(x.kScale), x.dim/blockElems, 2, buf, slot, n, write)
	}
	return buf
}

// transferSealed is for memory (heads, slots/32) of so many bytes each.
func (x *KV) transferSealed(data []byte, size int, buf []byte, slot, n int, write bool) []byte {
	for h := range x.heads {
		at := (h*x.slots + slot) / SealedSlots * size
		buf = exchange(data[at:at+n/SealedSlots*size], buf, write)
	}
	return buf
}

// transferGroups is for memory (heads, slots/16, rows, 16) of elements of so many bytes.
func (x *KV) transferGroups(data []byte, rows, size int, buf []byte, slot, n int, write bool) []byte {
	if slot%Group == 0 && n == Group { // which lie together, in the same order
		for h := range x.heads {
			at := (h*x.slots + slot) * rows * size
			buf = exchange(data[at:at+Group*rows*size], buf, write)
		}
		return buf
	}
	for h := range x.heads {
		for r := range rows {
			for s := slot; s < slot+n; {
				run := min(Group-s%Group, slot+n-s)
				at := ((h*x.slots+s/Group*Group)*rows + r*Group + s%Group) * size
				buf = exchange(data[at:at+run*size], buf, write)
				s += run
			}
		}
	}
	return buf
}

// transferRuns is for memory (rows, slots) of elements of so many bytes.
func (x *KV) transferRuns(data []byte, rows, size int, buf []byte, slot, n int, write bool) []byte {
	for r := range rows {
		at := (r*x.slots + slot) * size
		buf = exchange(data[at:at+n*size], buf, write)
	}
	return buf
}

// transferPairs is for values in pairs of slots. A copy has pairs, too, counted from its own
// beginning, and what has no partner at its end alone.
func (x *KV) transferPairs(buf []byte, slot, n int, write bool) []byte {
	all := view[uint16](x.v)
	for r := range x.heads * x.dim / Group {
		whole := 0
		if slot%2 == 0 {
			whole = n / 2 * 2
			at := 2 * x.pairedValueAt(0, r*Group, slot)
			exchange(x.v[at:at+2*Group*whole], buf, write)
		}
		for i := whole; i < n; i++ {
			out, step := buf[2*Group*i:], 2
			if last := n%2 == 1 && i == n-1; !last {
				out, step = buf[2*(Group*(i/2*2)+i%2):], 4
			}
			transferColumns(all[x.pairedValueAt(0, r*Group, slot+i)+(slot+i)%2:], out, step, write)
		}
		buf = buf[2*Group*n:]
	}
	return buf
}

// transferColumns is for 16 columns, every other element of lane, and so many bytes apart in buf.
func transferColumns(lane []uint16, buf []byte, step int, write bool) {
	for c := range Group {
		if b := buf[c*step:]; write {
			lane[2*c] = uint16(b[0]) | uint16(b[1])<<8
		} else {
			b[0], b[1] = byte(lane[2*c]), byte(lane[2*c]>>8)
		}
	}
}

// exchange copies data to the beginning of buf, or the other way, and returns the rest of buf.
func exchange(data, buf []byte, write bool) []byte {
	if write {
		copy(data, buf)
	} else {
		copy(buf, data)
	}
	return buf[len(data):]
}

func bytesOf(x []uint16) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), 2*len(x))
}
