package gateway

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/assaylab/assay/analysis/money"
)

func dollars(t testing.TB, text string) money.Amount {
	t.Helper()
	a, err := money.Parse(text, "USD")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func purse(t testing.TB, hour, day string) *Purse {
	t.Helper()
	p, err := NewPurse(hour, day, "USD")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPurse(t *testing.T) {
	p := purse(t, "1.00", "1.50")
	take := func(d time.Duration, amount string, want bool) {
		t.Helper()
		if err := p.Reserve(at(d), dollars(t, amount)); (err == nil) != want || err != nil && !errors.Is(err, ErrCap) {
			t.Fatalf("at %v, %s: %v, wanted %v", d, amount, err, want)
		}
	}
	settle := func(d time.Duration, most, cost string) {
		t.Helper()
		if err := p.Settle(at(d), dollars(t, most), dollars(t, cost)); err != nil {
			t.Fatal(err)
		}
	}
	take(0, "0.60", true)
	take(0, "0.40", true)
	take(0, "0.0000001", false) // all of it is reserved
	settle(time.Minute, "0.60", "0.10")
	take(time.Minute, "0.50", true)
	settle(2*time.Minute, "0.40", "0.40")
	settle(2*time.Minute, "0.50", "0.50")
	take(30*time.Minute, "0.01", false)
	take(64*time.Minute, "0.90", false) // of the day's cap 0.50 are left
	take(64*time.Minute, "0.50", true)
	settle(64*time.Minute, "0.50", "0.50")
	take(23*time.Hour, "0.01", false)
	take(24*time.Hour+3*time.Minute, "0.90", true)
}

// Against every list of what was reserved and settled: in no hour and in no day is more spent or reserved than the cap.
func TestCapsHoldInEveryWindow(t *testing.T) {
	type spent struct {
		at    time.Time
		units int64
	}
	r := rand.New(rand.NewPCG(5, 6))
	const hour, day = 100, 450 // cents
	for range 40 {
		p := purse(t, "1.00", "4.50")
		var done []spent
		var open []int64
		now, granted := zero, 0
		for range 1500 {
			now = now.Add(time.Duration(r.IntN(400)) * time.Second)
			if len(open) > 0 && r.IntN(2) == 0 {
				most := open[0]
				open = open[1:]
				cost := r.Int64N(most + 1)
				if err := p.Settle(now, money.New(most, -2, "USD"), money.New(cost, -2, "USD")); err != nil {
					t.Fatal(err)
				}
				done = append(done, spent{now, cost})
			} else if most := 1 + r.Int64N(40); p.Reserve(now, money.New(most, -2, "USD")) == nil {
				open = append(open, most)
				granted++
			}
			for span, limit := range map[time.Duration]int64{time.Hour: hour, 24 * time.Hour: day} {
				total := int64(0)
				for _, s := range done {
					if now.Sub(s.at) <= span {
						total += s.units
					}
				}
				for _, o := range open {
					total += o
				}
				if total > limit {
					t.Fatalf("%d cents in %v, of %d", total, span, limit)
				}
			}
		}
		if granted < 100 {
			t.Fatalf("only %d of 1500 were granted: a cap that refuses everything proves nothing", granted)
		}
	}
}

// Many at once: what was granted is never more than the cap, and no less than it could be.
func TestCapUnderConcurrency(t *testing.T) {
	p := purse(t, "10.00", "")
	var all sync.WaitGroup
	var mu sync.Mutex
	paid := money.Zero("USD")
	for g := range 32 {
		all.Add(1)
		go func() {
			defer all.Done()
			r := rand.New(rand.NewPCG(uint64(g), 8))
			for range 300 {
				most := money.New(1+r.Int64N(200_000), -6, "USD")
				if p.Reserve(zero, most) != nil {
					continue
				}
				hour, _ := p.Spent(zero)
				if hour.Cmp(dollars(t, "10.00")) > 0 {
					t.Errorf("%s of 10.00 are taken", hour.Decimal())
				}
				cost := most.Times(float64(r.IntN(5)) / 4)
				mu.Lock()
				paid = paid.Add(cost)
				mu.Unlock()
				if err := p.Settle(zero, most, cost); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	all.Wait()
	hour, _ := p.Spent(zero)
	if hour.Cmp(paid) != 0 {
		t.Errorf("paid %s, counted %s", paid.Decimal(), hour.Decimal())
	}
	if paid.Cmp(dollars(t, "10.00")) > 0 || paid.Cmp(dollars(t, "9.00")) < 0 {
		t.Errorf("paid %s of 10.00", paid.Decimal())
	}
}

// What was spent is there after a restart, what was reserved when a gateway was killed included.
func TestPurseIsKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "spend.json")
	p := purse(t, "1.00", "")
	if err := p.Keep(file); err != nil {
		t.Fatal(err)
	}
	for _, most := range []string{"0.30", "0.25"} {
		if err := p.Reserve(zero, dollars(t, most)); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Settle(zero, dollars(t, "0.30"), dollars(t, "0.10")); err != nil {
		t.Fatal(err)
	}
	again := purse(t, "1.00", "")
	if err := again.Keep(file); err != nil {
		t.Fatal(err)
	}
	if hour, _ := again.Spent(zero); hour.Cmp(dollars(t, "0.35")) != 0 {
		t.Errorf("after a kill: %s", hour.Decimal())
	}
	if hour, day := again.Spent(at(2 * time.Hour)); hour.Sign() != 0 || day.Cmp(dollars(t, "0.35")) != 0 {
		t.Errorf("two hours later: %s, %s", hour.Decimal(), day.Decimal())
	}
	for text, want := range map[string]string{
		"[{": "not what a gateway has spent", `[{"minute":1,"spent":"1 EUR"}]`: "mixed", `[{"minute":1,"spent":"-1 USD"}]`: "expected 0 or more",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := purse(t, "1.00", "").Keep(file); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestBadCaps(t *testing.T) {
	for _, caps := range [][2]string{{"x", ""}, {"", "1e3"}} {
		if _, err := NewPurse(caps[0], caps[1], "USD"); err == nil {
			t.Errorf("caps %q were read", caps)
		}
	}
}
