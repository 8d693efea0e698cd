package analysis

import (
	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/analysis/record"
)

// Study is everything that is concluded from a run directory. Reports draw it and
// add nothing.
type Study struct {
	Run      record.Run
	Planned  int // trials
	Finished int // trials with a record, failed ones included
	Failed   []FailedTrial
	Cells    []Cell // arm-major, loads in the run's order
	Arms     []Arm  // in the run's order
	Choice   Recommendation
	Front    Front
	// SampledCheck is Arm.Sampled of the quality reference, which samples exactly: 0 but for chance.
	SampledCheck Value
	// Timelines are at most two, where engines kept their steps: around the longest gap of all,
	// and around the longest one of the arm that did best at the same load.
	Timelines []Timeline
	// Occupancies are at most three, where engines kept their steps: of the recommended arm, and of
	// the trials with the most preemptions and evictions.
	Occupancies []Occupancy
	TimeSpent   *TimeSpent   // nil where no engine was profiled
	Speculation *Speculation // nil where the run does not sweep who drafts tokens
	Systems     *Systems     // nil where all arms are the included engine
	Ladders     []LadderCell // in the order of Cells; none where no system was a ladder
	Tasks       []TaskFigure // none where no tasks were asked
	TaskGaps    []TaskGap    // what of the tasks there is no figure of
	// Exam is the share of right answers to the task by which quality compares across systems; nil where it is compared by
	// the loss of perplexity, or not at all.
	Exam       *TaskFigure
	Instrument Instrument // how exact all of it is
	Warnings   []string   // facts that weaken every conclusion, one sentence each
}

// FailedTrial is a trial without measurements.
type FailedTrial struct {
	Key    record.TrialKey
	Reason string
}

// Value is an estimate with its interval. Where Note is not empty there is no
// number to print: "insufficient", "beyond the slowest success", "not measured".
type Value struct {
	Estimate  float64
	Low       float64 // bounds of the interval at Level; equal to Estimate where exact
	High      float64 // may be +Inf where failures reach the percentile
	Level     float64 // 0.95
	N         int     // samples
	Unit      string  // "ns", "tokens/s", "req/s", "ratio", "nats", "$/Mtok", "bytes"
	Note      string
	Beyond    float64 // the slowest success, where Note is BeyondOK: the estimate is above it
	Estimated bool    // not measured: the number follows from an assumption or an approximation, and output says so
}

// Percentiles of one metric over the requests of a cell.
type Percentiles struct {
	Metric  string // "ttft", "tpot", "itl", "e2e", "max_gap", "tpot_n1" (n - 1 below), "chunk_gap" (between messages), "e2e_per_token"; with the suffix "_service" from the actual send
	Quoted  []PercentileValue
	Mean    Value
	Samples int
}

// PercentileValue is one percentile, P in (0, 1).
type PercentileValue struct {
	P         float64
	Value     Value   // its interval is interpolated between order statistics: for showing
	JudgeLow  float64 // the conservative interval, order statistics themselves: for judging
	JudgeHigh float64
}

// Verdict of an SLO: MEASUREMENT.md's rule on the miss share.
type Verdict string

// The three answers.
const (
	Met       Verdict = "met"
	Missed    Verdict = "missed"
	Undecided Verdict = "undecided"
)

// SLOResult judges one SLO in one cell.
type SLOResult struct {
	SLO      record.SLO
	Verdict  Verdict
	N        int     // issued requests that can pass or fail it
	Misses   int     // failures included
	Low      float64 // one-sided Clopper-Pearson bounds of the miss share, at Level
	High     float64
	Level    float64 // 0.95, or 0.99 by MLPerf's rule
	NeedMore int     // further requests, all within the limit, that would make it met; 0 where decided
	Early    Early
	Class    string // whose requests are judged, "" for all
}

// Front says what the Pareto front is drawn over: quality, by Study.Exam or else by its loss, p95 of Metric at
// Load, and cost at capacity. Arms with one capacity bracket share one cost, because
// a difference inside a bracket was not measured.
type Front struct {
	Metric string // "e2e"
	Load   string // id, "" where no load can be compared
	Draws  int    // behind each Arm.FrontProbability
}

// Cell is an arm at a load level, its repetitions merged from raw samples.
type Cell struct {
	Arm, Load      string // ids
	Trials         []string
	Valid          bool
	Invalid        []string
	Issued         int
	OK             int
	Outcomes       map[string]int
	OfferedRate    float64 // requests per second, of the realised schedule
	InputTokens    float64 // mean of the requests that ended well: prompt tokens, cached ones included
	OutputTokens   float64 // likewise
	Metrics        []Percentiles
	Throughput     Value // output tokens stamped in the window, per second
	Goodput        Value // requests meeting all SLOs, per second of window
	GoodTokens     Value // prompt + output tokens of SLO-meeting requests, per second of window
	Attainment     Value // share of issued requests that meet all SLOs
	SLOs           []SLOResult
	Verdict        Verdict               // the worst of SLOs
	BusyPerRequest Value                 // engine-busy nanoseconds per finished request
	Acceptance     Value                 // accepted length per verify step, bonus token included
	AcceptanceRate Value                 // accepted / drafted tokens
	PrefixHits     Value                 // prompt tokens from the prefix cache / prompt tokens asked
	Preempted      int64                 // sequences put back for want of blocks, by the engine's counters
	Evicted        int64                 // cached blocks given up for room, likewise
	OverTime       OverTime              // whether it had a steady state, and what was left out for it
	Held           *Held                 // nil where no turn of a conversation waited for the reply before
	CDF            map[string][]CDFPoint // of "ttft" and "e2e"
	Classes        []ClassResult         // in the load's order; none where it has no classes
	Teams          []TeamUse             // by name; none where no request is a team's
	Cache          CacheUse              // what the server read from its prefix cache, and what it may have
	CostAsRun      Value                 // $ per million tokens at this load, labelled: restates the load
	Untold         []string              // counters that the system under test does not give, by their JSON names; none of the included engine
}

