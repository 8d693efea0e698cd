package workload

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/loadgen/corpus"
)

// Classes come in proportion to their weights, the same for the same key, and merged prompts are those of their
// class in turn, with later turns behind the ones that they continue.
func TestMix(t *testing.T) {
	const n = 20_000
	weights := []float64{1, 3, 6}
	of, err := Key{Seed: 1}.Mix(weights, n)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := (Key{Seed: 1}).Mix(weights, n); !slices.Equal(of, again) {
		t.Error("the same key draws other classes")
	}
	count := make([]int, len(weights))
	for _, c := range of {
		count[c]++
	}
	for c, w := range weights {
		p := w / 10
		if d := math.Abs(float64(count[c]) - n*p); d > 5*math.Sqrt(n*p*(1-p)) {
			t.Errorf("class %d of weight %g has %d of %d", c, w, count[c], n)
		}
	}
	parts := make([][]Prompt, len(weights))
	for c := range parts {
		for i := range count[c] {
			p := Prompt{Text: fmt.Sprint(c, " ", i), Turn: 1 + i%3}
			if p.Turn > 1 {
				p.After = i - 1
			}
			parts[c] = append(parts[c], p)
		}
	}
	all, err := Merge(of, parts)
	if err != nil {
		t.Fatal(err)
	}
	next := make([]int, len(parts))
	for i, p := range all {
		c := of[i]
		if p.Text != fmt.Sprint(c, " ", next[c]) {
			t.Fatalf("request %d is %q", i, p.Text)
		}
		if p.Turn > 1 && (all[p.After].Text != fmt.Sprint(c, " ", next[c]-1) || all[p.After].Turn != p.Turn-1) {
			t.Fatalf("request %d continues %q", i, all[p.After].Text)
		}
		next[c]++
	}
	if _, err := Merge(of, [][]Prompt{parts[0], parts[1][:1], parts[2]}); err == nil {
		t.Error("a class with too few prompts is accepted")
	}
	for _, bad := range [][]float64{nil, {0}, {-1, 2}, {math.NaN()}, {math.Inf(1)}} {
		if _, err := (Key{}).Mix(bad, 3); err == nil {
			t.Errorf("weights %v are accepted", bad)
		}
	}
}

// An observed distribution draws what was observed, as often, and moves with what is taken off it.
func TestEmpirical(t *testing.T) {
	table, err := NewTable([]int{40, 8, 8, 100, 40, 8}, nil)
	if err != nil {
		t.Fatal(err)
	}
	l := EmpiricalLength(table)
	if l.String() != "empirical(8 to 100, mean 34)" || l.Expected() != 34 || l.Validate() != nil {
		t.Errorf("%s, mean %g, %v", l, l.Expected(), l.Validate())
	}
	rng, count := Key{Seed: 2}.Rand("x"), map[int]int{}
	const n = 12_000
	for range n {
		count[l.Sample(rng)]++
	}
	for length, p := range map[int]float64{8: 3. / 6, 40: 2. / 6, 100: 1. / 6} {
		if d := math.Abs(float64(count[length]) - n*p); d > 5*math.Sqrt(n*p*(1-p)) {
			t.Errorf("%d comes %d times in %d", length, count[length], n)
		}
	}
	if len(count) != 3 {
		t.Errorf("draws %v", count)
	}
	weighted, err := NewTable([]int{8, 40, 100, 7}, []float64{3, 2, 1, 0})
	if err != nil || !slices.Equal(weighted.Lengths, table.Lengths) || !slices.Equal(weighted.Weights, table.Weights) {
		t.Errorf("a histogram is not its list: %+v, %v", weighted, err)
	}
	if less := l.Less(5); less.Min != 3 || less.Max != 95 || less.Sample(Key{}.Rand("y")) != l.Sample(Key{}.Rand("y"))-5 || less.Validate() != nil || l.Table.Lengths[0] != 8 {
		t.Errorf("less 5: %v", less)
	}
	if err := l.Less(8).Validate(); err == nil {
		t.Error("a length of 0 is accepted")
	}
	for _, bad := range []struct {
		lengths []int
		weights []float64
	}{{nil, nil}, {[]int{0}, nil}, {[]int{MaxLength + 1}, nil}, {[]int{1, 2}, []float64{1}}, {[]int{1}, []float64{0}}, {[]int{1}, []float64{-1}}, {[]int{1}, []float64{math.NaN()}}} {
		if _, err := NewTable(bad.lengths, bad.weights); err == nil {
			t.Errorf("%v is accepted", bad)
		}
	}
	if err := (Length{Kind: Empirical, Min: 1, Max: 2}).Validate(); err == nil {
		t.Error("no table is accepted")
	}
}

