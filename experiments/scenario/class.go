package scenario

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/assaylab/assay/analysis/strict"
	"github.com/assaylab/assay/loadgen/workload"
)

// Class is what one kind of a load's requests asks, and what is expected of the answers.
type Class struct {
	Name         string  // "" where the load has no classes
	Weight       float64 // classes come in proportion to their weights
	Team         string  // whose requests they are, "" for nobody's
	Priority     int     // that the server is asked for, lower is sooner; 0 is not sent
	PromptTokens Length  // zero where a Corpus has the prompts
	OutputTokens Length
	Text         string       // corpus that prompts are drawn from, as written; "" where Corpus is their source
	Corpus       Corpus       // zero for none
	SharedPrefix SharedPrefix // zero for none
	Conversation Conversation // zero for none
	SLO          SLO          // of its own; without limits for those of [slo]
}

// Streams are the classes of a load, or the load itself as the only one.
func (l Workload) Streams() []Class {
	if len(l.Classes) > 0 {
		return l.Classes
	}
	return []Class{l.own()}
}

// own is what the load says of all of its requests.
func (l Workload) own() Class {
	return Class{Weight: 1, Team: l.Team, Priority: l.Priority, PromptTokens: l.PromptTokens, OutputTokens: l.OutputTokens,
		Text: l.Text, Corpus: l.Corpus, SharedPrefix: l.SharedPrefix, Conversation: l.Conversation}
}

func (l *Workload) set(c Class) {
	l.Team, l.Priority, l.PromptTokens, l.OutputTokens = c.Team, c.Priority, c.PromptTokens, c.OutputTokens
	l.Text, l.Corpus, l.SharedPrefix, l.Conversation = c.Text, c.Corpus, c.SharedPrefix, c.Conversation
}

// longest is the most tokens that one request has, its answer included.
func (c Class) longest() int {
	if c.Corpus.File != "" {
		return c.Corpus.MaxPrompt + c.Corpus.MaxOutput
	}
	n := c.PromptTokens.Max + c.OutputTokens.Max
	if k := c.Conversation; k.Turns > 0 {
		n += (k.Turns - 1) * (k.UserTokens.Max + c.OutputTokens.Max)
	}
	return n
}

// mostClasses and heaviest bound the classes of a load.
const (
	mostClasses = 64
	heaviest    = 1e6
)

// content reads what the requests of a load ask. Where it has classes that is what they have unless they say otherwise.
func (t *table) content(l *Workload, quality *Quality) {
	if l.Arrival == Recorded {
		l.Text = t.corpus(quality)
		t.recorded()
		l.Team, l.Priority = t.label("team"), t.priority(0)
		return
	}
	tables := t.children("class")
	l.set(t.ask(Class{}, quality, len(tables) == 0))
	if len(tables) > mostClasses {
		t.report(t.key("class"), fmt.Sprintf("%d classes", len(tables)), fmt.Sprintf("at most %d", mostClasses), "")
	}
	names := map[string]string{}
	for _, c := range tables {
		k := c.class(l.own(), quality)
		if first, dup := names[k.Name]; dup {
			c.report(c.key("name"), fmt.Sprintf("string %q", k.Name), "a name of its own", first+" has it")
		}
		names[k.Name] = c.path
		l.Classes = append(l.Classes, k)
		c.sameReplies(l, k)
		if k.SharedPrefix.Shares != nil {
			c.report(strict.Key(c.key("shared_prefix"), "share"), "a share of a class", "tokens: share is an axis of a load without classes", "")
		}
	}
}

// sameReplies wants one kind of replies for all conversations of a load.
func (t *table) sameReplies(l *Workload, k Class) {
	for _, other := range l.Classes {
		if a, b := k.Conversation, other.Conversation; a.Turns > 0 && b.Turns > 0 && a.Replies != b.Replies {
			t.report(strict.Key(t.key("conversation"), "replies"), strconv.Quote(a.Replies), strconv.Quote(b.Replies)+", as in class "+strconv.Quote(other.Name), "")
			return
		}
	}
}

