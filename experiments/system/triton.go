package system

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// NoPreferred is the value of preferred_batch_sizes that takes preferred sizes away.
const NoPreferred = "none"

func triton() Kind {
	const most = 1 << 20
	return Kind{
		Name: "triton", Title: "Triton Inference Server", Started: true, Adjustable: true, Starts: 10 * time.Second, Refuse: refuseTriton,
		Dialects: []string{"triton-stream", "triton", "triton-vllm-stream", "triton-vllm", "triton-llmapi-stream", "triton-llmapi", "kserve", "triton-grpc", "triton-llmapi-grpc"},
		Settings: []Setting{
			{Name: "max_batch_size", Type: Integer, Min: 0, Max: most, Doc: "most requests of a batch; 0 for a model that takes no batches"},
			{Name: "dynamic_batching", Type: Boolean, Doc: "requests of different clients are batched; `false` takes the dynamic batcher and all its settings away"},
			{Name: "preferred_batch_sizes", Type: Text, Check: checkSizes, Doc: "sizes that are run as soon as they can be, such as `\"4,8\"`; `\"none\"` for no such sizes"},
			{Name: "max_queue_delay_us", Type: Integer, Min: 0, Max: 1e9, Doc: "microseconds that a request waits for others at most, so that a batch gets larger"},
			{Name: "preserve_ordering", Type: Boolean, Doc: "answers leave in the order in which requests came"},
			{Name: "priority_levels", Type: Integer, Min: 0, Max: most, Doc: "queues, of which level 1 goes first; 0 for one queue"},
			{Name: "default_priority", Type: Integer, Min: 1, Max: most, Doc: "level of requests that name none"},
			{Name: "max_queue_size", Type: Integer, Min: 0, Max: most, Doc: "requests that wait at most, further ones are refused; 0 for no bound"},
			{Name: "default_timeout_us", Type: Integer, Min: 0, Max: 1e12, Doc: "microseconds that a request waits at most before `timeout_action`; 0 for no bound"},
			{Name: "timeout_action", Type: Choice, Choices: []string{"reject", "delay"}, Doc: "what becomes of a request that waited too long: `\"reject\"`, or `\"delay\"` behind all others"},
			{Name: "allow_timeout_override", Type: Boolean, Doc: "a request may ask for a shorter timeout"},
			{Name: "instance_count", Type: Integer, Min: 1, Max: 1024, Doc: "instances of the model that run side by side, on each of its devices"},
			{Name: "instance_kind", Type: Choice, Choices: []string{"auto", "cpu", "gpu", "model"}, Doc: "where instances run; `\"model\"` leaves it to the model"},
			{Name: "decoupled", Type: Boolean, Doc: "a request may have any number of responses, as streams of tokens do"},
			{Name: "http_threads", Type: Integer, Min: 1, Max: 1024, Doc: "threads of the HTTP server (`--http-thread-count`); only of a server that is started"},
		},
	}
}

// checkSizes accepts numbers with commas between them, each once.
func checkSizes(value string) (expected string) {
	const form = `sizes of 1 or more, each once, such as "4,8", or "none"`
	if value == NoPreferred {
		return ""
	}
	var seen []int
	for _, part := range strings.Split(value, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 1 || slices.Contains(seen, n) {
			return form
		}
		seen = append(seen, n)
	}
	return ""
}

// Sizes are the numbers of preferred_batch_sizes, which has been checked; none for NoPreferred.
func Sizes(value string) (all []string) {
	if value == NoPreferred {
		return nil
	}
	for _, part := range strings.Split(value, ",") {
		all = append(all, strings.TrimSpace(part))
	}
	return all
}

// batcherSettings are those of the dynamic batcher.
var batcherSettings = []string{"preferred_batch_sizes", "max_queue_delay_us", "preserve_ordering", "priority_levels", "default_priority",
	"max_queue_size", "default_timeout_us", "timeout_action", "allow_timeout_override"}

// refuseTriton is what every version of the server refuses, as far as it follows from the given values alone: what follows from
// them together with a model's configuration is found when it has been read.
func refuseTriton(v Values, _ string) string {
	if v["dynamic_batching"] == "false" {
		for _, name := range batcherSettings {
			if _, given := v[name]; given {
				return fmt.Sprintf("%s is a setting of the dynamic batcher, and dynamic_batching is false", name)
			}
		}
	}
	if most, given := v["max_batch_size"]; given {
		if why := refuseSizes(v["preferred_batch_sizes"], atoi(most)); why != "" {
			return why
		}
	}
	levels, given := v["priority_levels"]
	switch {
	case given && v["default_priority"] != "" && atoi(v["default_priority"]) > atoi(levels):
		return fmt.Sprintf("default_priority is %s, and priority_levels is %s", v["default_priority"], levels)
	case v["preserve_ordering"] == "true" && atoi(levels) > 1:
		return fmt.Sprintf("preserve_ordering needs one level, and priority_levels is %s", levels)
	case v["preserve_ordering"] == "true" && v["timeout_action"] == "delay":
		return `preserve_ordering cannot go with timeout_action "delay", which changes the order`
	}
	return ""
}

// refuseSizes says which preferred size is above the largest batch.
func refuseSizes(sizes string, most int) string {
	if sizes == "" {
		return ""
	}
	for _, size := range Sizes(sizes) {
		if atoi(size) > most {
			return fmt.Sprintf("preferred_batch_sizes has %s, and max_batch_size is %d", size, most)
		}
	}
	return ""
}

// atoi is the number of a value that has been checked, 0 where there is none.
func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
