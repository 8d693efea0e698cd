package forecast

import "time"

// Forecast is what demand may be in the months to come.
type Forecast struct {
	Source    string // the file of the history, or "stated growth"
	Zone      string // whose months, days and hours these are
	Model     string // whose draws the scenarios are: the one that did best on the history, or "stated"
	Why       string // it was chosen
	Seed      uint64
	Draws     int
	Low, High float64    // quantiles of the scenarios of these names, 0.1 and 0.9
	Scenarios []Scenario // low, expected, high, and launch where launches are planned
	Fan       []Fan      // of the months' requests, without launches
	Total     Range      // requests of all months together, which vary less than their months do
	Growth    Range      // of the level, a month: 0.08 is 8 %; of the chosen model
	Backtests []Backtest // one for each model; none for stated growth
	Supported int        // months of the horizon that the history supports; later ones are widened
	Notes     []string   // what a reader has to know: what was filled, left out, assumed, widened
	Launches  []Launch   // that the launch scenario has
	Checked   int        // weeks ahead that the back-test tells the error for
}

// Names of scenarios.
const (
	Low      = "low"
	Expected = "expected"
	High     = "high"
	Launched = "launch"
)

// Scenario is one course that demand may take: in each month a quantile of what was drawn for it.
type Scenario struct {
	Name     string
	Quantile float64 // of each month's requests; 0.5 is expected
	Months   []Month
}

// Month is one calendar month of a scenario.
type Month struct {
	Month                               time.Time // its first instant, in the forecast's zone
	Requests, InputTokens, OutputTokens float64   // in the whole month
	Mean                                float64   // requests a second
	Peak                                Range     // requests a second in the busiest hour; Expected is the last of Hours
	Hours                               []float64 // requests a second in each hour of the month, ascending; their mean is Mean
	Widened                             bool      // further ahead than the history supports
}

// Range is the middle and the two outer quantiles (Forecast.Low and High) of one quantity.
type Range struct{ Low, Expected, High float64 }

// Fan is how uncertain one month's requests are.
type Fan struct {
	Month  time.Time
	Values [len(FanLevels)]float64 // quantiles at FanLevels
}

// FanLevels are the ends of the 95 % and the 80 % interval, and the median.
var FanLevels = [...]float64{0.025, 0.1, 0.5, 0.9, 0.975}

// Backtest is how one model did on the history: it was fitted to the beginning of it and held to the weeks that followed, from
// several origins.
type Backtest struct {
	Model   string
	Origins []time.Time // ends of the beginnings it was fitted to
	Weeks   int         // that were forecast from each
	Hourly  Errors      // of single hours
	Weekly  Errors      // of the totals of weeks
	Peaks   Errors      // of the busiest hours of weeks
	Input   float64     // sMAPE of input tokens of weeks
	Output  float64     // sMAPE of output tokens of weeks
	Loss    float64     // what models are compared by: Hourly.Pinball
}

// Errors are of forecasts of one kind; all are 0 where nothing could be compared. Medians are compared for MASE, sMAPE and bias, all quantiles for the pinball loss.
type Errors struct {
	MASE      float64 // mean absolute error over that of repeating the week before, inside the part that was fitted
	SMAPE     float64 // 0 to 2
	Bias      float64 // sum of forecasts over the sum of what came, less 1
	Pinball   float64 // mean over FanLevels, scaled as MASE is
	Covered80 float64 // share of what came that the 80 % interval held
	Covered95 float64
	Compared  int
}

// Launch is an event that multiplies demand: a release, a campaign, a new customer.
type Launch struct {
	Name    string
	At      time.Time     // when demand begins to rise
	Factor  float64       // of demand at its height
	Ramp    time.Duration // from 1 to Factor, in a straight line
	Hold    time.Duration // at the height
	Half    time.Duration // in which half of what is above Lasting goes; 0: at once
	Lasting float64       // factor that stays; 1: nothing does
}

// Options are what a forecast is asked for.
type Options struct {
	Months    int       // 1 to MostMonths
	Start     time.Time // in the first month; zero: the first whole month after the history
	Seed      uint64
	Draws     int     // 0: DefaultDraws
	Low, High float64 // quantiles of the scenarios; 0: 0.1 and 0.9
	Model     string  // "": the one that does best on the history
	Launches  []Launch
}

// MostMonths bounds the horizon, DefaultDraws is the number of futures that are drawn.
const (
	MostMonths   = 36
	DefaultDraws = 500
)
