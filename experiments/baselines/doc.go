// Package baselines keeps summaries of runs: in a directory, one JSON file each, or in git notes beside the commits that were
// measured, so that a repository carries its own history.
//
// What a summary is, and which one a run is compared with, package analysis/baseline says.
package baselines
