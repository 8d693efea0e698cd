package tokenizer

import (
	"slices"
	"testing"
)

func TestEnds(t *testing.T) {
	v := tinyVocab("gpt-2")
	v.Tokens = append(v.Tokens, "<|endoftext|>", "<|im_end|>", "<tag>", "<|eot_id|>", "<|end|>")
	v.Types = append(v.Types, TypeControl, TypeControl, TypeControl, TypeUserDefined, TypeControl)
	v.EOS, v.Ends = 257, []int32{258, 257}
	if got := mustNew(t, v).Ends(); !slices.Equal(got, []int32{257, 258, 256, 260}) {
		t.Errorf("got %v", got)
	}
	v.Tokens, v.Types = append(v.Tokens, "<|return|>", "<|call|>"), append(v.Types, TypeControl, TypeControl)
	if got := mustNew(t, v).Ends(); !slices.Equal(got, []int32{257, 258, 256, 261, 262}) {
		t.Errorf("with other ends of a message: %v", got)
	}
	v.Ends = []int32{999}
	if _, err := New(v); err == nil {
		t.Error("an end outside of the vocabulary is accepted")
	}
}
