package checkpoint

import (
	"io"
	"runtime"
	"sync"
)

// chunkElems is about how many elements one goroutine converts before its result is
// written: large enough to hide the hand-over, small enough to keep memory down.
const chunkElems = 1 << 17

// write converts the tensor, a chunk of rows for each processor at a time. The bytes do
// not depend on how many there are: every row is converted alone.
func (s Step) write(w io.Writer) error {
	cols := s.Tensor.Dims[0]
	rows := len(s.Tensor.Data) / s.From.RowBytes(cols)
	chunk := max(1, chunkElems/cols)
	out := make([][]byte, runtime.GOMAXPROCS(0))
	for at := 0; at < rows; at += len(out) * chunk {
		var wg sync.WaitGroup
		for i := range out {
			from, to := min(at+i*chunk, rows), min(at+(i+1)*chunk, rows)
			wg.Go(func() { out[i] = s.rows(out[i], from, to) })
		}
		wg.Wait()
		for _, b := range out {
			if _, err := w.Write(b); err != nil {
				return err
			}
		}
	}
	return nil
}

// rows converts rows [from, to), into dst's memory where that is enough.
func (s Step) rows(dst []byte, from, to int) []byte {
	cols := s.Tensor.Dims[0]
	values, in, size := make([]float32, cols), s.From.RowBytes(cols), s.To.RowBytes(cols)
	if n := (to - from) * size; cap(dst) < n {
		dst = make([]byte, n)
	} else {
		dst = dst[:n]
	}
	for r := from; r < to; r++ {
		s.From.Dequantize(values, s.Tensor.Data[r*in:(r+1)*in])
		if row := dst[(r-from)*size : (r-from+1)*size]; s.Search && s.importance == nil {
			s.To.QuantizeSearched(row, values)
		} else {
			s.To.QuantizeWeighted(row, values, s.columns(r))
		}
	}
	return dst
}

// columns is the importance of row r's columns, nil for none.
func (s Step) columns(r int) []float32 {
	if s.importance == nil {
		return nil
	}
	cols, perMatrix := s.Tensor.Dims[0], 1
	if len(s.Tensor.Dims) > 1 {
		perMatrix = s.Tensor.Dims[1]
	}
	m := r / perMatrix
	return s.importance[m*cols : (m+1)*cols]
}
