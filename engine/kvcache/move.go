package kvcache

import "fmt"

// MoveKind says between which places keys and values are copied.
type MoveKind uint8

// Kinds of moves. Host and staging places are numbered from 0, too.
const (
	MoveCopy  MoveKind = iota // the first Positions of block From to block To
	MoveOut                   // block From to host place To
	MoveIn                    // host place From to block To
	MoveSpill                 // block From, which is evicted, to the store, under Key
	MoveLoad                  // staging place From of the store to block To
)

// Move is one copy of keys and values, of whole blocks but for MoveCopy.
type Move struct {
	Kind      MoveKind
	From, To  int32
	Positions int // MoveCopy: how many, less than a block
	Key       Key // MoveSpill
}

// String prints a move as "copy 5 positions of block 3 to block 7".
func (m Move) String() string {
	switch m.Kind {
	case MoveCopy:
		return fmt.Sprintf("copy %d positions of block %d to block %d", m.Positions, m.From, m.To)
	case MoveOut:
		return fmt.Sprintf("copy block %d out to %d", m.From, m.To)
	case MoveIn:
		return fmt.Sprintf("copy %d in to block %d", m.From, m.To)
	case MoveSpill:
		return fmt.Sprintf("store block %d as %x", m.From, m.Key[:4])
	}
	return fmt.Sprintf("load %d to block %d", m.From, m.To)
}

// TakeMoves appends to dst the moves that the calls since the last TakeMoves ask for, and
// forgets them. They are to be done in this order, before anything is written to any block
// that the pool has handed out meanwhile: then every one finds what it is to copy.
func (p *Pool) TakeMoves(dst []Move) []Move {
	dst = append(dst, p.moves...)
	p.moves = p.moves[:0]
	return dst
}
