package ledger

import "github.com/assaylab/assay/engine/meter"

// assayLog reads our server's usage log. Ids are what clients sent, if they sent any, and may come
// twice: a record is known by all that it says, the nanosecond of its arrival with it.
type assayLog struct{}

func (assayLog) parse(line []byte) (*row, *sample, error) {
	m, err := meter.Parse(line)
	if err != nil {
		return nil, nil, err
	}
	return &row{time: m.Time, source: Assay, id: m.ID, team: m.Team, model: m.Model, key: m.Key, rung: m.Rung, outcome: m.Outcome,
		failed: m.Outcome != meter.OK, prompt: m.Prompt, cached: m.Cached, output: m.Output,
		timed: true, engine: m.Engine, blocks: m.BlockTime / 1000, lost: m.Lost}, nil, nil
}
