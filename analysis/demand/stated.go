package demand

import "time"

// Stated is demand that nobody measured: somebody says what it is now and how it will grow.
type Stated struct {
	Zone         string    // IANA name
	Now          time.Time // the instant that Rate is of
	Rate         float64   // requests an hour, mean over the week
	Growth       Growth    // a month (730.5 hours), compounded: 0.08 is 8 %
	Shape        Shape     // of the week
	Noise        float64   // standard deviation of the logarithm of an hour's demand around the shape; 0: none
	InputTokens  float64   // a request
	OutputTokens float64
}

// Growth is stated with the range that it lies in with 80 % probability. A range of no width is taken at its word, and the
// forecast says that no error was stated.
type Growth struct{ Low, Expected, High float64 }

// Shape is how demand is spread over the week. Day and Week are relative; either may be stated instead by how much busier
// the busiest hour is than the day's mean, and how busy a day of the weekend is compared with another.
type Shape struct {
	Day        [24]float64 // hour 0 to 23; all zero: PeakToMean and PeakHour
	Week       [7]float64  // Sunday to Saturday; all zero: Weekend
	PeakToMean float64     // 1 to 12: the busiest hour over the mean hour of a day
	PeakHour   int         // when that is
	Weekend    float64     // demand of a Saturday or Sunday over that of another day
}
