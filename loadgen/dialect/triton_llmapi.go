package dialect

import (
	"strings"

	"github.com/assaylab/assay/loadgen/workload"
)

// llmapi is the layout of the Python model by which Triton serves TensorRT-LLM's LLM API (triton_backend/all_models/llmapi of its
// sources): no batch, and a prefix before what the API's SamplingParams take.
var llmapi = layout{prefix: "sampling_param_", stop: "sampling_param_stop", shape: []int{1}}

// llmapiOwned are the members of a body that Extra may not set. stop cancels a request.
var llmapiOwned = []string{
	"id", "text_input", "streaming", "parameters", "stop", "return_finish_reason", "sampling_param_max_tokens", "sampling_param_temperature",
	"sampling_param_top_p", "sampling_param_top_k", "sampling_param_seed", "sampling_param_stop", "sampling_param_exclude_input_from_output",
}

var llmapiLacks = lacks{
	forced:   "the model has no input that keeps an answer from ending, as published",
	priority: "the model takes no batches, so that there are no queues with priorities",
}

// llmapiInputs are the inputs of a request. The prompt would come back with the answer, and the reason of its end would not.
func llmapiInputs(p workload.Prompt, o Options, streaming bool) []tensor {
	return append(llmapi.inputs(p, o), llmapi.scalar("sampling_param_exclude_input_from_output", "BOOL", true),
		llmapi.scalar("return_finish_reason", "BOOL", true), llmapi.scalar("streaming", "BOOL", streaming))
}

// members are inputs as a body of the generate extension has them: by name, an array where there may be several elements.
func members(inputs []tensor) map[string]any {
	body := map[string]any{}
	for _, t := range inputs {
		body[t.Name] = t.Data[0]
		if t.Name == llmapi.stop {
			body[t.Name] = t.Data
		}
	}
	return body
}

// growing is the text of an answer whose responses each have all that came so far.
type growing struct{ text string }

const notGrown = "text_output does not go on from that of the response before, as the LLM API's does"

// added is what a text has more than the one before; a nil receiver takes it for new as a whole. The marks of characters whose bytes
// were not all there become these, and the last text may have less: the API takes off what a text to stop at began with.
func (g *growing) added(text string) (more string, ok bool) {
	if g == nil {
		return text, true
	}
	whole := strings.TrimRight(g.text, "\ufffd")
	switch {
	case strings.HasPrefix(text, g.text):
		more = text[len(g.text):]
	case strings.HasPrefix(text, whole):
		more = text[len(whole):]
	case !strings.HasPrefix(g.text, text):
		return "", false
	}
	g.text = text
	return more, true
}
