package stream

import (
	"errors"
	"io"

	"github.com/assaylab/assay/loadgen/dialect"
)

// ReadWhole reads an answer to its end, for callers whom it does not matter when its parts came, and hands on what each of them
// says. What follows the end mark is left alone. A Delta's Usage is good until the next call alone. An answer that ends without its end
// mark is an error, as is one that is Framed, which needs HTTP/2.
func ReadWhole(body io.Reader, d dialect.Decoder, take func(dialect.Delta)) error {
	raw, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	one := func(payload []byte) error {
		if d.Shape() == dialect.Marked && d.Done() {
			return nil
		}
		delta, err := d.Decode(payload)
		if err == nil {
			take(delta)
		}
		return err
	}
	switch d.Shape() {
	case dialect.Framed:
		return errors.New("gRPC's messages, read as HTTP/1.1")
	case dialect.Whole:
		err = one(raw)
	default:
		var parser Parser
		err = parser.Feed(raw, func(e Event) error { return one(e.Data) })
	}
	if err == nil && !d.Done() {
		err = errors.New("the answer ends without its end mark")
	}
	return err
}