// A deck of cells on one text: no two begin alike at the same place, whatever order they are drawn in again, until the
// text is used up, which the prompts say.
func TestCellsNeverRepeat(t *testing.T) {
	c := newCorpus(t, newWordTokenizer(), prose(4000))
	spec := Spec{Prompt: FixedLength(24), Output: FixedLength(4), Groups: 2, GroupTokens: 8}
	ledger, seen := NewLedger(), map[string]int{}
	var first [][]Prompt
	for cell := range 30 {
		spec.Seat = Seat{Ledger: ledger, Cell: cell}
		ps, err := c.Prompts(spec, Key{Seed: 9, Repetition: cell}, 60)
		if err != nil {
			t.Fatal(err)
		}
		first = append(first, ps)
		for _, p := range ps {
			if p.Repeat {
				t.Fatalf("cell %d says that the text is used up", cell)
			}
			if other, dup := seen[p.Text]; dup {
				t.Errorf("cells %d and %d have a prompt in common: %q", cell, other, p.Text)
			}
			seen[p.Text] = cell
		}
	}
	for _, cell := range []int{17, 3, 29, 0} {
		spec.Seat = Seat{Ledger: ledger, Cell: cell}
		ps, err := c.Prompts(spec, Key{Seed: 9, Repetition: cell}, 60)
		if err != nil || !slices.EqualFunc(ps, first[cell], func(a, b Prompt) bool { return a.Text == b.Text }) {
			t.Errorf("cell %d drawn again has other prompts, %v", cell, err)
		}
	}
	// Without a ledger the same keys do collide: the test can fail.
	spec.Seat, spec.Groups, spec.GroupTokens = Seat{}, 0, 0
	alone := map[string]bool{}
	repeats := 0
	for cell := range 30 {
		ps, err := c.Prompts(spec, Key{Seed: 9, Repetition: cell}, 60)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range ps {
			if alone[p.Text] {
				repeats++
			}
			alone[p.Text] = true
		}
	}
	if repeats == 0 {
		t.Error("30 cells on 4000 words do not collide by chance")
	}
	spec.Seat = Seat{Ledger: ledger, Cell: 99}
	ps, err := c.Prompts(spec, Key{Seed: 9, Repetition: 99}, 5000)
	if err != nil || !ps[len(ps)-1].Repeat || ps[0].Repeat {
		t.Errorf("a text that is used up: %v", err)
	}
}

func TestWarmupReachesEveryGroup(t *testing.T) {
	c := newCorpus(t, newWordTokenizer(), prose(4000))
	spec := Spec{Prompt: FixedLength(8), Output: FixedLength(4), Groups: 5, GroupTokens: 8, GroupSkew: 3, WarmupShared: true}
	warm, err := c.Warmup(spec, Key{Seed: 1}, 5)
	if err != nil {
		t.Fatal(err)
	}
	measured, err := c.Prompts(spec, Key{Seed: 1}, 40)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range measured {
		if !slices.ContainsFunc(warm, func(w Prompt) bool {
			return w.Group == p.Group && alike(w.Tokens, p.Tokens) >= 7 /* a word may go on behind the seam */
		}) {
			t.Errorf("no warm-up prompt begins with prefix %d", p.Group)
		}
	}
}

// slowShareable compares every prompt with every other.
func slowShareable(measured, others []Prompt) int {
	all, total := slices.Concat(measured, others), 0
	for i, p := range measured {
		longest := 0
		for j, q := range all {
			if i != j && !q.Repeat && q.Turn < 2 {
				longest = max(longest, alike(p.Tokens, q.Tokens))
			}
		}
		switch {
		case p.Turn > 1:
			total += len(p.Tokens)
		case p.Repeat:
			total += p.Shared
		default:
			total += longest
		}
	}
	return total
}

func TestShareable(t *testing.T) {
	rng := Key{Seed: 4}.Rand("x")
	draw := func(n int) []Prompt {
		ps := make([]Prompt, n)
		for i := range ps {
			ps[i] = Prompt{Tokens: make([]int32, rng.IntN(6)), Turn: rng.IntN(3), Repeat: rng.IntN(5) == 0, Shared: 2}
			for k := range ps[i].Tokens {
				ps[i].Tokens[k] = int32(rng.IntN(2))
			}
		}
		return ps
	}
	for range 300 {
		a, b := draw(rng.IntN(12)), draw(rng.IntN(4))
		if got, want := Shareable(a, b), slowShareable(a, b); got != want {
			t.Fatalf("%d, want %d of\n%v\n%v", got, want, a, b)
		}
	}
}

// memory is a file of rows in memory.
type memory []corpus.Row

func (m memory) Name() string                  { return "memory" }
func (m memory) Rows() int                     { return len(m) }
func (m memory) Row(i int) (corpus.Row, error) { return m[i], nil }

// chats are n conversations of 1 to 4 turns with replies of 3 words; those of every fifth row are long.
func chats(n int) memory {
	rows := make(memory, n)
	for i := range rows {
		rows[i].Line = i + 1
		for k := range 1 + i%4 {
			words := 4
			if i%5 == 0 {
				words = 40
			}
			rows[i].Turns = append(rows[i].Turns, corpus.Turn{
				Ask: []corpus.Message{{Role: corpus.User, Content: fmt.Sprintf("row%d", i) + strings.Repeat(fmt.Sprintf(" t%d", k), words)}}, Reply: "so it is"})
		}
	}
	return rows
}

