package model

import "fmt"

// Mistral's models from Ministral 3 on: Llama whose queries grow with the position,
// where the file says so. Earlier ones have files of the architecture llama.

func readMistral3(r *reader, c *Config) {
	r.refuse("expert_count", 0)
	c.Temperature = r.floatOr("attention.temperature_scale", 0)
	c.TemperatureLength = c.Scaling.Original
	if c.Temperature != 0 && c.TemperatureLength == 0 {
		r.keep(fmt.Errorf("%s: %sattention.temperature_scale needs %[2]srope.scaling.original_context_length, which is missing", r.f.Name, r.arch))
	}
}
