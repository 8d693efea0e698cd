package system

import (
	"slices"
	"time"
)

// Kind is a system that can be a target.
type Kind struct {
	Name, Title string        // "vllm", "vLLM"
	Started     bool          // the lab starts it; else it is there
	Adjustable  bool          // of a server that is there the settings can be set, too
	Settings    []Setting     // as documented; none where the lab does not start it
	Dialects    []string      // of loadgen/dialect, the default first; nil for all
	Starts      time.Duration // about what a start and a stop take together, where that is known; for estimates
	Counted     bool          // every message of an answer can have counts of tokens, which is then asked for unless a scenario says otherwise

	// Refuse says why these values cannot run together with the version found, "" where they can. version is "" where it is
	// not known: then only what no version runs is refused. nil refuses nothing.
	Refuse func(v Values, version string) string
}

// Server is a server that is there: an API, or any system that somebody else has started. Nothing is known of its settings.
const Server = "server"

// Kinds returns all systems, in the order of documents.
func Kinds() []Kind {
	return []Kind{server(), vllm(), triton(), trtllm(), tritonTRT(), tritonLLMAPI()}
}

// Named is the system of a name.
func Named(name string) (Kind, bool) {
	for _, k := range Kinds() {
		if k.Name == name {
			return k, true
		}
	}
	return Kind{}, false
}

// Names are those of all systems.
func Names() []string {
	var all []string
	for _, k := range Kinds() {
		all = append(all, k.Name)
	}
	return all
}

// There is the system as a server that is there: its settings stay where they can be set.
func (k Kind) There() Kind {
	k.Started = false
	if !k.Adjustable {
		k.Settings, k.Refuse = nil, nil
	}
	return k
}

// Speaks says whether the system can be spoken to in a dialect.
func (k Kind) Speaks(dialect string) bool {
	return k.Dialects == nil || slices.Contains(k.Dialects, dialect)
}

// Refuses is Refuse, which may be nil.
func (k Kind) Refuses(v Values, version string) string {
	if k.Refuse == nil {
		return ""
	}
	return k.Refuse(v, version)
}

// Setting finds a setting by its name.
func (k Kind) Setting(name string) (Setting, bool) {
	i := slices.IndexFunc(k.Settings, func(s Setting) bool { return s.Name == name })
	if i < 0 {
		return Setting{}, false
	}
	return k.Settings[i], true
}

// SettingNames are those of all settings.
func (k Kind) SettingNames() []string {
	var all []string
	for _, s := range k.Settings {
		all = append(all, s.Name)
	}
	return all
}

func server() Kind {
	return Kind{Name: Server, Title: "a server that is there"}
}
