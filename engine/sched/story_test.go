package sched

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/assaylab/assay/engine/kvcache"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata")

// TestStories replays testdata/*.txt. A story is a list of paragraphs: a command, a line
// of dashes, and what it prints. Lines that start with # are for the reader.
//
//	config blocks=8 block=4 batch=2 budget=8 [chunked reuse classes draft=2 queue=3 queued=20 chunk=4]
//	       [none static dynamic wait=5 prefer=2] [prefill-first mixed] [shortest ageing=2 fair]
//	add ID prompt=5 limit=9 [drafts=2] [salt=1] [like=ID] [after=ID] [group=1] [uncached=1] [rows=4]
//	       [priority=1] [tenant=1] [weight=2]
//	                       like: the prompt begins like that one's; after: like it and its answer
//	step [accept=1]        next and commit
//	next                   plan only
//	commit [accept=1]      commit what was planned, with at most that many drafts accepted
//	abort ID
//	at 7                   the clock, in nanoseconds
//	run                    step until there is nothing to do
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			written, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			told := replay(t, string(written))
			if *update {
				if err := os.WriteFile(file, []byte(told), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if told != string(written) {
				t.Errorf("%s: the story went otherwise (-update rewrites it):\n%s", file, told)
			}
		})
	}
}

// replay runs the commands of a story and returns it with what they print now.
func replay(t *testing.T, written string) string {
	t.Helper()
	var out strings.Builder
	st := &story{}
	for paragraph := range strings.SplitSeq(strings.TrimSpace(written), "\n\n") {
		var comments []string
		lines := strings.Split(paragraph, "\n")
		for len(lines) > 0 && strings.HasPrefix(lines[0], "#") {
			comments, lines = append(comments, lines[0]), lines[1:]
		}
		for _, c := range comments {
			fmt.Fprintln(&out, c)
		}
		if len(lines) > 0 {
			fmt.Fprintf(&out, "%s\n----\n%s", lines[0], st.do(t, parseCommand(t, lines[0])))
		}
		fmt.Fprintln(&out)
	}
	return strings.TrimSpace(out.String()) + "\n"
}

// command is one parsed line of a story.
type command struct {
	verb  string
	id    uint64
	flags map[string]int
}

func parseCommand(t *testing.T, line string) command {
	t.Helper()
	fields := strings.Fields(line)
	c := command{verb: fields[0], flags: map[string]int{}}
	for _, f := range fields[1:] {
		name, value, has := strings.Cut(f, "=")
		n, err := strconv.Atoi(value)
		if !has {
			n, err = strconv.Atoi(name)
			if err != nil { // a switch
				n, err = 1, nil
			} else {
				c.id = uint64(n)
			}
		}
		if err != nil {
			t.Fatalf("%q: %q is not a number", line, value)
		}
		c.flags[name] = n
	}
	return c
}

// story is the state that commands act on.
type story struct {
	s     *Scheduler
	pool  *kvcache.Pool
	plan  Plan
	added map[uint64]*Sequence
	now   time.Duration
}

func (st *story) do(t *testing.T, c command) string {
	t.Helper()
	switch c.verb {
	case "config":
		return st.config(c)
	case "add":
		return st.add(c)
	case "at":
		st.now = time.Duration(c.id)
		return ""
	case "abort":
		return fmt.Sprintln(st.s.Abort(c.id)) + st.status()
	case "next":
		return st.next()
	case "commit":
		return st.commit(c.flags["accept"]) + st.status()
	case "step":
		return st.next() + st.commit(c.flags["accept"]) + st.status()
	case "run":
		return st.run(t)
	}
	t.Fatalf("unknown command %q", c.verb)
	return ""
}

