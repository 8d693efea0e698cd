package scenario

import (
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis/strict"
	"github.com/assaylab/assay/experiments/modelcache"
	"github.com/assaylab/assay/loadgen/workload"
)

// EmbeddedPrefix marks a model that is built into the binary.
const EmbeddedPrefix = "embedded:"

// byName says whether a model is written as a name, "embedded:NAME" or "cache:NAME",
// and not as a path.
func byName(model string) bool {
	return strings.HasPrefix(model, EmbeddedPrefix) || strings.HasPrefix(model, modelcache.Prefix)
}

// Scenario is a scenario file with every default filled in. It is read-only: the
// arms of a sweep are derived from it, never written back.
type Scenario struct {
	File   string // as given to Load
	Text   []byte // as written
	SHA256 string // hex, of Text

	Name        string
	Description string
	Model       string   // as written: a path relative to File, "embedded:NAME" or "cache:NAME"
	Engine      Settings // the base value of every setting
	TraceSteps  bool     // every trial keeps what the engine's steps did
	Sweep       Sweep
	Loads       []Workload
	Quality     *Quality // nil where quality is not measured
	Outputs     *Outputs // nil where no answers are kept
	Tasks       []Task   // that all arms are asked
	Cost        *Cost    // nil where nothing is priced
	SLO         SLO
	Run         Run
	Profile     Profile
	Ladders     *Ladders  // nil where arms are engines
	Targets     []*Target // what is measured beside the included engine, or in its place
	Included    bool      // the included engine is measured, or gateways in front of it

	where strict.Positions
}

// Sweep modes.
const (
	Product    = "product"       // every combination of the axes' values
	OneAtATime = "one-at-a-time" // the base, and each axis varied alone around it
	List       = "list"          // the arms as listed
	NoSweep    = ""              // the base alone
)

// Sweep says which settings are tried.
type Sweep struct {
	Mode    string
	Axes    []Axis  // Product and OneAtATime, in the file's order
	Arms    []Arm   // List
	Include []Match // keep arms that match any of these, all where there is none
	Exclude []Match // then drop arms that match any of these
}

// maxArmNumber bounds a product: more arms than any run can measure is a mistake.
const maxArmNumber = 4096

// Axis is one swept setting: the values of Settings that replace the base's.
type Axis struct {
	Name   string
	Values []Override // one setting each, in the file's order
}

// Arm is one listed arm.
type Arm struct {
	Name      string // "" for a name made from the values
	Overrides []Override
}

// Override gives one setting another value.
type Override struct {
	Setting Setting
	Value   string // as Setting.Get prints it
}

// Apply sets the value in s.
func (o Override) Apply(s *Settings) {
	if err := o.Setting.Parse(s, o.Value); err != nil {
		panic("scenario: an override that Load accepted does not apply: " + err.Error())
	}
}

// Match is a filter: all named settings must have one of their values.
type Match struct {
	Key    string // path in the file, for messages
	Values map[string][]string
}

// Matches says whether s has one of the values for every named setting.
func (m Match) Matches(s *Settings) bool {
	for name, values := range m.Values {
		d, ok := FindSetting(name)
		if !ok || !slices.Contains(values, d.Get(s)) {
			return false
		}
	}
	return true
}

// Arrival processes.
const (
	Constant = "constant"
	Poisson  = "poisson"
	Gamma    = "gamma"
	Recorded = "recorded"
	Closed   = "closed"
)

// Workload is one [[load]] table: one load level per rate or concurrency.
type Workload struct {
	Name          string
	Arrival       string
	CV            float64       // of the gaps; Gamma only
	Shape         Shape         // of the rate; zero where it does not move
	Trace         Trace         // Recorded only
	Think         time.Duration // between an answer and the slot's next request; Closed only
	Rates         []float64     // requests per second; open loop only
	Search        *Search       // finds rates itself; nil where Rates or Concurrencies are given
	Concurrencies []int         // closed loop only
	Requests      int           // measured requests per trial; 0 where Duration counts
	Duration      time.Duration // of the schedule; 0 where Requests counts
	Warmup        int           // requests before the measured part
	Trim          string        // what is left out of the measured part: TrimNone or TrimAuto
	PromptTokens  Length
	OutputTokens  Length
	IgnoreEOS     bool
	Temperature   float64
	Text          string       // corpus that prompts are drawn from, as written
	SharedPrefix  SharedPrefix // zero for none
	Conversation  Conversation // zero for none
	Corpus        Corpus       // in place of Text and PromptTokens; zero for none
	Team          string       // whose requests they are, "" for nobody's
	Priority      int          // that the server is asked for; 0 is not sent
	Classes       []Class      // with what they do not say taken from the fields above; nil for requests of one kind
	Cache         string       // state of the server's prefix cache at the start: Cold, Warm or Declared
	CachedShare   []float64    // Declared only: least and largest share of prompt tokens from the cache
	Timeout       time.Duration
}

// Count is the number of measured requests of a trial at a rate. With a duration it
// is the expected number, rate x duration, rounded up: a fixed count keeps the
// trials of all arms comparable.
func (l Workload) Count(rate float64) int {
	if l.Requests > 0 {
		return l.Requests
	}
	n := rate * l.Duration.Seconds()
	count := int(n)
	if float64(count) < n {
		count++
	}
	return count
}

// SharedPrefix makes prompts start with one of Groups common prefixes.
type SharedPrefix struct {
	Groups int
	Tokens int
	Skew   float64 `json:",omitempty"` // the k-th prefix comes in proportion to 1/k^Skew

	// Shares of a mean prompt are an axis in place of Tokens; a variant of the load has its own as the only one.
	Shares []float64 `json:",omitempty"`
}

// String words it; "" for none.
func (p SharedPrefix) String() string {
	if p.Groups == 0 {
		return ""
	}
	return workload.Spec{Groups: p.Groups, GroupTokens: p.Tokens, GroupSkew: p.Skew}.SharedPrefix()
}

// Quality says on what text quality is measured and what loss is acceptable.
type Quality struct {
	Text    string  // as written
	Windows int     // windows of Length tokens
	Length  int     // tokens
	Bound   float64 // acceptable relative rise of perplexity: 0.01 is 1 %

	NeedleItems   int   // definitions to be found again, for each length and depth; 0 for none
	NeedleLengths []int // tokens of their contexts

	SampledAnswers int // answers at each temperature, of arms that do not sample exactly
	SampledTokens  int // tokens of each
}

// SLO is the set of limits that an arm must meet.
type SLO struct {
	Preset string  // "" for none
	Scale  float64 // multiplies the preset's limits
	Rule   string  // by which a limit is met: RuleBounds or RuleMLPerf
	Limits []Limit
}

// Run says how often and in what order trials run.
type Run struct {
	Seed         uint64
	Repetitions  int
	Confirm      bool          // run the winner once more on fresh prompts
	ReadyTimeout time.Duration // of the system under test

	StopOversaturated bool // end a trial whose queue only grows once it has missed a limit
}

// Resolve turns a path as written into one that can be opened: relative paths are
// relative to the scenario's directory, "embedded:NAME", "cache:NAME" and "" stay.
func (s *Scenario) Resolve(path string) string {
	if path == "" || filepath.IsAbs(path) || byName(path) {
		return path
	}
	return filepath.Join(filepath.Dir(s.File), path)
}

// Problem makes an error at a key of the file, for what only a later step can see.
func (s *Scenario) Problem(key, found, expected, suggestion string) *strict.Problem {
	return &strict.Problem{File: s.File, Line: s.where.LineOf(key), Key: key, Found: found, Expected: expected, Suggestion: suggestion}
}
