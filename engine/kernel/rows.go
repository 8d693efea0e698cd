package kernel

// Rows is a matrix in storage: row r starts Stride bytes after row r-1.
type Rows struct {
	Kind   Kind
	Cols   int
	Stride int
	Data   []byte
}

// NewRows describes densely packed rows.
func NewRows(k Kind, cols int, data []byte) Rows {
	return Rows{Kind: k, Cols: cols, Stride: k.RowBytes(cols), Data: data}
}

// Count is the number of rows in Data; a last row may be shorter than the stride.
func (m Rows) Count() int {
	if len(m.Data) == 0 {
		return 0
	}
	return (len(m.Data)-m.Kind.RowBytes(m.Cols))/m.Stride + 1
}

// Part is n rows of m from row from on.
func (m Rows) Part(from, n int) Rows {
	if len(m.Data) > 0 {
		m.Data = m.Data[from*m.Stride : (from+n)*m.Stride]
	}
	return m
}
