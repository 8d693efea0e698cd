package eval

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// Files of saved predictions are those of llama.cpp's perplexity tool
// (--kl-divergence-base), so that either engine can be compared with the other. All
// numbers are little-endian:
//
//	8 bytes  "_logits_"
//	int32    length: tokens of a chunk
//	int32    vocab
//	int32    chunks
//	int32    (chunks, length) the text, before BOS took each chunk's first place
//	rows     (chunks, length - 1 - length/2), the scored predictions
//
//	a row:
//	float32  scale: nats of one step
//	float32  log-probability of step 0
//	uint16   (vocab) steps, and one more uint16 where vocab is odd
//
// Log-probabilities more than 16 nats below a row's largest are all step 0. Others
// are within half a step, which is at most 1.3e-4 nats.
//
// A mean over such values is too good by all that was cut off, so that files written
// here go on, where llama.cpp no longer reads:
//
//	8 bytes  "_nll_f8_"
//	float64  (rows) negative log-likelihood of the token that followed, nats
const (
	logitsMagic  = "_logits_"
	exactMagic   = "_nll_f8_"
	logitsHeader = int64(len(logitsMagic) + 3*4)
	logitsRange  = 16    // nats below a row's largest that are kept apart
	logitsSteps  = 65535 // of a row's range
)

// maxLogitsCount bounds the counts of a file's head, so that products do not overflow.
const maxLogitsCount = 1 << 20

// logitsShape is the head of a file.
type logitsShape struct{ Length, Vocab, Chunks int }

func (s logitsShape) rowBytes() int { return 8 + 2*(s.Vocab+s.Vocab%2) }

// scored is the scored predictions of a chunk.
func (s logitsShape) scored() int { return s.Length - 1 - s.Length/2 }

func (s logitsShape) size() int64 {
	return logitsHeader + int64(s.Chunks)*(4*int64(s.Length)+int64(s.scored())*int64(s.rowBytes()))
}

// exactSize is the size of what follows the rows in files of our own.
func (s logitsShape) exactSize() int64 {
	return int64(len(exactMagic)) + 8*int64(s.Chunks)*int64(s.scored())
}

// Logits are saved predictions. They are read once, in order, by Compare.
type Logits struct {
	logitsShape
	Windows []Window

	name  string
	r     *bufio.Reader
	at    int64 // offset of the next row
	raw   []byte
	rows  [][]float32 // those of the last read
	floor []float32
	exact []float64 // negative log-likelihoods of all rows; nil where the file has none
	next  int       // rows before the last read
	held  int       // rows of the last read
}

// ReadLogits reads the head and the text of a file of size bytes. Errors name it.
func ReadLogits(name string, file io.ReaderAt, size int64) (*Logits, error) {
	l := &Logits{name: name, r: bufio.NewReaderSize(io.NewSectionReader(file, 0, size), 1<<20)}
	if err := l.readHead(size); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := l.readExact(file, size); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	tokens := make([]int32, l.Chunks*l.Length)
	if err := binary.Read(l.r, binary.LittleEndian, tokens); err != nil {
		return nil, fmt.Errorf("%s: tokens at offset %d: %w", name, logitsHeader, err)
	}
	for i, id := range tokens {
		if id < 0 || int(id) >= l.Vocab {
			return nil, fmt.Errorf("%s: offset %d: found token %d, expected 0 to %d", name, logitsHeader+4*int64(i), id, l.Vocab-1)
		}
	}
	for from := 0; from < len(tokens); from += l.Length {
		l.Windows = append(l.Windows, Window{Tokens: tokens[from : from+l.Length], Unscored: l.Length / 2})
	}
	l.at = logitsHeader + 4*int64(len(tokens))
	l.raw = make([]byte, l.rowBytes())
	return l, nil
}

func (l *Logits) readHead(size int64) error {
	head := make([]byte, logitsHeader)
	if n, err := io.ReadFull(l.r, head); err != nil && !(errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) {
		return err
	} else if n < len(head) || string(head[:len(logitsMagic)]) != logitsMagic {
		return fmt.Errorf("offset 0: found %q, expected %q and three counts: not a file of saved logits", head[:min(n, len(logitsMagic))], logitsMagic)
	}
	for i, c := range []struct {
		name string
		to   *int
		low  int
	}{{"length", &l.Length, minChunk}, {"vocabulary", &l.Vocab, 1}, {"chunks", &l.Chunks, 1}} {
		at := len(logitsMagic) + 4*i
		v := int32(binary.LittleEndian.Uint32(head[at:]))
		if int(v) < c.low || v > maxLogitsCount {
			return fmt.Errorf("offset %d: %s: found %d, expected %d to %d", at, c.name, v, c.low, maxLogitsCount)
		}
		*c.to = int(v)
	}
	if want := l.size(); size != want && size != want+l.exactSize() {
		return fmt.Errorf("found %d bytes, expected %d for %d chunks of %d tokens with a vocabulary of %d: the file is not whole",
			size, want, l.Chunks, l.Length, l.Vocab)
	}
	return nil
}

