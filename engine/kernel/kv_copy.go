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

// transferPairs is for values in pairs of slots.
func (x *KV) transferPairs(buf []byte, slot, n int, write bool) []byte {
	all := view[uint16](x.v)
	for r := range x.heads * x.dim / Group {
		for s := slot; s < slot+n; s++ {
			pair := all[x.pairedValueAt(0, r*Group, s):]
			out := buf[:2*Group]
			for c := range Group {
				if at := 2*c + s%2; write {
					pair[at] = uint16(out[2*c]) | uint16(out[2*c+1])<<8
				} else {
					out[2*c], out[2*c+1] = byte(pair[at]), byte(pair[at]>>8)
				}
			}
			buf = buf[2*Group:]
		}
	}
	return buf
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
