package record

import (
	"fmt"
	"path/filepath"
	"strings"
)

// OutputsDir is the directory of a run that holds what its arms answered to fixed prompts, a file for each arm. Older runs have none.
const OutputsDir = "outputs"

// Outputs is outputs/ARM.json: the likeliest answers of an arm to the scenario's fixed prompts.
type Outputs struct {
	Format int      `json:"format"`
	Arm    string   `json:"arm"` // id
	Items  []Output `json:"items"`
}

// Output is one answer.
type Output struct {
	Prompt string `json:"prompt"`
	Text   string `json:"text"`
	Tokens int    `json:"tokens"` // of Text, as the server counts them
}

func (s *Set) loadOutputs() error {
	names, err := list(filepath.Join(s.Dir, OutputsDir))
	if err != nil {
		return err
	}
	s.Outputs = map[string]*Outputs{}
	for _, name := range names {
		arm, isJSON := strings.CutSuffix(name, ".json")
		if !isJSON || strings.HasPrefix(name, ".") {
			continue
		}
		path, o := filepath.Join(s.Dir, OutputsDir, name), new(Outputs)
		if err := readJSON(path, o); err != nil {
			return err
		}
		if err := checkFormat(path, o.Format); err != nil {
			return err
		}
		if o.Arm != arm {
			return fmt.Errorf("%s: arm %q in a file called %s.json", path, o.Arm, arm)
		}
		s.Outputs[arm] = o
	}
	return nil
}