func (st *story) config(c command) string {
	f := c.flags
	st.pool = newPool(f["blocks"], f["block"], f["reuse"] == 1)
	st.s = New(Config{MaxBatch: f["batch"], TokenBudget: f["budget"], Chunked: f["chunked"] == 1, Classes: f["classes"] == 1,
		DraftLength: f["draft"], MaxQueue: f["queue"], MaxQueuedTokens: f["queued"],
		Policy: named(c, Policies), Order: named(c, PrefillOrders), Queue: named(c, QueueOrders), Chunk: f["chunk"],
		BatchWait: time.Duration(f["wait"]), Preferred: preferred(f["prefer"]), Ageing: time.Duration(f["ageing"]), Patience: time.Duration(f["patience"])}, st.pool)
	st.added, st.now = map[uint64]*Sequence{}, 0
	return ""
}

// named is the switch of a command that is one of these words, empty for none.
func named[T ~string](c command, words []T) (word T) {
	for _, w := range words {
		if c.flags[string(w)] == 1 {
			word = w
		}
	}
	return word
}

func preferred(size int) []int {
	if size == 0 {
		return nil
	}
	return []int{size}
}

// add gives every sequence a prompt of its own, except where it is to be like another one's.
func (st *story) add(c command) string {
	q := &Sequence{ID: c.id, Prompt: c.flags["prompt"], Limit: c.flags["limit"],
		Drafts: c.flags["drafts"], Salt: uint64(c.flags["salt"]),
		Group: uint64(c.flags["group"]), Uncached: c.flags["uncached"] == 1, ChunkRows: c.flags["rows"],
		Arrived: st.now, Priority: c.flags["priority"], Tenant: strconv.Itoa(c.flags["tenant"]), Weight: c.flags["weight"]}
	for i := range q.Prompt {
		q.Tokens = append(q.Tokens, int32(100*int(c.id)+i))
	}
	if o := st.added[uint64(c.flags["like"])]; o != nil {
		copy(q.Tokens, o.Tokens[:o.Prompt])
	}
	if o := st.added[uint64(c.flags["after"])]; o != nil {
		copy(q.Tokens, o.Tokens)
	}
	st.added[c.id] = q
	if err := st.s.Add(q); err != nil {
		return err.Error() + "\n"
	}
	return st.status()
}

func (st *story) next() string {
	if !st.s.Next(&st.plan, st.now) {
		if st.plan.Wake > 0 {
			return fmt.Sprintf("nothing to do before %d\n", st.plan.Wake)
		}
		return "nothing to do\n"
	}
	return st.plan.String()
}

// commit accepts drafts as told; every token is its place in the sequence.
func (st *story) commit(accept int) string {
	var out strings.Builder
	for i := range st.plan.Items {
		it := &st.plan.Items[i]
		q := it.Seq
		var tokens []int32
		if it.Live() && it.Last() {
			for range 1 + min(accept, it.MaxDraft) {
				tokens = append(tokens, int32(100*int(q.ID)+len(q.Tokens)+len(tokens)))
			}
		}
		finished := len(q.Tokens)+len(tokens) == q.Limit
		st.s.Commit(it, tokens, finished)
		if finished {
			fmt.Fprintf(&out, "seq %d: finished with %d tokens, %d cached, %d preemptions\n", q.ID, len(q.Tokens), q.Cached, q.Preemptions)
			if q.Shared > 0 {
				fmt.Fprintf(&out, "seq %d: %d shared\n", q.ID, q.Shared)
			}
		}
	}
	return out.String()
}

func (st *story) run(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	for steps := 0; st.s.Next(&st.plan, st.now); steps++ {
		if steps > 1000 {
			t.Fatal("no end after 1000 steps")
		}
		for _, q := range st.plan.Preempted {
			fmt.Fprintf(&out, "seq %d: preempted\n", q.ID)
		}
		out.WriteString(st.commit(0))
	}
	return out.String() + st.status()
}

func (st *story) status() string {
	_, free, cached, held := st.pool.Counts()
	return fmt.Sprintf("%d running, %d waiting with %d tokens; blocks: %d free, %d cached, %d held\n",
		st.s.Running(), st.s.Waiting(), st.s.QueuedTokens(), free, cached, held)
}
