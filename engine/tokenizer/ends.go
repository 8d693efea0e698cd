package tokenizer

import "slices"

// endNames are the control tokens by which models of several families end a turn or a message. Vocabularies
// often name only one of those that their model gives.
var endNames = []string{
	"<|endoftext|>", "<|end_of_text|>", // GPT-2 and its relatives, Llama 3, Granite
	"<|eot_id|>", "<|eom_id|>", // Llama 3
	"<|im_end|>",             // Qwen, SmolLM
	"<|end|>",                // Phi-3, Phi-4
	"<end_of_turn>",          // Gemma
	"<|return|>", "<|call|>", // GPT-OSS
	"<｜end▁of▁sentence｜>",         // DeepSeek
	"<end_of_utterance>", "[EOT]", // SmolDocling, Kimi
}

// Ends lists the tokens that end an answer, EOS first if there is one: those that the vocabulary names, and the
// control tokens that are known to end a turn or a message.
func (t *Tokenizer) Ends() []int32 { return slices.Clone(t.ends) }

func (t *Tokenizer) setEnds(v *Vocab) {
	add := func(id int32) {
		if id >= 0 && !slices.Contains(t.ends, id) {
			t.ends = append(t.ends, id)
		}
	}
	add(v.EOS)
	for _, id := range v.Ends {
		add(id)
	}
	for _, name := range endNames {
		if id, ok := t.Special(name); ok && t.control[id] {
			add(id)
		}
	}
	t.dropOSSEnd()
}

// dropOSSEnd leaves out <|end|> where <|return|> and <|call|> end an answer: there it is between its parts.
func (t *Tokenizer) dropOSSEnd() {
	end, ok := t.Special("<|end|>")
	_, hasReturn := t.Special("<|return|>")
	_, hasCall := t.Special("<|call|>")
	if ok && hasReturn && hasCall {
		t.ends = slices.DeleteFunc(t.ends, func(id int32) bool { return id == end && id != t.eos })
	}
}

// EndsTurn says whether a control token of this name is known to end a turn or a message.
func EndsTurn(name string) bool { return slices.Contains(endNames, name) }
