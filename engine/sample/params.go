package sample

// Params are a request's sampling settings. The zero value is greedy.
type Params struct {
	Temperature float32 // 0 is greedy; otherwise logits are divided by it
	TopK        int     // keep the k most likely; 0 keeps all
	TopP        float32 // keep the smallest set with at least this mass; 0 or 1 keeps all
	MinP        float32 // drop tokens below this share of the most likely one's probability; 0 drops none
	Seed        uint64
}

// Greedy reports whether the most likely token is always taken.
func (p Params) Greedy() bool { return p.Temperature == 0 }
