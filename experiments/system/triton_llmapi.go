package system

// tritonLLMAPI is TensorRT-LLM's LLM API in Triton, by the Python model that is published for it. Its settings are those of
// trtllm, as arguments of that API.
func tritonLLMAPI() Kind {
	return Kind{Name: "triton-llmapi", Title: "Triton with TensorRT-LLM's LLM API", Started: true, Refuse: refuseLLMAPI,
		Dialects: []string{"triton-llmapi-stream", "triton-llmapi", "triton-llmapi-grpc"},
		Settings: append(trtSettings(), text(PythonModel, "folder of the published Python model, with config.pbtxt and 1/model.py; "+PublishedModel+" of NVIDIA's image unless it is given"))}
}

// PythonModel is the setting that names the Python model, and PublishedModel where NVIDIA's image has it.
const (
	PythonModel    = "python_model"
	PublishedModel = "/app/all_models/llmapi/tensorrt_llm"
)

// refuseLLMAPI is what no trtllm-serve would run either, and engines, which the API has in a class of their own. The version that
// is found is Triton's.
func refuseLLMAPI(v Values, _ string) string {
	if v["backend"] == "tensorrt" {
		return `backend is "tensorrt", and the Python model serves no engines: triton-trtllm does`
	}
	return refuseTRT(v, "")
}

// LLMAPI is what model.yaml has of the settings: arguments of the LLM API. What the values say twice is an error.
func LLMAPI(v Values) (map[string]any, error) {
	o, err := trtFile(v)
	for _, name := range trtFlags {
		value, given := v[name]
		if !given {
			continue
		}
		s, _ := trtllm().Setting(name)
		if argument := trtArguments[name]; argument != "" {
			name = argument
		}
		o.Options[name] = s.plain(value)
	}
	return o.Options, err
}
