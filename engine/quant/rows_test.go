package quant

import "testing"

// rowLengths are the rows of testdata/rows.f32, made by testdata/rows.py.
var rowLengths = []int{256, 256, 512, 768, 1024, 1280}

// blockFormats are all formats but the floats.
func blockFormats() (formats []Format) {
	for _, f := range Formats {
		if f.BlockElems > 1 {
			formats = append(formats, f)
		}
	}
	return formats
}

// TestRows compares with llama.cpp's own quantizers, bit for bit.
func TestRows(t *testing.T) {
	values, importance := readFloats(t, "rows.f32"), readFloats(t, "rows.importance")
	for _, f := range blockFormats() {
		t.Run(f.Name, func(t *testing.T) {
			plain := readFixture(t, f.Name+".rows")
			sameBlocks(t, f, quantizeRows(f, values, nil), plain)
			back := make([]float32, len(values))
			f.Dequantize(back, plain)
			sameFloats(t, back, readFloats(t, f.Name+".rows.f32"))

			weighted := plain
			if f.UsesImportance() {
				weighted = readFixture(t, f.Name+".rows.weighted")
			}
			sameBlocks(t, f, quantizeRows(f, values, importance), weighted)
		})
	}
}

func quantizeRows(f Format, values, importance []float32) (stored []byte) {
	for _, n := range rowLengths {
		row := make([]byte, f.RowBytes(n))
		if importance == nil {
			f.QuantizeWeighted(row, values[:n], nil)
		} else {
			f.QuantizeWeighted(row, values[:n], importance[:n])
			importance = importance[n:]
		}
		stored, values = append(stored, row...), values[n:]
	}
	return stored
}
