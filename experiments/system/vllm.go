package system

func vllm() Kind {
	return Kind{Name: "vllm", Title: "vLLM", Started: true, Dialects: []string{"completions", "chat"}}
}
