// Package forecast says what demand may be in each of the next months, and how wrong such forecasts were before.
//
// A history is taken apart into a level for each week, a shape of the week and noise. Models say how the level goes on:
// it stays (seasonal naive), it follows a straight line of logarithms (log-linear), or it follows one whose errors are
// correlated and whose parameters are not known (bootstrap ensemble). Each draws possible futures, hour by hour, from
// which months, their busiest hours and their distributions of hourly load are counted. Which model is used follows from
// a test on the history: each is fitted to its beginning and held to what came after. docs/forecast.md has the formulas.
//
// Everything is a function of the history, the options and a seed. It knows no prices and no capacity.
package forecast
