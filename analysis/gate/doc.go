// Package gate judges a run against budgets: limits of its own, and bounds on what may have changed since a
// baseline. Each check passes, fails or is undecided, with its estimate, interval, threshold and what would decide it.
//
// A gate that cries wolf is switched off. So a check fails only where the estimate is beyond its threshold and chance is
// ruled out, for all checks together; it passes only where the interval lies within; the rest is undecided, which is an answer of its own.
// Reading the file of budgets is not its business, nor is running anything.
package gate
