package tokenizer

// vocabJSON is a Vocab as the scripts in testdata write it.
type vocabJSON struct {
	Kind, Pre                 string
	Tokens, Merges            []string
	Types                     []int32
	Scores                    []float32
	BOS, EOS, Unknown         int32
	SpacePrefix, RemoveSpaces bool
	Charsmap                  []byte
	StripLeft, StripRight     []int32
}

func (v vocabJSON) vocab() Vocab {
	return Vocab{
		Kind: v.Kind, Tokens: v.Tokens, Types: v.Types, Scores: v.Scores, Merges: v.Merges, Pre: v.Pre,
		BOS: v.BOS, EOS: v.EOS, Unknown: v.Unknown, AddBOS: v.BOS >= 0,
		SpacePrefix: v.SpacePrefix, RemoveExtraSpace: v.RemoveSpaces, Charsmap: v.Charsmap,
		StripLeft: v.StripLeft, StripRight: v.StripRight,
	}
}
