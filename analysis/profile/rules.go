package profile

import "strings"

// group is the rules of some packages, of which the first that matches counts.
type group struct {
	packages []string // an entry that ends in / stands for all below it too
	rules    []rule
}

// rule gives a stage to functions that begin with one of its names, "(*Set).Mul" for a method, or that have it whole where
// it ends in "$"; "" is every function.
type rule struct {
	stage  Stage
	shared bool // several stages use it: a caller with a stage of its own goes first
	names  []string
}

func (g group) covers(pkg string) bool {
	for _, p := range g.packages {
		if p == pkg || strings.HasSuffix(p, "/") && strings.HasPrefix(pkg+"/", p) {
			return true
		}
	}
	return false
}

func (r rule) matches(name string) bool {
	for _, n := range r.names {
		if whole, exact := strings.CutSuffix(n, "$"); exact && name == whole || !exact && strings.HasPrefix(name, n) {
			return true
		}
	}
	return false
}

func of(stage Stage, names ...string) rule     { return rule{stage: stage, names: names} }
func shared(stage Stage, names ...string) rule { return rule{stage, true, names} }

// groups are all rules. A test holds those of engine/kernel to its functions, assembly included.
var groups = []group{
	{[]string{"engine/kernel"}, kernelRules},
	{[]string{"engine/model"}, modelRules},
	{[]string{"engine"}, engineRules},
	{[]string{"engine/sample"}, []rule{of(Sampling, "")}},
	{[]string{"engine/spec"}, []rule{
		of(Sampling, "Accept", "(*Scratch).", "Typical.", "probability", "childOf", "entropy"),
		of(Drafting, ""),
	}},
	{[]string{"engine/internal/par"}, []rule{
		of(Waiting, "pause", "spin", "isZero", "isNotZero", "(*Pool).idle", "(*Pool).await", "(*Pool).wake", "(*sleeper)."),
		shared(Scheduling, ""),
	}},
	{[]string{"engine/sched", "engine/kvcache", "engine/admit", "engine/steptrace", "engine/offload"}, []rule{of(Scheduling, "")}},
	{[]string{"engine/server", "engine/metrics", "engine/tokenizer", "engine/chat/", "net/", "encoding/", "bufio", "internal/poll", "crypto/",
		"mime/", "log/", "github.com/prometheus/", "fmt"}, []rule{of(HTTP, "")}},
	{[]string{"runtime/pprof", "compress/"}, []rule{of(Profiling, "")}},
	{[]string{"runtime"}, runtimeRules},
}

// kernelRules. A prefix stands before the shorter ones that it begins with.
var kernelRules = []rule{
	of(Attention, "pairsx", "pairsAMX", "softmaxAVX512", "merge", "divide", "store", "widenColumns", "widenRows", "hadamard",
		"ropePairs", "ropeHalves", "pairsAVX2", "pairsNEON", "halvesAVX2", "halvesNEON", // the rotary embedding
		"(*Attention).", "(*Partial).", "(*part).", "(*Tree).", "(*KV).", "KVFormat.", "(*observeScratch).",
		"(*Set).Attend", "(*Set).attend", "(*Set).weigh", "(*Set).Merge", "(*Set).rescale", "(*Set).Finish", "(*Set).Observe", "(*Set).observe",
		"(*Set).Store", "(*Set).store", "(*Set).Seal", "(*Set).Rope", "(*Set).Hadamard", "(*Set).roundQueries", "(*Set).round16", "(*Set).codes",
		"(*Worker).nibbles", "(*floatArgs).chains", "partOf", "halve$", "scatter", "transferColumns", "exchange", "nibblesScale", "checkKV", "elemBytes"),
	of(Norm, "siluPrompt", "geluPrompt", "silu", "gelu", "gate$", "squares",
		"(*Set).RMSNorm", "(*Set).NormQuantize", "(*Set).AddNorm", "(*Set).norm", "(*Set).SiLU", "(*Set).GELU", "(*Set).rowwise", "(*Set).produce",
		"(*Set).QuantizeRows", "(*Set).code", "(*product).activate"),
	of(Matrix, "line", "few", "tile", "halvesx", "halvesAMX", "prompt", "fill", "split", "expand", "offset", "mins", "addOffsets", "addMinimums", "fetch", "addQuad",
		"nibbles", "fiveBits", "sixBits", "twoBits", "threeBits", "lookUp", "power", "less", "eight", "putEight",
		"(*product).", "(*panel).", "(*tileArgs).", "(*expandArgs).", "(*offsetArgs).", "(*promptArgs).", "(*stripView).",
		"(*Set).Mul", "(*Set).Gated", "(*Set).Splits", "(*Set).SplitRows", "(*Set).Prompts", "(*Matrix).", "Rows.", "Kind.", "fit"),
	shared(Attention, "top", "exps", "exp", "narrow16", "roundBF16", "(*Set).Softmax"),
	shared(Norm, "add", "scale", "scaled", "quantize", "sumInts", "whole", "fours", "fma", "toOdd", "(*Set).Add", "(*Set).Scale", "(*rowArgs)."),
	shared(Matrix, "float", "(*floatArgs).", "widen", "(*Batch).", "grow", "half", "byBytes", "view", "bytesOf", "roundUp", "below"),
	of(Other, // at start alone
		"NewMatrix", "NewRows", "PackedBytes", "pack", "Sets", "Select", "ForMachine", "KindOf", "native", "neon", "i8mm", "avx", "amx", "narrowAVX2", "word", "putWord", "two", "quads", "wide$", "(*Set).NewKV"),
}

