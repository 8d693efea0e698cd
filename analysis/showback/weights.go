package showback

import (
	"fmt"
	"math/big"
	"strconv"
	"time"
)

// Bases of weights.
const (
	ByTokens     = "tokens"      // tokens and held blocks, each times its weight
	ByEngineTime = "engine-time" // what the engine's steps took for each request, as metered
)

// Bases are all of them.
var Bases = []string{ByTokens, ByEngineTime}

// Weights say what the used part of a shared cost goes by.
type Weights struct {
	Basis   string  `json:"basis"`
	Prefill float64 `json:"prefill"` // of a prompt token that was computed
	Cached  float64 `json:"cached"`  // of a prompt token that was not
	Decode  float64 `json:"decode"`  // of a generated token
	KV      float64 `json:"kv"`      // of a block of the cache held for a second
	// Seconds says that weights are seconds of one engine, so that their sum is how long engines
	// were used.
	Seconds bool     `json:"seconds"`
	Source  string   `json:"source"`          // where they are from, in words
	Notes   []string `json:"notes,omitempty"` // what they leave out, and how sure they are
}

// of is the weight of a use.
func (w *Weights) of(u *Use) *big.Rat {
	if w.Basis == ByEngineTime {
		return big.NewRat(int64(u.Engine), int64(time.Second))
	}
	sum := new(big.Rat)
	for _, part := range []struct {
		count  *big.Rat
		weight float64
	}{
		{big.NewRat(u.Prompt-u.Cached, 1), w.Prefill}, {big.NewRat(u.Cached, 1), w.Cached}, {big.NewRat(u.Output, 1), w.Decode},
		{big.NewRat(u.BlockTime, 1_000_000), w.KV},
	} {
		sum.Add(sum, part.count.Mul(part.count, exactly(part.weight)))
	}
	return sum
}

// exactly is the shortest decimal that reads as x: 0.1 is one tenth.
func exactly(x float64) *big.Rat {
	r, _ := new(big.Rat).SetString(strconv.FormatFloat(x, 'g', -1, 64))
	return r
}

// check is an error for use that lacks what the weights go by.
func (w *Weights) check(uses []Use) error {
	if w.Basis != ByEngineTime && w.KV == 0 {
		return nil
	}
	what := "kv"
	if w.Basis == ByEngineTime {
		what = "basis = \"" + ByEngineTime + "\""
	}
	for _, u := range uses {
		if u.Timed < u.Requests {
			return fmt.Errorf("weights: %s needs what requests took of the engine, which %d of %d of model %q from source %q come without: "+
				"use weights of tokens alone, or the server's usage log", what, u.Requests-u.Timed, u.Requests, u.Model, u.Source)
		}
	}
	return nil
}
