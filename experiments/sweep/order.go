package sweep

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"

	"github.com/assaylab/assay/analysis/record"
)

// digest is a short stable hash of plain values: 48 bits of SHA-256 over their JSON.
func digest(kind string, parts ...any) string {
	return hex.EncodeToString(sum(kind, parts)[:6])
}

func sum(kind string, parts []any) []byte {
	text, err := json.Marshal([]any{kind, parts})
	if err != nil {
		panic("sweep: a hashed value is not plain data: " + err.Error())
	}
	h := sha256.Sum256(text)
	return h[:]
}

// Order lists the trials in the order they are run: repetition outer, loads and arms
// inner, shuffled inside each repetition, so that drift of the machine hits all arms
// alike. It depends on the seed only.
func (m *Matrix) Order(seed uint64) []record.TrialKey {
	return m.Orders(seed, m.Scenario.Run.Repetitions)
}

// Orders is Order for another number of repetitions. More of them begin as fewer do.
func (m *Matrix) Orders(seed uint64, repetitions int) []record.TrialKey {
	var order []record.TrialKey
	for repetition := range repetitions {
		from := len(order)
		for _, l := range m.Loads {
			for _, a := range m.Arms {
				if m.Asks(a, l.Workload) == "" {
					order = append(order, Key(a, l, repetition))
				}
			}
		}
		part := order[from:]
		random := rand.New(rand.NewPCG(seed, Mix("order", seed, "", repetition)))
		random.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
	}
	return order
}

// Key names the trial of an arm at a load; record.Confirmation is the repetition of
// the winner's confirming run.
func Key(a Arm, l Load, repetition int) record.TrialKey {
	var what any = a.Record.Settings
	if a.Ladder != nil || a.Target != nil {
		what = a.Record.ID
	}
	return record.TrialKey{
		ID:  digest("trial", what, l.Record.ID, repetition),
		Arm: a.Record.ID, Load: l.Record.ID, Repetition: repetition,
	}
}

// Mix derives a seed for a purpose ("prompts", "arrivals") at a load and repetition.
// The arm is no argument: all arms see the same draws, so that differences between
// them are paired, and every load and repetition sees fresh ones.
func Mix(purpose string, seed uint64, load string, repetition int) uint64 {
	return binary.LittleEndian.Uint64(sum(purpose, []any{seed, load, repetition}))
}
