package analysis

import (
	"github.com/assaylab/assay/analysis/group"
	"github.com/assaylab/assay/loadgen/result"
)

// stage is a conclusion from all requests of a cell. Stages share walks over them as far as what they hold has room.
type stage interface {
	bytes() int                       // held from begin to finish
	begin()                           //
	see(trial int, r *result.Request) // every request in issue order; r is good until see returns
	finish()                          // lets go of what was held
}

// only is a stage that sees the requests of one class.
type only struct {
	stage
	class string
}

func (o only) see(trial int, r *result.Request) {
	if r.Class == o.class {
		o.stage.see(trial, r)
	}
}

// in makes a stage see a class; "" is all requests.
func in(class string, s stage) stage {
	if class == "" {
		return s
	}
	return only{s, class}
}

// heldBytes is what the stages of all cells that are read at a time may hold together, unless one alone holds more.
const heldBytes = 352 << 20

// runStages runs the stages in their order, in as few walks as fit in room bytes.
func runStages(c *group.Cell, room int, stages []stage) error {
	for len(stages) > 0 {
		n, held := 0, 0
		for n < len(stages) && (n == 0 || held+stages[n].bytes() <= room) {
			held += stages[n].bytes()
			n++
		}
		var see []func(int, *result.Request)
		for _, s := range stages[:n] {
			s.begin()
			see = append(see, s.see)
		}
		c.Walk(see...)
		for _, s := range stages[:n] {
			s.finish()
		}
		if err := c.Err(); err != nil {
			return err
		}
		stages = stages[n:]
	}
	return nil
}