func TestRows(t *testing.T) {
	file := chats(400)
	r := NewRows(newWordTokenizer(), file)
	spec := RowSpec{MinPrompt: 2, MaxPrompt: 20, MaxOutput: 8, Replies: true}
	ledger, seen := NewLedger(), map[string]int{}
	for cell := range 4 {
		spec.Seat = Seat{Ledger: ledger, Cell: cell}
		ps, err := r.Prompts(spec, Key{Seed: 1, Repetition: cell}, 60)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range ps {
			if other, dup := seen[p.Text]; dup || p.Repeat {
				t.Errorf("cell %d: %q was in cell %d (repeat %t)", cell, p.Text, other, p.Repeat)
			}
			seen[p.Text] = cell
			if len(p.Tokens) != 5 || p.MaxTokens != 3 || p.Messages[0].Content != p.Text {
				t.Errorf("%d prompt tokens, %d asked: %+v", len(p.Tokens), p.MaxTokens, p)
			}
		}
	}
	warm, err := r.Warmup(spec, Key{Seed: 1}, 20)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range warm {
		if _, dup := seen[p.Text]; dup {
			t.Errorf("a warm-up prompt is measured too: %q", p.Text)
		}
	}
	spec.Seat.Cell = 9 // 40 of the 280 rows that fit are left
	ps, err := r.Prompts(spec, Key{Seed: 1, Repetition: 9}, 80)
	if err != nil {
		t.Fatal(err)
	}
	fresh := 0
	for _, p := range ps {
		if _, dup := seen[p.Text]; dup != p.Repeat {
			t.Errorf("%q: used before %t, repeat %t", p.Text, dup, p.Repeat)
		}
		if !p.Repeat {
			fresh++
			seen[p.Text] = 9
		}
	}
	if fresh != 40 {
		t.Errorf("%d fresh rows, want the 40 that are left", fresh)
	}
}

// What a row says goes before what was drawn; rows that ask for too much are passed over.
func TestRowsSayHowLong(t *testing.T) {
	file := chats(80)
	for i := range file {
		file[i].MaxTokens = i % 20
	}
	r := NewRows(newWordTokenizer(), file)
	spec := RowSpec{MinPrompt: 1, MaxPrompt: 100, MaxOutput: 9, Output: FixedLength(7)}
	ps, err := r.Prompts(spec, Key{}, 30)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ps {
		var i int
		if _, err := fmt.Sscanf(p.Text, "row%d", &i); err != nil {
			t.Fatal(err)
		}
		if want := max(i%20, 7*(1-min(i%20, 1))); p.MaxTokens != want || i%20 > 9 {
			t.Errorf("row %d asks for %d, want %d", i, p.MaxTokens, want)
		}
	}
	spec.Output = Length{}
	if _, err := r.Prompts(spec, Key{}, 30); err == nil || !strings.Contains(err.Error(), "found no max_tokens") || !strings.Contains(err.Error(), "memory: line ") {
		t.Errorf("a row that does not say: %v", err)
	}
	spec.MaxPrompt = 2
	if _, err := r.Prompts(spec, Key{}, 1); err == nil || !strings.Contains(err.Error(), "none of 70 rows has a prompt of 1 to 2 tokens") {
		t.Errorf("no row fits: %v", err)
	}
	if _, err := NewRows(newWordTokenizer(), chats(7)).Warmup(spec, Key{}, 1); err == nil || !strings.Contains(err.Error(), "expected at least 8") {
		t.Errorf("too few rows: %v", err)
	}
}

// Every turn of a row's conversation is its own, follows the one before it, and fits.
func TestRowTurns(t *testing.T) {
	r := NewRows(newWordTokenizer(), chats(400))
	spec := RowSpec{MinPrompt: 1, MaxPrompt: 30, MaxOutput: 5, Replies: true}
	ps, err := r.Turns(spec, Conversation{Turns: 3, AtOnce: 4}, Key{Seed: 5}, every(120), false)
	if err != nil {
		t.Fatal(err)
	}
	most := 0
	for i, p := range ps {
		most = max(most, p.Turn)
		if len(p.Tokens) > 30 || p.MaxTokens != 3 {
			t.Errorf("request %d: %d tokens, %d asked", i, len(p.Tokens), p.MaxTokens)
		}
		if p.Turn == 1 {
			continue
		}
		before := ps[p.After]
		if p.After >= i || before.Turn != p.Turn-1 || p.Text != before.Text+"so it is"+p.New || !strings.HasPrefix(p.New, corpus.Separator) {
			t.Errorf("request %d: turn %d %q after %q", i, p.Turn, p.Text, before.Text)
		}
	}
	if most != 3 { // of 4 turns only the first 3 fit, and no more are wanted
		t.Errorf("%d turns, want 3", most)
	}
}
