package forecast

import (
	"fmt"
	"math"
	"time"

	"github.com/assaylab/assay/analysis/demand"
)

func (f *Forecast) note(format string, args ...any) {
	f.Notes = append(f.Notes, fmt.Sprintf(format, args...))
}

// historyNotes says what a reader of the forecast has to know of its history.
func (f *Forecast) historyNotes(history *demand.History, p *parts, h *horizon) {
	f.fileNotes(history)
	if p.empty > 0 {
		f.note("%d of %d weeks have no demand; their level is taken from their neighbours.", p.empty, p.weeks)
	}
	if p.weeks < yearly {
		f.note("The history has %d weeks. Seasons of the year can be told from growth with %d or more: they are not in the forecast.", p.weeks, yearly)
	}
	if f.Supported < len(f.Fan) {
		f.note("The history supports %d of %d months, as far ahead as it reaches back. After that the growth is taken to change by another %.0f points a month (a standard deviation that is assumed, not measured), which widens the ranges.",
			f.Supported, len(f.Fan), 100*changeOfGrowth)
	}
	if ahead := h.months[0].month.Sub(h.end); ahead > 31*24*time.Hour {
		f.note("The history ends %.0f days before the first month.", math.Round(ahead.Hours()/24))
	}
	f.testNotes(h)
}

func (f *Forecast) fileNotes(history *demand.History) {
	if history.Filled > 0 {
		f.note("%d of %d hours lack rows and were interpolated; they are not used to fit or to test.", history.Filled, len(history.Hours))
	}
	if history.Zeroed > 0 {
		f.note("%d of %d hours lack rows, which count as no demand.", history.Zeroed, len(history.Hours))
	}
	if history.Absent > 0 {
		f.note("%d hours of teams have no row while others have one; they count as hours without demand.", history.Absent)
	}
	if history.Trimmed > 0 {
		f.note("%d rows of a first or last hour that is not whole are left out.", history.Trimmed)
	}
	if history.Fixed && history.Zone != "UTC" {
		f.note("All times have the offset %s: hours of the day do not follow daylight saving time.", history.Zone)
	}
}

// testNotes says how far ahead the error is known, and where the test found the ranges wanting.
func (f *Forecast) testNotes(h *horizon) {
	b := f.backtest(f.Model)
	f.Checked = b.Weeks
	if b.Weeks < h.weeks() {
		f.note("The error was tested up to %d weeks ahead; the months go on to %d weeks. Ranges beyond are the model's own.", b.Weeks, h.weeks())
	}
	f.narrow(b.Weekly, "totals")
	f.narrow(b.Peaks, "busiest hours")
	if bias := b.Peaks.Bias; b.Peaks.Compared > 0 && math.Abs(bias) > muchBias {
		f.note("In the back-test, the weeks' busiest hours were forecast %+.0f %% off on the whole.", 100*bias)
	}
}

func (f *Forecast) narrow(e Errors, of string) {
	if e.Compared > 0 && e.Covered80 < fewHeld {
		f.note("In the back-test, 80 %% intervals held %.0f %% of the weeks' %s: the ranges are too narrow by that measure.", 100*e.Covered80, of)
	}
}

// fewHeld is the share below which intervals of 80 % are called too narrow. Weeks that are tested overlap and resemble each
// other, so that much more than 60 % would often be missed by chance.
const fewHeld = 0.6

// muchBias is by how much busiest hours may be off on the whole without a note.
const muchBias = 0.1

func (f *Forecast) backtest(model string) *Backtest {
	for i := range f.Backtests {
		if f.Backtests[i].Model == model {
			return &f.Backtests[i]
		}
	}
	return nil
}

func (f *Forecast) statedNotes(s *demand.Stated) {
	f.note("Demand is stated, not measured.")
	if g := s.Growth; g.Low == g.High {
		f.note("No range of growth is stated: low, expected and high differ by noise alone.")
	}
	if s.Noise == 0 {
		f.note("No noise is stated: the busiest hour is that of the shape, and real ones will be above it.")
	}
}
