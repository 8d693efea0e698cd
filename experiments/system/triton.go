package system

func triton() Kind {
	return Kind{Name: "triton", Title: "Triton Inference Server", Started: true, Dialects: []string{"triton-stream", "triton", "triton-vllm-stream", "triton-vllm", "kserve"}}
}
