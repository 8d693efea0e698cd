package record

// FormatVersion is the version of the run directory's layout. A reader refuses others.
const FormatVersion = 1

// Run is run.json: everything that is the same for all trials.
type Run struct {
	Format       int         `json:"format"`
	Name         string      `json:"name"`
	Created      string      `json:"created"` // RFC 3339, UTC
	Build        Build       `json:"build"`
	Host         Host        `json:"host"`
	ScenarioHash string      `json:"scenario_sha256"`
	Files        []File      `json:"files,omitempty"` // models and texts that the scenario names, in its order; not the embedded ones, which are the binary's, nor the quality text
	Seed         uint64      `json:"seed"`
	Repetitions  int         `json:"repetitions"`
	Axes         []Axis      `json:"axes"`
	Arms         []Arm       `json:"arms"`
	Skipped      []Skipped   `json:"skipped,omitempty"`
	Loads        []Load      `json:"loads"`
	Searches     []Search    `json:"searches,omitempty"` // loads whose rates are searched; none in older runs
	SLOs         []SLO       `json:"slos"`
	Quality      QualityPlan `json:"quality"`
	Tasks        []TaskPlan  `json:"tasks,omitempty"` // that arms are asked, in the scenario's order; none in older runs
	Cost         CostPlan    `json:"cost"`
	Order        []TrialKey  `json:"order"`                // trials in the order they are run
	Unmeasured   []string    `json:"unmeasured,omitempty"` // interactions of axes that the sweep does not cover, one sentence each
	Notes        []string    `json:"notes,omitempty"`      // facts a reader must know: forced resume, shared cores

	Calibrations []Calibration `json:"calibrations,omitempty"` // of the lab itself, one for each time that it set to work on the run
}

// File identifies what a scenario names.
type File struct {
	Name   string `json:"name"`   // as in the scenario
	SHA256 string `json:"sha256"` // of its bytes
}

// Build identifies the binary.
type Build struct {
	Version string `json:"version"`
	Go      string `json:"go"`
	SHA256  string `json:"sha256"` // of the executable
}

// Host is the machine's fingerprint. Two runs with different fingerprints are not compared.
type Host struct {
	OS          string   `json:"os"`
	Kernel      string   `json:"kernel"`
	Arch        string   `json:"arch"`
	CPU         string   `json:"cpu"`
	Cores       int      `json:"cores"`           // usable by this process (affinity and cgroup quota)
	MemoryBytes int64    `json:"memory_bytes"`    // physical, or the cgroup's limit when lower
	Features    []string `json:"features"`        // CPU features that kernels dispatch on
	Kernels     string   `json:"kernels"`         // the kernel implementation in use, e.g. "avx2"
	Noise       []string `json:"noise,omitempty"` // states that make timings doubtful
	Fingerprint string   `json:"fingerprint"`
}

// Axis is a swept setting and its values in the scenario's order.
type Axis struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
}

// Setting is one engine setting of an arm, printed as in the scenario.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Arm is one setting of the system under test.
type Arm struct {
	ID        string    `json:"id"`                 // short hash of Settings
	Name      string    `json:"name"`               // unique, short enough for a figure's label
	Settings  []Setting `json:"settings"`           // every setting, swept or not
	Swept     []Setting `json:"swept"`              // the swept ones only
	Command   string    `json:"command"`            // the command line that deploys it
	TOML      string    `json:"toml"`               // the [engine] table that deploys it
	QualityID string    `json:"quality_id"`         // quality/ID.json, "" where quality is not measured
	TasksID   string    `json:"tasks_id,omitempty"` // quality/ID.json with the arm's answers to tasks

	Deployment *Deployment `json:"deployment,omitempty"` // nil for the included engine
}