func (t *table) class(k Class, quality *Quality) Class {
	if t.has("name") {
		k.Name = t.label("name")
	} else {
		t.missing("name", "a name in quotes", `"chat"`)
	}
	k.Weight = t.number("weight", 1, interval{lo: 0, hi: heaviest, open: true})
	k = t.ask(k, quality, true)
	if t.has("slo") {
		k.SLO = t.slo(t)
	}
	t.known = append(t.known, "slo")
	t.finish()
	return k
}

// ask reads what requests ask, over what is inherited. Whole, it must all be there.
func (t *table) ask(c Class, quality *Quality, whole bool) Class {
	c.Team, c.Priority = cmp.Or(t.label("team"), c.Team), t.priority(c.Priority)
	t.source(&c, quality, whole)
	rows := c.Corpus.File != ""
	switch has := t.has("prompt_tokens"); {
	case rows && has:
		v, _ := t.take("prompt_tokens")
		t.bad("prompt_tokens", v, "no prompt_tokens with a corpus, whose rows have prompts", "bound them with corpus.max_prompt_tokens")
	case has || whole && !rows && c.PromptTokens.Distribution == "":
		c.PromptTokens = t.length("prompt_tokens")
	}
	if t.has("output_tokens") || whole && !rows && c.OutputTokens.Distribution == "" {
		c.OutputTokens = t.length("output_tokens")
	}
	if t.has("shared_prefix") {
		c.SharedPrefix = t.sharedPrefix()
		if rows {
			t.report(t.key("shared_prefix"), "a shared prefix with a corpus", "one of them: rows have beginnings of their own", "")
		}
	}
	if t.has("conversation") {
		c.Conversation = t.conversation(rows)
	}
	t.known = append(t.known, "prompt_tokens", "output_tokens", "shared_prefix", "conversation")
	t.consistent(c)
	return c
}

// consistent reports what does not go together, as far as it is known before files are read.
func (t *table) consistent(c Class) {
	for _, p := range c.conflicts() {
		t.report(t.path+"."+p.key, p.found, p.expected, p.suggestion)
	}
}

// conflicts are those of the lengths of a class with its prefix and its corpus.
func (c Class) conflicts() (all []conflict) {
	if c.SharedPrefix.Groups > 0 && c.PromptTokens.Max > 0 && c.PromptTokens.known() {
		for i, tokens := range c.SharedPrefix.tokens(c.PromptTokens) {
			key := "shared_prefix.tokens"
			if c.SharedPrefix.Shares != nil {
				key = strict.Element("shared_prefix.share", i)
			}
			if c.PromptTokens.Min <= tokens {
				all = append(all, conflict{key, fmt.Sprint(tokens), fmt.Sprintf("less than the shortest prompt (%d tokens)", c.PromptTokens.Min),
					"prompt_tokens counts the prefix: lengthen prompts or shorten the prefix"})
			}
		}
	}
	if most := c.Corpus.MaxOutput; c.Corpus.File != "" && c.OutputTokens.Max > most && c.OutputTokens.known() {
		all = append(all, conflict{"output_tokens", fmt.Sprint(c.OutputTokens.Max), fmt.Sprintf("at most corpus.max_output_tokens (%d)", most), ""})
	}
	return all
}

// longestLabel bounds the names of classes and teams, in characters.
const longestLabel = 64

// label reads a short name; "" where there is none.
func (t *table) label(name string) string {
	s := t.text(name, "")
	if utf8.RuneCountInString(s) > longestLabel {
		t.bad(name, s, fmt.Sprintf("at most %d characters", longestLabel), "")
	}
	return s
}

func (t *table) priority(def int) int {
	return t.integer("priority", def, math.MinInt32, math.MaxInt32)
}

// tokens are the lengths of the prefix at its shares, or its one length.
func (p SharedPrefix) tokens(prompt Length) []int {
	if p.Shares == nil {
		return []int{p.Tokens}
	}
	var all []int
	for _, s := range p.Shares {
		all = append(all, int(math.Round(s*prompt.Drawn().Expected())))
	}
	return all
}

