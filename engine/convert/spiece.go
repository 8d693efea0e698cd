package convert

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"path/filepath"
)

// piece is a token of a SentencePiece model.
type piece struct {
	text  string
	score float32
	kind  int32 // as GGUF numbers token types, but for user-defined ones, 4
}

// piecesFile has the scores of pieces, which tokenizer.json has as an order only.
const piecesFile = "tokenizer.model"

// readPieces reads the pieces of tokenizer.model, or gives nil where there is none.
func readPieces(dir string) ([]piece, error) {
	data, err := readFile(dir, piecesFile, maxTokenizer)
	if err != nil || data == nil {
		return nil, err
	}
	pieces, err := parsePieces(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, piecesFile), err)
	}
	return pieces, nil
}

// Fields of ModelProto and of its SentencePiece in sentencepiece_model.proto.
const (
	fieldPieces = 1
	fieldText   = 1
	fieldScore  = 2
	fieldKind   = 3
)

var errProto = errors.New("expected a SentencePiece model, a protocol buffer")

// parsePieces walks the protocol buffer and keeps the pieces.
func parsePieces(data []byte) ([]piece, error) {
	var pieces []piece
	err := fields(data, func(number int, value uint64, bytes []byte) error {
		if number != fieldPieces || bytes == nil {
			return nil
		}
		p := piece{kind: 1}
		err := fields(bytes, func(number int, value uint64, bytes []byte) error {
			switch {
			case number == fieldText && bytes != nil:
				p.text = string(bytes)
			case number == fieldScore && bytes == nil:
				p.score = math.Float32frombits(uint32(value))
			case number == fieldKind && bytes == nil:
				p.kind = int32(value)
			}
			return nil
		})
		if err == nil && (p.kind < 1 || p.kind > 6) {
			err = fmt.Errorf("piece %d: found type %d, expected 1 to 6", len(pieces), p.kind)
		}
		pieces = append(pieces, p)
		return err
	})
	if err == nil && len(pieces) == 0 {
		err = fmt.Errorf("found no pieces, %w", errProto)
	}
	return pieces, err
}

// fields calls visit for each field of a message: with its bytes, not nil, where it has a
// length, and with its value where it is a number.
func fields(data []byte, visit func(number int, value uint64, bytes []byte) error) error {
	for at := 0; at < len(data); {
		tag, n := binary.Uvarint(data[at:])
		if n <= 0 || tag>>3 == 0 || tag>>3 > 1<<29 {
			return fmt.Errorf("byte %d: found no field, %w", at, errProto)
		}
		value, bytes, size := field(data[at+n:], tag&7)
		if size < 0 {
			return fmt.Errorf("byte %d: found a field of wire type %d that is broken or cut off, %w", at, tag&7, errProto)
		}
		if err := visit(int(tag>>3), value, bytes); err != nil {
			return err
		}
		at += n + size
	}
	return nil
}

// field decodes what follows a tag; size is -1 where it does not fit.
func field(data []byte, wire uint64) (value uint64, bytes []byte, size int) {
	switch wire {
	case 0:
		value, n := binary.Uvarint(data)
		if n > 0 {
			return value, nil, n
		}
	case 1:
		if len(data) >= 8 {
			return binary.LittleEndian.Uint64(data), nil, 8
		}
	case 2:
		length, n := binary.Uvarint(data)
		if n > 0 && length <= uint64(len(data)-n) {
			return 0, data[n:][:length:length], n + int(length)
		}
	case 5:
		if len(data) >= 4 {
			return uint64(binary.LittleEndian.Uint32(data)), nil, 4
		}
	}
	return 0, nil, -1
}