// Skipped is a combination that the sweep names and that cannot run.
type Skipped struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// Load is one load level.
type Load struct {
	ID           string  `json:"id"`
	Name         string  `json:"name"`                  // e.g. "poisson 20/s"
	Arrival      string  `json:"arrival"`               // "constant", "poisson", "gamma (cv 2)", "closed" or "closed, thinking 1s"
	Shape        string  `json:"shape,omitempty"`       // how the rate moves, in words; "" where it does not
	Rate         float64 `json:"rate"`                  // requests per second, 0 for closed loop
	Concurrency  int     `json:"concurrency,omitempty"` // closed loop only
	Requests     int     `json:"requests"`              // measured requests per trial
	Warmup       int     `json:"warmup"`
	PromptTokens string  `json:"prompt_tokens"` // the distribution, as in the scenario
	OutputTokens string  `json:"output_tokens"`
	SharedPrefix string  `json:"shared_prefix,omitempty"` // "4 groups of 64 tokens", "" for none
	Conversation string  `json:"conversation,omitempty"`  // in words, with whose replies its turns carry; "" for none
	Temperature  float64 `json:"temperature,omitempty"`   // of sampling, 0 for the likeliest token

	Forced      bool      `json:"forced_lengths,omitempty"` // answers go on to the length that is asked for (ignore_eos); else they may end before
	Corpus      string    `json:"corpus,omitempty"`         // file whose rows are the prompts, as in the scenario; "" for a text
	Team        string    `json:"team,omitempty"`           // whose requests they are; "" for nobody's, or where classes say it
	Classes     []Class   `json:"classes,omitempty"`        // none where all requests are of one kind
	Cache       string    `json:"cache,omitempty"`          // state of the server's prefix cache at the start: "cold", "warm" or "declared"; "" is not known
	CachedShare []float64 `json:"cached_share,omitempty"`   // with "declared": least and largest share of prompt tokens read from the cache
	Search      string    `json:"search,omitempty"`         // Search.Name whose level this is, "" for a rate of the scenario's
	Trim        string    `json:"trim,omitempty"`           // TrimAuto: requests of the warm-up are left out of all figures; "" leaves none out
}

// TrimAuto has the analysis find the end of the warm-up by test and leave out what is before it.
const TrimAuto = "auto"

// SLO is one limit: the Percentile of Metric over all issued requests is at most LimitNS.
type SLO struct {
	Metric     string  `json:"metric"`     // "ttft", "tpot", "itl", "e2e"
	Percentile float64 `json:"percentile"` // 0.95
	LimitNS    int64   `json:"limit_ns"`
	Origin     string  `json:"origin"`         // e.g. "preset conversational x 0.1"
	Rule       string  `json:"rule,omitempty"` // by which it is met: RuleMLPerf, or "" for bounds at 95 %
}

// RuleMLPerf is MLPerf's early stopping: 99 % confidence that the share of misses is no more than is allowed.
const RuleMLPerf = "mlperf"

// QualityPlan says how quality is measured and what is acceptable.
type QualityPlan struct {
	Protocol      string  `json:"protocol"` // "windows"
	Text          string  `json:"text"`
	TextSHA256    string  `json:"text_sha256"`
	Windows       int     `json:"windows"`
	Length        int     `json:"length"`                   // tokens per window
	NeedleItems   int     `json:"needle_items,omitempty"`   // of each length and depth
	NeedleLengths []int   `json:"needle_lengths,omitempty"` // tokens of their contexts
	Bound         float64 `json:"bound"`                    // acceptable relative rise of perplexity, 0.01 = 1 %

	SampledAnswers      int       `json:"sampled_answers,omitempty"`      // at each temperature, of arms that do not sample exactly
	SampledTokens       int       `json:"sampled_tokens,omitempty"`       // of each
	SampledTemperatures []float64 `json:"sampled_temperatures,omitempty"` // those of the loads; none where all arms sample exactly

	ReferenceID string `json:"reference_id"`
	Reference   string `json:"reference"` // in words: "BF16 weights, f32 cache"
}

// TrialKey names one trial.
type TrialKey struct {
	ID         string `json:"id"` // hash of (settings, load, repetition)
	Arm        string `json:"arm"`
	Load       string `json:"load"`
	Repetition int    `json:"repetition"` // from 0; Confirmation for the winner's confirming run; from Unprofiled on without the profile
}

// Confirmation is the repetition number of the trials that confirm the winner on
// fresh prompts. They are not part of the sweep's own statistics.
const Confirmation = 1000

// DoubleLab is the repetition number of the trial that repeats the confirming one, request by request, while the lab has
// twice the work of receiving answers.
const DoubleLab = 1001

// Draws is the repetition whose prompts and arrivals a trial has: a duplicate has those of what it repeats.
func (k TrialKey) Draws() int {
	switch {
	case k.Repetition >= Unprofiled:
		return k.Repetition - Unprofiled
	case k.Repetition == DoubleLab:
		return Confirmation
	}
	return k.Repetition
}

// Status of a trial.
const (
	StatusOK     = "ok"
	StatusFailed = "failed"
)