// Variants are the loads that differ in the share of a prompt that is a shared prefix; the load itself where that is
// no axis of it.
func (l Workload) Variants() []Workload {
	if l.SharedPrefix.Shares == nil {
		return []Workload{l}
	}
	var all []Workload
	for i, tokens := range l.SharedPrefix.tokens(l.PromptTokens) {
		v := l
		v.SharedPrefix.Tokens, v.SharedPrefix.Shares = tokens, l.SharedPrefix.Shares[i:i+1]
		if tokens == 0 {
			v.SharedPrefix.Groups = 0
		}
		all = append(all, v)
	}
	return all
}

// shares reads the axis of prefix shares, in place of one length.
func (t *table) shares() []float64 {
	shares := numbers(t, "share", func(v any) (float64, bool) {
		x, ok := asFloat(v)
		return x, ok && x >= 0 && x < 1
	}, "a share of a prompt, 0 to below 1")
	if v, both := t.take("tokens"); both {
		t.bad("tokens", v, "one of tokens and share", "remove one of them")
	}
	return shares
}

// Corpus is a file of recorded requests whose rows are prompts.
type Corpus struct {
	File                 string // as written
	MinPrompt, MaxPrompt int    // tokens; other rows are passed over
	MaxOutput            int    // tokens; rows that ask for more are passed over
	Replies              bool   // answers are asked for that are as long as the recorded replies
}

// Rows is what the load generator makes of it.
func (c Class) Rows() workload.RowSpec {
	return workload.RowSpec{MinPrompt: c.Corpus.MinPrompt, MaxPrompt: c.Corpus.MaxPrompt, MaxOutput: c.Corpus.MaxOutput,
		Replies: c.Corpus.Replies, Output: c.OutputTokens.Drawn(), Special: true}
}

// source reads where prompts come from: a text, or the rows of a corpus.
func (t *table) source(c *Class, quality *Quality, whole bool) {
	switch k, rows := t.child("corpus"); {
	case rows && t.has("text"):
		v, _ := t.take("text")
		t.bad("text", v, "one of text and corpus", "remove one of them")
	case rows:
		c.Corpus, c.Text, c.PromptTokens, c.SharedPrefix = k.rows(), "", Length{}, SharedPrefix{}
	case t.has("text"), whole && c.Text == "" && c.Corpus.File == "":
		c.Text, c.Corpus = t.corpus(quality), Corpus{}
	}
	t.known = append(t.known, "text")
}

func (t *table) rows() Corpus {
	for _, name := range []string{"max_prompt_tokens", "max_output_tokens"} {
		if !t.has(name) {
			t.missing(name, "a number of tokens, which the arms' context must hold", "256")
		}
	}
	c := Corpus{
		File:      t.requiredText("file", "conversations as ShareGPT has them or a batch as OpenAI's endpoint takes it", `"chats.jsonl"`),
		MinPrompt: t.integer("min_prompt_tokens", 1, 1, workload.MaxLength), MaxPrompt: t.integer("max_prompt_tokens", 1, 1, workload.MaxLength),
		MaxOutput: t.integer("max_output_tokens", 1, 1, workload.MaxLength), Replies: t.boolean("reply_lengths", false),
	}
	if c.MaxPrompt < c.MinPrompt && t.has("max_prompt_tokens") {
		t.report(t.key("max_prompt_tokens"), fmt.Sprint(c.MaxPrompt), fmt.Sprintf("at least min_prompt_tokens (%d)", c.MinPrompt), "")
	}
	t.finish()
	return c
}

// Files are those that the prompts and their lengths come of, as written, but for a trace.
func (l Workload) Files() (all []string) {
	add := func(name string) {
		if name != "" && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	for _, c := range l.Streams() {
		add(c.Text)
		add(c.Corpus.File)
		add(c.PromptTokens.Observed.File)
		add(c.OutputTokens.Observed.File)
		add(c.Conversation.UserTokens.Observed.File)
	}
	return all
}

// ServedReplies says whether turns of conversations say again what the server said: of all classes, or of none.
func (l Workload) ServedReplies() bool {
	return slices.ContainsFunc(l.Streams(), func(c Class) bool {
		return c.Conversation.Turns > 0 && c.Conversation.Replies == RepliesServed
	})
}