// modelRules. The methods of State that walk through the layers have no stage of their own.
var modelRules = []rule{
	of(Attention, "(*State).prepare", "(*State).normHeads", "(*State).rotate", "(*State).attend", "(*State).mergeParts", "(*State).aim", "(*State).finish", "(*State).seal",
		"(*State).keepTails", "(*State).own", "(*State).unsealed", "(*State).key", "(*State).observe", "(*State).chunk", "(*State).partsOf", "(*State).piece",
		"(*State).slot", "(*State).before", "(*State).place", "(*State).window", "(*State).sinkParts", "(*State).seesAll", "(*State).cutShort",
		"(*tails).", "(*Cache).", "(*angles).", "(*Observed).", "roundKey"),
	of(Norm, "(*State).embed", "(*State).attnNorm", "(*State).ffnNorm", "(*State).finalNorm", "(*State).norm", "(*State).activate", "(*State).addend",
		"(*State).addBias", "(*State).quantizeAttn", "(*State).split"),
	of(Matrix, "(*State).multiply", "(*State).gateUp", "(*mulJob).", "(*gateJob).", "(*State).expert", "(*State).choose", "(*State).gather", "(*State).copyIn",
		"(*State).addShares", "best", "after"),
	shared(Scheduling, ""),
}

var engineRules = []rule{
	of(Sampling, "(*loop).choose", "(*loop).verify", "(*loop).logprobs", "(*loop).score", "(*loop).stands", "(*loop).settle"),
	of(Drafting, "(*loop).propose", "(*loop).adapt", "(*loop).drafted", "(*loop).forecastTrees", "(*loop).addDrafts", "(*loop).countDrafts"),
	of(HTTP, "(*Engine).", "(*Stream)."), // on the handlers' goroutines
	of(Scheduling, ""),
}

// runtimeRules leave out what a caller asks for, such as copying memory, looking into a map or a system call.
var runtimeRules = []rule{
	of(Profiling, "sigprof", "(*cpuProfile).", "(*profBuf).", "SetCPUProfileRate"),
	of(GC, "gc", "_GC", "(*gcWork)", "scan", "mark", "greyobject", "wbBuf", "(*wbBuf)", "bulkBarrier", "sweep", "bgsweep", "bgscavenge", "(*sweep", "(*scavenge", "(*mspan).", "(*mheap).",
		"(*mcache).", "(*mcentral).", "mallocgc", "malloc", "newobject", "makeslice", "growslice", "nextFreeFast", "(*pageAlloc).", "(*unwinder).", "deductAssistCredit",
		"(*limiterEvent)", "(*activeSweep)", "(*lfstack)", "heapSetType", "tryDeferToSpanScan", "spanOf", "findObject", "typePointers", "(*fixalloc)", "publicationBarrier"),
	of(Waiting, "_LostSIGPROF", "schedule", "findRunnable", "findRunnableGCWorker", "park_m", "gopark", "gosched", "goschedImpl", "goschedguarded", "execute", "ready", "goready", "readyWithTime", "runq", "globrunq",
		"stealWork", "stopm", "startm", "wakep", "resetspinning", "mPark", "notesleep", "notetsleep", "notewakeup", "futex", "netpoll", "usleep", "osyield", "procyield",
		"lock2", "unlock2", "lockWithRank", "unlockWithRank", "chan", "(*hchan)", "send", "recv", "closechan", "select", "sellock", "selunlock", "selparkcommit", "sema", "(*semaRoot)", "sysmon", "retake", "preempt", "checkTimers", "(*timers)",
		"(*timer)", "timeSleep", "mstart", "mcall", "handoffp", "acquirep", "releasep", "pidle", "checkRunqsNoP", "pMask", "goyield", "injectglist", "signalM", "tgkill", "asyncPreempt", "sighandler", "doSigPreempt", "sigtramp", "goexit0", "gdestroy", "dropg"),
}
