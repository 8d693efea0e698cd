package scenario

// What is left out of the measured part of a load.
const (
	TrimNone = "none"
	TrimAuto = "auto" // the warm-up, as far as a test finds it
)

// trimFits refuses a warm-up to be looked for where nothing is to be steady.
func (t *table) trimFits(l *Workload) {
	if l.Trim != TrimAuto {
		return
	}
	report := func(found, suggestion string) {
		t.report(t.key("trim"), `"auto" with `+found, `"none": there is no level that a warm-up could end at`, suggestion)
	}
	switch {
	case l.Arrival == Recorded:
		report(`arrival "recorded"`, "remove trim: the record's rate moves")
	case l.Shape.Kind != "":
		report("a shape", "remove trim: the rate moves")
	case l.Conversation.Turns > 0:
		report("conversations", "remove trim: prompts grow with the turns")
	}
}
