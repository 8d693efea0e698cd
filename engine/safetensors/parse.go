package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"
	"strings"
)

// maxHeader is the format's own limit on the header's bytes.
const maxHeader = 100_000_000

// lengthBytes are in front of the header.
const lengthBytes = 8

// maxDims is more than any tensor in use has.
const maxDims = 16

// metadataKey is the one key of a header that is not a tensor.
const metadataKey = "__metadata__"

// Parse reads the header of a file of size bytes. The Tensors read from r. name is used
// in errors.
func Parse(name string, r io.ReaderAt, size int64) (*File, error) {
	f := &File{Name: name}
	header, err := readHeader(r, size)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	entries, err := f.parseHeader(header)
	if err != nil {
		return nil, fmt.Errorf("%s: header: %w", name, err)
	}
	start := lengthBytes + int64(len(header))
	if err := checkCover(entries, size-start); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, e := range entries {
		from, to := e.Offsets[0], e.Offsets[1]
		f.Tensors = append(f.Tensors, Tensor{
			Name: e.name, File: name, Type: e.Type, Shape: e.Shape, Size: to - from,
			data: io.NewSectionReader(r, start+from, to-from),
		})
	}
	slices.SortFunc(f.Tensors, func(a, b Tensor) int { return strings.Compare(a.Name, b.Name) })
	return f, nil
}

func readHeader(r io.ReaderAt, size int64) ([]byte, error) {
	if size < lengthBytes {
		return nil, fmt.Errorf("found %d bytes, expected at least the %d of the header's length", size, lengthBytes)
	}
	var length [lengthBytes]byte
	if _, err := r.ReadAt(length[:], 0); err != nil {
		return nil, fmt.Errorf("read the header's length: %w", err)
	}
	n := binary.LittleEndian.Uint64(length[:])
	if limit := min(size-lengthBytes, maxHeader); n > uint64(limit) {
		return nil, fmt.Errorf("found a header of %d bytes, expected at most %d: not a safetensors file, or one cut off", n, limit)
	}
	header := make([]byte, n)
	if _, err := r.ReadAt(header, lengthBytes); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the header: %w", err)
	}
	return header, nil
}

// entry is a tensor in the header.
type entry struct {
	name    string
	Type    Type    `json:"dtype"`
	Shape   []int   `json:"shape"`
	Offsets []int64 `json:"data_offsets"` // first byte and one after the last, from the end of the header
}

// parseHeader walks the object by hand because a name may be there once only, which a map
// does not see.
func (f *File) parseHeader(header []byte) ([]entry, error) {
	dec := json.NewDecoder(bytes.NewReader(header))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.Join(fmt.Errorf("found %.20q, expected a JSON object", header), err)
	}
	var entries []entry
	seen := map[string]bool{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, err
		}
		name := token.(string) // a key of an object is nothing else
		if seen[name] {
			return nil, fmt.Errorf("byte %d: tensor %q: found twice, expected once", dec.InputOffset(), name)
		}
		seen[name] = true
		if name == metadataKey {
			err = dec.Decode(&f.Metadata)
		} else {
			entries, err = decodeEntry(dec, name, entries)
		}
		if err != nil {
			return nil, fmt.Errorf("byte %d: %q: %w", dec.InputOffset(), name, err)
		}
	}
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	if rest := bytes.TrimRight(header[dec.InputOffset():], " "); len(rest) > 0 {
		return nil, fmt.Errorf("byte %d: found %.20q after the object, expected spaces", dec.InputOffset(), rest)
	}
	return entries, nil
}

func decodeEntry(dec *json.Decoder, name string, entries []entry) ([]entry, error) {
	e := entry{name: name}
	if err := dec.Decode(&e); err != nil {
		return nil, err
	}
	if err := e.check(); err != nil {
		return nil, err
	}
	return append(entries, e), nil
}

func (e *entry) check() error {
	switch {
	case e.name == "":
		return errors.New("found an empty name, expected one of a tensor")
	case e.Type == "":
		return errors.New("dtype is missing")
	case e.Shape == nil:
		return errors.New("shape is missing")
	case len(e.Shape) > maxDims:
		return fmt.Errorf("shape: found %d dimensions, expected at most %d", len(e.Shape), maxDims)
	case len(e.Offsets) != 2:
		return fmt.Errorf("data_offsets: found %d numbers, expected 2", len(e.Offsets))
	case e.Offsets[0] < 0 || e.Offsets[1] < e.Offsets[0]:
		return fmt.Errorf("data_offsets: found %v, expected begin and end", e.Offsets)
	}
	size, err := e.bytes()
	if err != nil {
		return err
	}
	if found := e.Offsets[1] - e.Offsets[0]; found != size {
		return fmt.Errorf("data_offsets: found %d bytes, expected %d for %s %v", found, size, e.Type, e.Shape)
	}
	return nil
}

// bytes is the size that type and shape make.
func (e *entry) bytes() (int64, error) {
	width, ok := widths[e.Type]
	if !ok {
		return 0, fmt.Errorf("dtype: found %.20q, expected a type of the format such as F32, F16 or BF16", e.Type)
	}
	total := uint64(width)
	for _, n := range e.Shape {
		if n < 0 {
			return 0, fmt.Errorf("shape: found %v, expected no negative dimension", e.Shape)
		}
		high, low := bits.Mul64(total, uint64(n))
		if high != 0 || low > math.MaxInt64 {
			return 0, fmt.Errorf("shape: found %v, expected one whose size is below 2^63", e.Shape)
		}
		total = low
	}
	if total%8 != 0 {
		return 0, fmt.Errorf("shape: found %v of %s, expected whole bytes", e.Shape, e.Type)
	}
	return int64(total / 8), nil
}

// checkCover makes sure that the tensors fill the data without gap or overlap, as the
// format demands, so that no byte has two meanings or none.
func checkCover(entries []entry, size int64) error {
	order := slices.Clone(entries)
	slices.SortFunc(order, func(a, b entry) int {
		if a.Offsets[0] != b.Offsets[0] {
			return int(min(max(a.Offsets[0]-b.Offsets[0], -1), 1))
		}
		return int(min(max(a.Offsets[1]-b.Offsets[1], -1), 1))
	})
	end := int64(0)
	for _, e := range order {
		if e.Offsets[0] != end {
			return fmt.Errorf("tensor %q: found its data at byte %d, expected %d, the end of the one before", e.name, e.Offsets[0], end)
		}
		end = e.Offsets[1]
	}
	if end != size {
		return fmt.Errorf("found %d bytes of data, expected the %d that the header describes: the file is cut off or has more than its tensors", size, end)
	}
	return nil
}
