package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/showback"
	"github.com/assaylab/assay/experiments/promtext"
)

// bucket is what uses are added up over: days and months begin at its multiples in every time zone.
const bucket = 15 * time.Minute

// Used is what was used in a period.
type Used struct {
	Uses  []showback.Use
	Lost  int64    // records that logs say are missing among these
	Notes []string // what is not certain
}

// Uses gives what was used in a period.
func (l *Ledger) Uses(ctx context.Context, p showback.Period) (*Used, error) {
	u := &Used{}
	if err := l.requests(ctx, p, u); err != nil {
		return nil, fmt.Errorf("ledger %s: %w", l.path, err)
	}
	if err := l.counted(ctx, p, u); err != nil {
		return nil, fmt.Errorf("ledger %s: %w", l.path, err)
	}
	u.twice()
	if u.Lost > 0 {
		u.Notes = append(u.Notes, fmt.Sprintf("The usage log says that %d records are missing: their file could not be written fast enough.", u.Lost))
	}
	return u, nil
}

func (l *Ledger) requests(ctx context.Context, p showback.Period, u *Used) error {
	rows, err := l.db.QueryContext(ctx, `SELECT time / ?1 * ?1 AS at, team, model, api_key, source, currency, count(*), sum(failed), sum(prompt), sum(cached),
		sum(output), sum(timed), sum(engine), sum(blocks), sum(spend), sum(lost) FROM uses WHERE time >= ?2 AND time < ?3
		GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6`, int64(bucket), p.Start.UnixNano(), p.End.UnixNano())
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		use, lost, err := scanUse(rows)
		if err != nil {
			return err
		}
		u.Uses = append(u.Uses, use)
		u.Lost += lost
	}
	return rows.Err()
}

func scanUse(rows *sql.Rows) (u showback.Use, lost int64, err error) {
	var at, engine, spend int64
	var currency string
	err = rows.Scan(&at, &u.Team, &u.Model, &u.Key, &u.Source, &currency, &u.Requests, &u.Failed, &u.Prompt, &u.Cached, &u.Output, &u.Timed, &engine,
		&u.BlockTime, &spend, &lost)
	u.Time, u.Engine = time.Unix(0, at), time.Duration(engine)
	if currency != "" {
		u.Spend = money.New(spend, -12, currency)
	}
	return u, lost, err
}

// series is one counter of one server.
type series struct{ target, metric, labels string }

// counted adds what counters say: differences of values that follow each other. A difference belongs to
// the moment before its later scrape.
func (l *Ledger) counted(ctx context.Context, p showback.Period, u *Used) error {
	rows, err := l.db.QueryContext(ctx, `SELECT target, metric, labels, time, value FROM samples ORDER BY target, metric, labels, time`)
	if err != nil {
		return err
	}
	defer rows.Close()
	c := counting{period: p}
	for rows.Next() {
		var s series
		var at int64
		var value float64
		if err := rows.Scan(&s.target, &s.metric, &s.labels, &at, &value); err != nil {
			return err
		}
		if err := c.add(s, time.Unix(0, at), value); err != nil {
			return err
		}
	}
	u.Uses = append(u.Uses, c.uses...)
	if c.across > 0 {
		u.Notes = append(u.Notes, fmt.Sprintf("Scrapes up to %.1f hours apart have the period's beginning between them: what was counted between them is all in the period.", c.across.Hours()))
	}
	if c.resets > 0 {
		u.Notes = append(u.Notes, fmt.Sprintf("Counters were reset %d times: what was counted between the last scrape before each and the reset is not known.", c.resets))
	}
	return rows.Err()
}

// counting makes uses of the samples of all series, one series after the other.
type counting struct {
	period showback.Period
	last   series
	at     time.Time
	value  float64
	uses   []showback.Use
	across time.Duration // longest difference that begins before the period
	resets int
}

func (c *counting) add(s series, at time.Time, value float64) error {
	same, before, began := s == c.last, c.value, c.at
	c.last, c.at, c.value = s, at, value
	if !same {
		return nil
	}
	moment := at.Add(-1)
	if !c.period.Has(moment) {
		return nil
	}
	n := value - before
	if n < 0 { // reset, and counting from zero since
		n = value
		c.resets++
	}
	if n == 0 {
		return nil
	}
	if began.Before(c.period.Start) {
		c.across = max(c.across, at.Sub(began))
	}
	use, err := s.use(moment, int64(math.Round(n)))
	c.uses = append(c.uses, use)
	return err
}

// use is a difference of a series. Team is the label team, or tenant.
func (s series) use(at time.Time, n int64) (showback.Use, error) {
	labels, err := promtext.ParseLabels(s.labels)
	if err != nil {
		return showback.Use{}, fmt.Errorf("labels %q: %w", s.labels, err)
	}
	u := showback.Use{Time: at, Source: Prometheus, Model: labels["model_name"], Team: first(labels["team"], labels["tenant"])}
	*map[string]*int64{metricPrompt: &u.Prompt, metricOutput: &u.Output, metricCached: &u.Cached, metricRequests: &u.Requests}[s.metric] = n
	return u, nil
}

// twice notes models that several sources have: of one server they would count twice.
func (u *Used) twice() {
	sources := map[string][]string{}
	for _, use := range u.Uses {
		if !slices.Contains(sources[use.Model], use.Source) {
			sources[use.Model] = append(sources[use.Model], use.Source)
		}
	}
	var notes []string
	for model, all := range sources {
		if len(all) > 1 {
			slices.Sort(all)
			notes = append(notes, fmt.Sprintf("Use of %s comes from several sources, %q: where two of them saw the same requests, these count twice.", model, all))
		}
	}
	slices.SortFunc(notes, cmp.Compare[string])
	u.Notes = append(u.Notes, notes...)
}