// Trial is record.json. Its presence is the commit mark.
type Trial struct {
	Format    int      `json:"format"`
	Key       TrialKey `json:"key"`
	Order     int      `json:"order"` // position in the run, from 0
	Status    string   `json:"status"`
	Reason    string   `json:"reason,omitempty"` // why it failed
	Started   string   `json:"started"`          // RFC 3339 with nanoseconds, UTC: the schedule's zero
	ReadyNS   int64    `json:"ready_ns"`         // from process start to ready
	WindowNS  int64    `json:"window_ns"`        // from the schedule's zero to its last intended issue
	Issued    int      `json:"issued"`
	Unsent    int      `json:"unsent,omitempty"`           // requests of the load that were not issued because the attack was stopped
	Stopped   string   `json:"stopped,omitempty"`          // why it was, in a sentence; Status is then still StatusOK
	Held      int      `json:"held_turns,omitempty"`       // due before the reply to the turn before was there
	HeldNS    int64    `json:"held_max_ns,omitempty"`      // longest wait of one of them
	Shareable int64    `json:"shareable_tokens,omitempty"` // prompt tokens that a cold cache can at most hold, because the trial's own requests begin alike
	Repeated  int      `json:"repeated_prompts,omitempty"` // prompts that repeat earlier ones of the run or of the trial: the corpus was used up
	Invalid   []string `json:"invalid,omitempty"`          // why this trial may not win, one sentence each
	Engine    Counters `json:"engine"`                     // difference over the measured part
	Lab       Lab      `json:"lab"`
	Energy    *Energy  `json:"energy,omitempty"`  // nil in runs of versions that did not look for it
	Profile   *Profile `json:"profile,omitempty"` // nil where the scenario asked for none, and in runs of versions that took none
	Command   string   `json:"command"`
	Server    *Server  `json:"server,omitempty"` // what the system said of itself; nil for the included engine
}

// Counters are the engine's own, over the measured part of a trial.
type Counters struct {
	Steps             int64   `json:"steps"`
	BusyNS            int64   `json:"busy_ns"`       // time inside steps
	PrefillOps        int64   `json:"prefill_ops"`   // multiply-adds of prompt positions
	DecodeOps         int64   `json:"decode_ops"`    // multiply-adds of generated positions
	PromptTokens      int64   `json:"prompt_tokens"` // asked
	PrefixHitTokens   int64   `json:"prefix_hit_tokens"`
	GeneratedTokens   int64   `json:"generated_tokens"`
	DraftTokens       int64   `json:"draft_tokens"`
	AcceptedTokens    int64   `json:"accepted_tokens"`
	DraftNS           int64   `json:"draft_ns,omitempty"`      // of busy_ns: finding drafts
	VerifySteps       int64   `json:"verify_steps,omitempty"`  // steps with a draft of at least one sequence
	VerifyNS          int64   `json:"verify_ns,omitempty"`     // of busy_ns: these steps without finding drafts, but with all else they computed
	Drafts            int64   `json:"drafts"`                  // drafts verified, one for each sequence and step
	DraftsFallen      int64   `json:"drafts_fallen,omitempty"` // of these, those of which a token was rejected
	DraftedAt         []int64 `json:"drafted_at,omitempty"`    // drafted tokens by position, from 0
	AcceptedAt        []int64 `json:"accepted_at,omitempty"`   // accepted drafts by position, from 0
	Preemptions       int64   `json:"preemptions"`
	DroppedKV         int64   `json:"dropped_kv_positions"`  // given up by requests that went on
	MeanKVBytes       int64   `json:"mean_request_kv_bytes"` // mean over the steps of each request, of what its positions took
	PeakKVBytes       int64   `json:"peak_request_kv_bytes"` // most that one request's positions took
	Aborted           int64   `json:"aborted"`
	Evictions         int64   `json:"evictions,omitempty"`           // cached blocks given up for room
	PrefixCopies      int64   `json:"prefix_copies,omitempty"`       // parts of blocks copied for requests that begin alike
	SwapOutBytes      int64   `json:"swap_out_bytes,omitempty"`      // of preempted sequences, copied out of the cache
	SwapInBytes       int64   `json:"swap_in_bytes,omitempty"`       // of preempted sequences, copied back
	OffloadHits       int64   `json:"offload_hits,omitempty"`        // blocks found in files
	OffloadReadBytes  int64   `json:"offload_read_bytes,omitempty"`  // of these
	OffloadWriteBytes int64   `json:"offload_write_bytes,omitempty"` // of blocks written to files
	PeakRunning       int64   `json:"peak_running"`
	RunningNS         int64   `json:"running_ns"` // integral of running + waiting requests over time: Little's law from the server's side
	KVBytesPerToken   int64   `json:"kv_bytes_per_token"`
	WeightBytes       int64   `json:"weight_bytes"`
	PeakRSSBytes      int64   `json:"peak_rss_bytes"`
	CPUNS             int64   `json:"cpu_ns,omitempty"` // processor time of the process, of all threads; 0 where it is not known

	Batches []BatchSteps `json:"batches,omitempty"` // the steps that only decode, by sequences, the fewest first
}

