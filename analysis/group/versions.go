package group

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// versions says that the repetitions were answered by different versions of a model, "" where they were not, or where nothing is
// known of it. That several answered within one of them is the trial's own to say.
func (c *Cell) versions() string {
	by := map[string][]string{}
	for _, t := range c.Trials {
		if t.Server == nil {
			return ""
		}
		name := strings.Join(t.Server.Models, " and ")
		if name == "" {
			name = "the one that was asked"
		}
		by[name] = append(by[name], fmt.Sprint(t.Key.Repetition))
	}
	if len(by) < 2 {
		return ""
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(by)) {
		parts = append(parts, fmt.Sprintf("%s (repetition %s)", name, strings.Join(by[name], ", ")))
	}
	return "different versions of the model answered: " + strings.Join(parts, "; ")
}
