package main

import (
	"strings"

	"github.com/spf13/pflag"

	"github.com/assaylab/assay/experiments/scenario"
)

// settingFlags adds a flag for every engine setting, read and checked as a scenario's
// key of that name is.
func settingFlags(f *pflag.FlagSet, s *scenario.Settings) {
	for _, d := range scenario.EngineSettings() {
		usage := d.Usage
		if len(d.Choices) > 0 {
			usage += ": " + strings.Join(d.Choices, ", ")
		}
		v := f.VarPF(&settingValue{d, s}, flagName(d.Name), "", usage)
		if d.Kind == scenario.Boolean {
			v.NoOptDefVal = "true"
		}
	}
}

// settingValue is a setting as a flag's value.
type settingValue struct {
	setting scenario.Setting
	in      *scenario.Settings
}

func (v *settingValue) String() string {
	if v.in == nil { // pflag asks the zero value for its text
		return ""
	}
	return v.setting.Get(v.in)
}

func (v *settingValue) Set(text string) error { return v.setting.Parse(v.in, text) }
func (v *settingValue) Type() string          { return string(v.setting.Kind) }