// CDFPoint is a step of an empirical distribution: share Y of issued requests is
// at most X nanoseconds. Failures keep Y below 1.
type CDFPoint struct{ X, Y float64 }

// Arm is what is concluded of one arm.
type Arm struct {
	Arm              record.Arm
	Perplexity       Value
	QualityLoss      Value // mean paired difference of NLL against the reference, nats per token
	KL               Value
	SameTop          Value
	Needle           Value       // share of definitions far above that were found again, not measured where the run has none
	Sampled          Value       // mean of negative log-likelihood less entropy of text that the arm samples, nats per token, at the temperature where it is farthest from 0; not measured where it samples exactly
	SamplesExactly   bool        // sampled answers follow the model's distribution, whatever drafts
	MeanKVBytes      int64       // what one request's keys and values took, mean over its steps, in the trial where it is the most
	LossWithin       bool        // upper end of QualityLoss at most ln(1 + bound), and Sampled within it to either side unless SamplesExactly; true where it is not asked for
	Scores           []TaskScore // of the tasks that arms are judged by, the same for all arms: Exam, and those that have a bound
	Eligible         bool        // LossWithin, and all Scores within their bounds; where there are none, and Exam is all that says what answers are worth, it answered
	Capacity         Capacity
	Boundaries       []Boundary // one for each search of the run, none where rates were given
	Cost             Cost
	OnFront          bool
	FrontProbability float64 // share of draws of the whole run in which the arm is on the front
	Excluded         string  // why it is not recommended, one sentence; "" for the recommended arm
	P95TTFT          Value   // at the load the front is drawn at
	P95E2E           Value
	FrontLoad        string // id of that load
}

// Capacity is the highest tested rate whose verdict is met, and the next tested one above; or the boundary that a search found,
// with its interval.
type Capacity struct {
	Rate    float64 // requests per second, 0 where no tested rate is met
	Next    float64 // the next tested rate, 0 where none is above
	Load    string  // id of the load at Rate; of the highest load below Low where Rate was searched
	Verdict Verdict // met, or the verdict at the lowest rate
	Search  string  // Search.Name where Rate was searched, else ""
	Low     float64 // 95 % interval of Rate where it was searched
	High    float64 // +Inf where no limit broke
}

// Cost at capacity: price per hour x 1e6 / (3600 x u x SLO-meeting tokens per second).
type Cost struct {
	PerMillion          Value // input and output tokens together
	PerMillionInput     Value
	PerMillionOutput    Value
	Cached              bool   // some input tokens come from the prefix cache: they are in PerMillion, and in PerMillionInput they are not
	PerThousandRequests Value  // of those within every limit: the others are paid for by them
	PerThousandIssued   Value  // of those sent, whatever became of them
	PerUserMonth        Value  // NotStated where the scenario does not say how much a user asks
	Formula             string // with the numbers in it
	Assumptions         []string

	ByUse      []cost.AtUse     // per million tokens, by utilisation
	Month      *cost.Bill       // of one machine that is used as planned, and of the spares; nil where nothing is priced
	BreakEvens []cost.BreakEven // against each API that the scenario names, in its order
	Energy     *cost.Energy     // nil where it is not known
	Listed     *Listed          // nil where no API is paid by the token
	NoEnergy   string           // why it is not, or why it is estimated, "" where it is measured
}

// Recommendation is the one deployment that is recommended, or why there is none.
type Recommendation struct {
	Arm         string // id, "" where there is none
	Proven      bool   // false: "not proven", the best undecided arm, or a winner whose confirming run missed a limit
	NeedMore    int    // requests that would prove it
	Paragraph   string // in words, with the figures
	Reasons     []string
	RunnerUp    string // id
	RunnerUpWhy string
	Confirmed   *Confirmation // nil where the winner was not run again
	Sureness    *Sureness     // nil without a recommended arm
	Unmeasured  []string
}

// Confirmation compares the winner in the sweep with the same arm on fresh prompts.
type Confirmation struct {
	Load    string
	Metric  string // "p95 ttft"
	InSweep Value
	Fresh   Value
	Verdict Verdict
	Agrees  bool    // the intervals overlap and Ratio is near 1
	Overlap bool    // the intervals do
	Ratio   float64 // Fresh by InSweep, 0 where one of them has no number
}
