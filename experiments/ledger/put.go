package ledger

import (
	"bytes"
	"fmt"
)

const insertUse = `INSERT INTO uses (key, content, time, source, id, team, model, api_key, rung, outcome, failed, prompt, cached, output, timed, engine, blocks,
	spend, currency, lost, file, line) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING`

// put adds a row, unless the ledger has it. Another content of the same record is a bad row: one of
// the two is wrong, and which is not known.
func (t *taking) put(r *row, line int64) error {
	key, content := r.digests()
	result, err := t.insert.ExecContext(t.ctx, key, content, r.time.UnixNano(), r.source, r.id, r.team, r.model, r.key, r.rung, r.outcome, integer(r.failed),
		r.prompt, r.cached, r.output, integer(r.timed), r.engine, r.blocks, r.spend, r.money, r.lost, t.id, line)
	if err != nil {
		return t.fault(err)
	}
	added, err := result.RowsAffected()
	if err != nil {
		return t.fault(err)
	}
	if added == 0 && r.byID {
		same, err := t.same(key, content, r.id, line)
		if err != nil || !same {
			return err
		}
	}
	if added > 0 {
		t.done.Lost += r.lost
		if r.team == "" {
			t.done.Unattributed++
		}
	}
	return t.count(r.time, added > 0)
}

// same reports whether the ledger's row of a key has the content, and notes a bad row where it has not.
func (t *taking) same(key, content []byte, id string, line int64) (bool, error) {
	var has []byte
	var path string
	var at int64
	err := t.tx.QueryRowContext(t.ctx, `SELECT content, path, line FROM uses JOIN files ON files.id = file WHERE key = ?`, key).Scan(&has, &path, &at)
	if err != nil {
		return false, t.fault(err)
	}
	if bytes.Equal(has, content) {
		return true, nil
	}
	t.bad(line, fmt.Errorf("id %q: the ledger has it with other counts, from %s:%d", id, path, at))
	return false, nil
}

// putSample adds a counter's value, unless the ledger has it.
func (t *taking) putSample(s *sample, line int64) error {
	labels := canonical(s.labels)
	result, err := t.tx.ExecContext(t.ctx, `INSERT INTO samples VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		s.target, s.metric, labels, s.time.UnixNano(), s.value, t.id, line)
	if err != nil {
		return t.fault(err)
	}
	added, err := result.RowsAffected()
	if err != nil {
		return t.fault(err)
	}
	if added == 0 {
		var has float64
		err := t.tx.QueryRowContext(t.ctx, `SELECT value FROM samples WHERE target = ? AND metric = ? AND labels = ? AND time = ?`,
			s.target, s.metric, labels, s.time.UnixNano()).Scan(&has)
		if err != nil {
			return t.fault(err)
		}
		if has != s.value {
			t.bad(line, fmt.Errorf("%s of %s: the ledger has %v for this moment, found %v", s.metric, s.target, has, s.value))
			return nil
		}
	}
	return t.count(s.time, added > 0)
}