// BatchSteps counts the steps of batches of one size that only decode: in which every sequence computes
// the token drawn last and drafts after it, and none a prompt.
type BatchSteps struct {
	Steps     int64 `json:"steps"`
	Sequences int64 `json:"sequences"`          // added up over the steps
	Rows      int64 `json:"rows"`               // computed, drafts included
	Tokens    int64 `json:"tokens"`             // that came of them
	BusyNS    int64 `json:"busy_ns"`            // inside these steps
	DraftNS   int64 `json:"draft_ns,omitempty"` // of busy_ns: finding drafts
}

// Lab is how the instrument itself fared during the trial.
type Lab struct {
	LagP50NS  int64 `json:"lag_p50_ns"` // sent - intended
	LagP99NS  int64 `json:"lag_p99_ns"`
	LagMaxNS  int64 `json:"lag_max_ns"`
	GCPauseNS int64 `json:"gc_pause_ns"`
	CPUNS     int64 `json:"cpu_ns"`   // user + system of the lab's process
	StealNS   int64 `json:"steal_ns"` // of the whole machine
	WallNS    int64 `json:"wall_ns"`
	Shared    bool  `json:"shared"` // the lab and the engine share cores

	Handlers bool   `json:"shared_handlers,omitempty"` // the lab shares a core with the engine's HTTP handlers, not with its steps
	Watch    *Watch `json:"watch,omitempty"`           // nil where nothing was watched
}

// Quality is quality/ID.json. NLL, Ref and KL have one value per predicted token,
// in the same order for every arm, so that arms are compared in pairs.
type Quality struct {
	Format      int       `json:"format"`
	ID          string    `json:"id"`
	Subject     string    `json:"subject"` // in words: "Q4_0 weights, q8_0 cache"
	Reference   string    `json:"reference"`
	Protocol    string    `json:"protocol,omitempty"`  // ProtocolWindows where it is missing
	Window      []int32   `json:"window"`              // the window of each value: neighbours are correlated
	NLL         []float64 `json:"nll"`                 // nats, of the token that followed
	Ref         []float64 `json:"ref_nll"`             // nats, the reference's
	KL          []float64 `json:"kl"`                  // nats, KL(reference || subject) at each position
	SameTop     []bool    `json:"same_top"`            // same most likely token
	Needle      []Metric  `json:"needle,omitempty"`    // hits over all items, then other figures, by length and depth
	Tasks       []Task    `json:"tasks,omitempty"`     // of an arm's TasksID: what it answered, a task each; then there is nothing of a text
	NotAsked    []string  `json:"not_asked,omitempty"` // what of the tasks it could not be asked, a sentence each
	Retries     int       `json:"retries,omitempty"`   // requests of tasks that a server had no room for at first
	Sampled     []Sampled `json:"sampled,omitempty"`   // of the reference and of arms that do not sample exactly, by temperature
	WeightBytes int64     `json:"weight_bytes"`
	ElapsedNS   int64     `json:"elapsed_ns"`
}

// Sampled says how likely text was that was sampled, a value for each answer, all of one length.
type Sampled struct {
	Temperature float64   `json:"temperature"`
	Tokens      int       `json:"tokens"` // of an answer
	Excess      []float64 `json:"excess"` // nats per token: negative log-likelihood less the entropy of what tokens should have been drawn from
	NLL         []float64 `json:"nll"`    // nats per token
}

// How a text is cut for Quality.
const (
	ProtocolWindows = "windows" // windows spread over the text, every position scored
	ProtocolChunks  = "chunks"  // llama.cpp's: consecutive chunks, the second half of each scored
)
