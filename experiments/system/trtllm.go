package system

func trtllm() Kind {
	return Kind{Name: "trtllm", Title: "TensorRT-LLM", Started: true, Dialects: []string{"completions", "chat"}}
}
