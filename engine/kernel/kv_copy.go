package kernel

import "unsafe"

// SlotBytes is what Read takes of one slot, scales included.
func (x *KV) SlotBytes() int {
	n := x.heads * x.dim
	bytes := 2 * n * x.size()
	if x.kind == Q8_0 {
		bytes += 2 * n / blockElems * 2
	}
	return bytes
}

// Read copies what n slots from slot on hold to buf, which has SlotBytes for each, and returns
// the rest of buf. The order of the copy does not depend on where the slots lie, so that Write
// can put it anywhere in a KV of the same shape.
func (x *KV) Read(buf []byte, slot, n int) []byte { return x.transfer(buf, slot, n, false) }

// Write puts what Read has copied into n slots from slot on, and returns the rest of buf.
func (x *KV) Write(buf []byte, slot, n int) []byte { return x.transfer(buf, slot, n, true) }

func (x *KV) transfer(buf []byte, slot, n int, write bool) []byte {
	if x.paired { // pairs of columns are as elements of twice the size
		buf = x.transferGroups(x.k, x.dim/2, 2*x.size(), buf, slot, n, write)
		return x.transferPairs(buf, slot, n, write)
	}
	buf = x.transferGroups(x.k, x.dim, x.size(), buf, slot, n, write)
	buf = x.transferRuns(x.v, x.heads*x.dim/Group, Group*x.size(), buf, slot, n, write)
	if x.kind == Q8_0 {
		blocks := x.dim / blockElems
		buf = x.transferGroups(bytesOf(x.kScale), blocks, 2, buf, slot, n, write)
		buf = x.transferRuns(bytesOf(x.vScale), x.heads*blocks, 2, buf, slot, n, write)
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
