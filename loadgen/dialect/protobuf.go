package dialect

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// field is one field of a message in protobuf's wire format: bytes of what has a length, the
// value of what is a varint.
type field struct {
	number protowire.Number
	kind   protowire.Type
	bytes  []byte
	value  uint64
}

// text says that f is the field of a number that has a length. The same number with another type is a
// field that is not known, and is passed over as such.
func (f field) text(number protowire.Number) bool {
	return f.number == number && f.kind == protowire.BytesType
}

// whole says that f is the field of a number that is a varint.
func (f field) whole(number protowire.Number) bool {
	return f.number == number && f.kind == protowire.VarintType
}

// errWire stands for protowire's errors, whose wording changes from build to build.
var errWire = errors.New("not protobuf's wire format")

// eachField hands over the fields of a message in their order, known or not.
func eachField(message []byte, take func(field) error) error {
	for len(message) > 0 {
		f, n := firstField(message)
		if n < 0 {
			return errWire
		}
		if err := take(f); err != nil {
			return err
		}
		message = message[n:]
	}
	return nil
}

// firstField is the field that b begins with, and how long it is, below 0 where it is none.
func firstField(b []byte) (f field, n int) {
	number, kind, tag := protowire.ConsumeTag(b)
	if tag < 0 {
		return f, tag
	}
	f.number, f.kind = number, kind
	switch kind {
	case protowire.BytesType:
		f.bytes, n = protowire.ConsumeBytes(b[tag:])
	case protowire.VarintType:
		f.value, n = protowire.ConsumeVarint(b[tag:])
	default:
		n = protowire.ConsumeFieldValue(number, kind, b[tag:])
	}
	if n < 0 {
		return f, n
	}
	return f, tag + n
}

func appendBytes(b []byte, number protowire.Number, value []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), value)
}

func appendText(b []byte, number protowire.Number, value string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, number, protowire.BytesType), value)
}

func appendWhole(b []byte, number protowire.Number, value uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, number, protowire.VarintType), value)
}

// flat is a tensor's data as bytes: numbers little-endian, texts each after its length.
func (t tensor) flat() (b []byte, err error) {
	for _, value := range t.Data {
		switch v := value.(type) {
		case string:
			b = append(binary.LittleEndian.AppendUint32(b, uint32(len(v))), v...)
		case bool:
			b = append(b, byte(protowire.EncodeBool(v)))
		case int:
			if int(int32(v)) != v {
				return nil, fmt.Errorf("%s is %d, expected a number of 32 bits", t.Name, v)
			}
			b = binary.LittleEndian.AppendUint32(b, uint32(int32(v)))
		case float64:
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)))
		case uint64:
			b = binary.LittleEndian.AppendUint64(b, v)
		default:
			return nil, fmt.Errorf("%s has a %T, expected a text, a number or a boolean", t.Name, v)
		}
	}
	return b, nil
}

// flatTexts are the texts of a tensor that was flat.
func flatTexts(b []byte) (all texts, ok bool) {
	for len(b) > 0 {
		if len(b) < 4 {
			return nil, false
		}
		n := uint64(binary.LittleEndian.Uint32(b))
		if b = b[4:]; n > uint64(len(b)) {
			return nil, false
		}
		all, b = append(all, string(b[:n])), b[n:]
	}
	return all, true
}

// widths are the sizes of whole numbers in flat tensors.
var widths = map[string]int{"INT8": 1, "UINT8": 1, "INT16": 2, "UINT16": 2, "INT32": 4, "UINT32": 4, "INT64": 8, "UINT64": 8}

// flatCounts are the numbers of a flat tensor. One below 0, or too large to be a count, comes out above mostCounted.
func flatCounts(kind string, b []byte) (all counts, ok bool) {
	width, known := widths[kind]
	if !known || len(b)%width != 0 {
		return nil, false
	}
	for ; len(b) > 0; b = b[width:] {
		var wide [8]byte
		copy(wide[:], b[:width])
		n := binary.LittleEndian.Uint64(wide[:])
		if signed := kind[0] == 'I'; n > mostCounted || signed && b[width-1]&0x80 != 0 {
			n = mostCounted + 1
		}
		all = append(all, int(n))
	}
	return all, true
}
