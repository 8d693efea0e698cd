// Package sweep turns a scenario into the matrix of what is run: arms (settings of
// the system), loads (load levels) and trials (arm x load x repetition) in a seeded
// order.
//
// Expansion is a pure function of the scenario and of what the models can do. It
// drops nothing silently: a combination that cannot run, or that would repeat
// another, is listed with its reason, and pairs of axes whose interaction the arms
// do not cover are named.
package sweep
