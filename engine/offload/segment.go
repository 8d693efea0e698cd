package offload

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// Key names a block.
type Key [16]byte

// The layout of a segment, little-endian:
//
//	magic      8 bytes  "ASSAYKV1"
//	identity  32 bytes  SHA-256 of identity.json's fields
//	payload    4 bytes  length of a record's
//	check      4 bytes  CRC-32C of what is before it
//	records             of 28 bytes and the payload each:
//	  key     16 bytes
//	  mark     4 bytes  "KVBL"
//	  digest   4 bytes  CRC-32C of the payload
//	  check    4 bytes  CRC-32C of what is before it in the record
const (
	magic      = "ASSAYKV1"
	mark       = "KVBL"
	headerSize = 48
	recordHead = 28
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(data []byte) uint32 { return crc32.Checksum(data, castagnoli) }

// header is a segment's.
func header(identity [sha256.Size]byte, payload int) []byte {
	b := append([]byte(magic), identity[:]...)
	b = binary.LittleEndian.AppendUint32(b, uint32(payload))
	return binary.LittleEndian.AppendUint32(b, checksum(b))
}

// putHead writes the head of the record that b is, whose payload is there.
func putHead(b []byte, key Key) {
	copy(b, key[:])
	copy(b[16:], mark)
	binary.LittleEndian.PutUint32(b[20:], checksum(b[recordHead:]))
	binary.LittleEndian.PutUint32(b[24:], checksum(b[:24]))
}

// parseHead returns a record's key and its payload's digest, and false where it is no head.
func parseHead(b []byte) (key Key, digest uint32, ok bool) {
	if string(b[16:20]) != mark || binary.LittleEndian.Uint32(b[24:]) != checksum(b[:24]) {
		return key, 0, false
	}
	copy(key[:], b)
	return key, binary.LittleEndian.Uint32(b[20:]), true
}

// entry is a whole record's place in its segment.
type entry struct {
	key    Key
	at     int64 // of the record
	digest uint32
}

// errOther is of a file that is no segment of this identity and payload.
var errOther = errors.New("no segment of this engine")

// scan reads the heads of a segment of size bytes. A record whose head is wrong, or that is torn,
// is left out. It returns errOther for a header that is not the one expected.
func scan(r io.ReaderAt, size int64, identity [sha256.Size]byte, payload int) (entries []entry, err error) {
	want, found := header(identity, payload), make([]byte, headerSize)
	if size < headerSize {
		return nil, fmt.Errorf("%w: %d bytes", errOther, size)
	}
	if _, err := r.ReadAt(found, 0); err != nil {
		return nil, err
	}
	if !bytes.Equal(found, want) {
		return nil, errOther
	}
	head, record := make([]byte, recordHead), int64(recordHead+payload)
	for at := int64(headerSize); at+record <= size; at += record {
		if _, err := r.ReadAt(head, at); err != nil {
			return entries, err
		}
		if key, digest, ok := parseHead(head); ok {
			entries = append(entries, entry{key, at, digest})
		}
	}
	return entries, nil
}
