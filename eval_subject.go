package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/assaylab/assay/engine/checkpoint"
	"github.com/assaylab/assay/engine/eval"
	"github.com/assaylab/assay/engine/kernel"
	"github.com/assaylab/assay/engine/kvcache"
	"github.com/assaylab/assay/experiments/exam"
	"github.com/assaylab/assay/experiments/scenario"
)

// evalOptions are those of all verbs that evaluate.
type evalOptions struct {
	reference string
	threads   int
	json      bool
	drafts    bool // not of a flag: subjects may draft
	servers   bool // likewise, may be servers
}

func (o *evalOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.reference, "reference", "", "subject to compare with")
	f.IntVar(&o.threads, "threads", 0, "worker threads, 0 for all usable cores")
	f.BoolVar(&o.json, "json", false, "one JSON object per subject, with every item's values")
}

// subject is one argument of eval.
type subject struct {
	model, quantization, kv string
	bound                   kvcache.Bound
	blockSize               int // where bound chooses blocks, else 0
	drafts                  drafting
	asPrompt                bool          // not of the argument, but of a flag
	server                  serverSubject // in place of all the others
}

// boundKeys are the engine's settings about what is kept, which a subject can have.
var boundKeys = []string{"kv_policy", "kv_budget", "kv_sinks", "kv_recent", "kv_observe", "block_size"}

func parseSubject(text string) (subject, error) {
	if isServer(text) {
		server, err := parseServer(text)
		return subject{server: server}, err
	}
	parts := strings.Split(text, ",")
	s := subject{model: parts[0], kv: "f32"}
	settings := scenario.DefaultSettings()
	for _, p := range parts[1:] {
		switch key, value, _ := strings.Cut(p, "="); {
		case key == "quantization":
			s.quantization = value
		case key == "kv":
			s.kv = value
		case slices.Contains(boundKeys, key), slices.Contains(draftKeys, key):
			d, _ := scenario.FindSetting(key)
			if err := d.Parse(&settings, value); err != nil {
				return s, fmt.Errorf("eval: subject %q: %w", text, err)
			}
		default:
			return s, fmt.Errorf("eval: subject %q: found %q, expected quantization=FORMAT, kv=FORMAT or %s=VALUE", text, p, strings.Join(boundKeys, "=VALUE, "))
		}
	}
	if err := s.setBound(text, settings); err != nil {
		return s, err
	}
	return s, s.setDrafts(text, settings)
}

// setBound takes over what of the settings has an effect.
func (s *subject) setBound(text string, settings scenario.Settings) error {
	if key, found, expected := settings.Bound().Check(settings.BlockSize); key != "" {
		return fmt.Errorf("eval: subject %q: %s: found %s, expected %s", text, key, found, expected)
	}
	if settings.KVPolicy == kvcache.PolicyFull {
		return nil
	}
	if s.bound = settings.WithoutEffect().Bound(); s.bound.Chooses() {
		s.blockSize = settings.BlockSize
	}
	return nil
}

func (s subject) String() string {
	if s.server != (serverSubject{}) {
		return s.server.String()
	}
	words := s.model
	if s.quantization != "" {
		words += " as " + s.quantization
	}
	words += ", " + s.kv + " cache"
	if s.bound != (kvcache.Bound{}) {
		words += ", " + s.bound.String()
	}
	words += s.drafts.String()
	if s.asPrompt {
		words += ", as a prompt"
	}
	return words
}

// entry is a subject, opened.
type entry struct {
	name       subject
	checkpoint *checkpoint.Checkpoint // nil of a server
	server     *exam.Server           // nil of a model
}

// weightBytes are not known of a server.
func (e entry) weightBytes() int64 {
	if e.checkpoint == nil {
		return 0
	}
	return e.checkpoint.Model.WeightBytes()
}

func (e entry) subject() eval.Subject {
	return eval.Subject{Model: e.checkpoint.Model, KVFormat: e.name.kv, AsPrompt: e.name.asPrompt,
		Bound: e.name.bound, BlockSize: e.name.blockSize}
}

// lineup is the subjects of a command line. The reference is one of the named ones,
// or comes before them.
type lineup struct {
	entries   []entry
	reference int // index in entries
	extra     int // entries before the named ones: 1 where the reference is not among them
	threads   int
}

// named are the entries that the command line names as subjects.
func (l *lineup) named() []entry { return l.entries[l.extra:] }

func subjectsOf(entries []entry) []eval.Subject {
	all := make([]eval.Subject, len(entries))
	for i, e := range entries {
		all[i] = e.subject()
	}
	return all
}

func (l *lineup) close() {
	for i, e := range l.entries {
		if e.checkpoint != nil && !slices.ContainsFunc(l.entries[:i], func(b entry) bool { return b.checkpoint == e.checkpoint }) {
			e.checkpoint.Close()
		}
	}
}

// openLineup opens what the arguments name. Subjects that differ in the cache alone
// share their weights.
func openLineup(ctx context.Context, args []string, o evalOptions) (*lineup, error) {
	if o.threads < 0 {
		return nil, fmt.Errorf("eval: --threads: found %d, expected 0 (all usable cores) or more", o.threads)
	}
	l := &lineup{threads: o.threads}
	if l.threads == 0 {
		l.threads = runtime.GOMAXPROCS(0)
	}
	names, err := l.subjects(args, o)
	if err != nil {
		return nil, err
	}
	kernels, err := selectKernels()
	if err != nil {
		return nil, err
	}
	for _, s := range names {
		if err := l.open(ctx, s, kernels); err != nil {
			l.close()
			return nil, err
		}
	}
	return l, nil
}

// subjects are those that the arguments name, the reference among them.
func (l *lineup) subjects(args []string, o evalOptions) (names []subject, err error) {
	for _, text := range args {
		s, err := parseSubject(text)
		if err != nil {
			return nil, err
		}
		names = append(names, s)
	}
	if o.reference != "" {
		s, err := parseSubject(o.reference)
		if err != nil {
			return nil, err
		}
		if l.reference = slices.Index(names, s); l.reference < 0 {
			names, l.reference, l.extra = slices.Insert(names, 0, s), 0, 1
		}
	}
	if !o.drafts {
		if err := refuseDrafts(names); err != nil {
			return nil, err
		}
	}
	if !o.servers {
		return names, refuseServers(names)
	}
	return names, nil
}

func (l *lineup) open(ctx context.Context, s subject, kernels *kernel.Set) error {
	if s.server != (serverSubject{}) {
		server, err := s.server.open(ctx)
		if err == nil {
			l.entries = append(l.entries, entry{name: s, server: server})
		}
		return err
	}
	for _, e := range l.entries {
		if e.checkpoint != nil && e.name.model == s.model && e.name.quantization == s.quantization {
			l.entries = append(l.entries, entry{name: s, checkpoint: e.checkpoint})
			return nil
		}
	}
	c, err := openModel(s.model, s.quantization, kernels)
	if err == nil {
		l.entries = append(l.entries, entry{name: s, checkpoint: c})
	}
	return err
}
