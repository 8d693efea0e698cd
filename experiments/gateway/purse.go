package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/record"
)

// Purse holds what may be spent in any hour and in any day. What a request can cost at most is reserved before
// it is sent and settled when its cost is known, so that a cap holds at every instant, whatever is under way.
// Amounts are exact. They are kept by the minute, a minute counts until all of it is over, and what is reserved counts
// until it is settled: the caps are never looser than they say.
//
// It is safe for concurrent use.
type Purse struct {
	mu       sync.Mutex
	caps     [2]*money.Amount // for the hour and the day; nil for none
	minutes  []minute         // in order, none older than a day
	reserved money.Amount
	file     string
}

// minute is what was spent in one.
type minute struct {
	Minute int64        `json:"minute"` // since 1970
	Spent  money.Amount `json:"spent"`
}

// spans are the minutes that the caps are for.
var spans = [2]int64{60, 24 * 60}

// ErrCap is returned where a request could cost more than is left.
var ErrCap = errors.New("the spend cap leaves no room")

// NewPurse has caps as a ladder file says them, "" for none.
func NewPurse(perHour, perDay, currency string) (*Purse, error) {
	p := &Purse{reserved: money.Zero(currency)}
	for i, text := range []string{perHour, perDay} {
		if text == "" {
			continue
		}
		a, err := money.Parse(text, currency)
		if err != nil {
			return nil, err
		}
		p.caps[i] = &a
	}
	return p, nil
}

// Keep has what was spent be in a file from now on, and reads what is in it: a restart forgets nothing. What was reserved
// when a gateway was killed is taken as spent.
func (p *Purse) Keep(path string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err == nil {
		if err := json.Unmarshal(data, &p.minutes); err != nil {
			return fmt.Errorf("%s: not what a gateway has spent: %w", path, err)
		}
		for _, m := range p.minutes {
			if err := money.Same(p.reserved.Currency(), m.Spent.Currency()); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			if m.Spent.Sign() < 0 {
				return fmt.Errorf("%s: minute %d: spent %s, expected 0 or more", path, m.Minute, m.Spent)
			}
		}
		slices.SortFunc(p.minutes, func(a, b minute) int { return int(a.Minute - b.Minute) })
	}
	p.file = path
	return p.save(0)
}

// Reserve sets an amount aside, or says that it would break a cap. It must be settled once.
func (p *Purse) Reserve(now time.Time, most money.Amount) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forget(now)
	after := p.reserved.Add(most)
	for i, limit := range p.caps {
		if limit != nil && p.since(now, spans[i]).Add(after).Cmp(*limit) > 0 {
			return fmt.Errorf("%w: this may cost up to %s %s", ErrCap, most.Decimal(), most.Currency())
		}
	}
	before := p.reserved
	p.reserved = after
	if err := p.save(now.Unix() / 60); err != nil { // not kept, so not spent
		p.reserved = before
		return err
	}
	return nil
}

// Settle replaces what was reserved by what it cost, which is at most that, or all of it where it is not known.
func (p *Purse) Settle(now time.Time, most, cost money.Amount) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reserved = p.reserved.Sub(most)
	at := now.Unix() / 60
	if n := len(p.minutes); n > 0 && p.minutes[n-1].Minute >= at { // also where the clock was set back
		p.minutes[n-1].Spent = p.minutes[n-1].Spent.Add(cost)
	} else {
		p.minutes = append(p.minutes, minute{at, cost})
	}
	return p.save(at)
}

// Spent is what counts now against the caps of the hour and of the day, what is reserved included.
func (p *Purse) Spent(now time.Time) (hour, day money.Amount) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forget(now)
	return p.since(now, spans[0]).Add(p.reserved), p.since(now, spans[1]).Add(p.reserved)
}

// Caps are those of the hour and of the day, nil for none.
func (p *Purse) Caps() (hour, day *money.Amount) { return p.caps[0], p.caps[1] }

// since is what was spent in so many whole minutes and the one under way.
func (p *Purse) since(now time.Time, minutes int64) money.Amount {
	total := money.Zero(p.reserved.Currency())
	for i := len(p.minutes) - 1; i >= 0 && p.minutes[i].Minute >= now.Unix()/60-minutes; i-- {
		total = total.Add(p.minutes[i].Spent)
	}
	return total
}

func (p *Purse) forget(now time.Time) {
	old := now.Unix()/60 - spans[1]
	p.minutes = slices.DeleteFunc(p.minutes, func(m minute) bool { return m.Minute < old })
}

// save writes what a gateway that is killed now must be taken to have spent.
func (p *Purse) save(at int64) error {
	if p.file == "" {
		return nil
	}
	all := slices.Clone(p.minutes)
	if p.reserved.Sign() > 0 {
		all = append(all, minute{at, p.reserved})
	}
	if all == nil {
		all = []minute{}
	}
	return record.WriteJSON(p.file, all)
}