// readExact reads what follows the rows, if anything does.
func (l *Logits) readExact(file io.ReaderAt, size int64) error {
	if size == l.size() {
		return nil
	}
	r := bufio.NewReader(io.NewSectionReader(file, l.size(), l.exactSize()))
	magic := make([]byte, len(exactMagic))
	if _, err := io.ReadFull(r, magic); err != nil || string(magic) != exactMagic {
		return fmt.Errorf("offset %d: found %q, expected %q or the end of the file", l.size(), magic, exactMagic)
	}
	l.exact = make([]float64, l.Chunks*l.scored())
	if err := binary.Read(r, binary.LittleEndian, l.exact); err != nil {
		return fmt.Errorf("offset %d: %w", l.size(), err)
	}
	for i, v := range l.exact {
		if !(v >= 0) || math.IsInf(v, 0) {
			return fmt.Errorf("offset %d: found %g, expected a negative log-likelihood", l.size()+int64(len(exactMagic)+8*i), v)
		}
	}
	return nil
}

// read skips unscored positions, of which the file has nothing.
func (l *Logits) read(_ int, rows []int32, scored bool) error {
	if !scored {
		return nil
	}
	l.next += l.held
	l.held = len(rows)
	for len(l.rows) < len(rows) {
		l.rows, l.floor = append(l.rows, make([]float32, l.Vocab)), append(l.floor, 0)
	}
	for i := range rows {
		if _, err := io.ReadFull(l.r, l.raw); err != nil {
			return fmt.Errorf("%s: row at offset %d: %w", l.name, l.at, err)
		}
		var ok bool
		if l.floor[i], ok = unpackRow(l.rows[i], l.raw); !ok {
			return fmt.Errorf("%s: row at offset %d: found a range that is not of log-probabilities", l.name, l.at)
		}
		l.at += int64(len(l.raw))
	}
	return nil
}

func (l *Logits) row(i int) ([]float32, float32) { return l.rows[i], l.floor[i] }

func (l *Logits) nll(i int, token int32) float64 {
	if l.exact != nil {
		return l.exact[l.next+i]
	}
	return -float64(l.rows[i][token])
}

// IsExact says whether the file has log-likelihoods that nothing was cut off from.
func (l *Logits) IsExact() bool { return l.exact != nil }

// unpackRow fills a row's log-probabilities. What lies at the floor may be anywhere
// below it; where the row's whole range was kept there is no floor.
func unpackRow(row []float32, raw []byte) (floor float32, ok bool) {
	scale := math.Float32frombits(binary.LittleEndian.Uint32(raw))
	low := math.Float32frombits(binary.LittleEndian.Uint32(raw[4:]))
	if !(scale >= 0) || !(low <= 0) || math.IsInf(float64(scale), 0) || math.IsInf(float64(low), 0) {
		return 0, false
	}
	for i := range row {
		row[i] = scale*float32(binary.LittleEndian.Uint16(raw[8+2*i:])) + low
	}
	if low > -logitsRange {
		return float32(math.Inf(-1)), true
	}
	return low, true
}

// packRow writes a row. Every operation is rounded to float32 as that tool does.
func packRow(raw []byte, logprob []float32) {
	top, low := logprob[0], logprob[0]
	for _, l := range logprob {
		top, low = max(top, l), min(low, l)
	}
	low = max(low, top-logitsRange)
	scale := (top - low) / logitsSteps
	binary.LittleEndian.PutUint32(raw, math.Float32bits(scale))
	binary.LittleEndian.PutUint32(raw[4:], math.Float32bits(low))
	clear(raw[8:])
	if scale == 0 {
		return
	}
	inverse := 1 / scale
	for i, l := range logprob {
		if l > low {
			step := math.RoundToEven(float64(inverse * (l - low)))
			binary.LittleEndian.PutUint16(raw[8+2*i:], uint16(min(step, logitsSteps)))
		}
	}
}

// LogWriter saves predictions of chunks.
type LogWriter struct {
	w     *bufio.Writer
	raw   []byte
	rows  int // of the whole file
	exact []float64
}

// NewLogWriter writes the head and the text of predictions with a vocabulary of vocab
// over windows, which come from Chunks. Close it when Compare is done.
func NewLogWriter(w io.Writer, vocab int, windows []Window) (*LogWriter, error) {
	s := logitsShape{Length: len(windows[0].Tokens), Vocab: vocab, Chunks: len(windows)}
	out := &LogWriter{w: bufio.NewWriterSize(w, 1<<20), raw: make([]byte, s.rowBytes()), rows: s.Chunks * s.scored()}
	out.w.WriteString(logitsMagic) // errors stay with the writer and come at the end
	for _, n := range []int{s.Length, s.Vocab, s.Chunks} {
		_ = binary.Write(out.w, binary.LittleEndian, int32(n))
	}
	for _, window := range windows {
		if len(window.Tokens) != s.Length || window.Unscored != s.Length/2 {
			return nil, fmt.Errorf("eval: save logits: windows are not chunks of %d tokens", s.Length)
		}
		if err := binary.Write(out.w, binary.LittleEndian, window.Tokens); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// row saves a prediction and the negative log-likelihood of what followed.
func (w *LogWriter) row(logprob []float32, nll float64) error {
	packRow(w.raw, logprob)
	w.exact = append(w.exact, nll)
	_, err := w.w.Write(w.raw)
	return err
}

// Close writes what is left. It is an error when rows are missing.
func (w *LogWriter) Close() error {
	if n := len(w.exact); n != w.rows {
		return fmt.Errorf("eval: save logits: found %d predictions, expected %d", n, w.rows)
	}
	w.w.WriteString(exactMagic) // errors stay with the writer
	_ = binary.Write(w.w, binary.LittleEndian, w.exact)
	return w.w.Flush()
}
