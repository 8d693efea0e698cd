// Package profile says where an engine's processor time went: CPU profiles of trials, each sample with the
// stage of the work that it belongs to, and what differs between two systems per token that they generated.
//
//	read     a file in pprof's format -> stacks with their stages
//	stage    the stages, and how a stack gets one
//	rules    which function belongs to which stage
//	tree     stacks -> what a flame graph draws
//	change   stages and functions of two systems, per token
//
// It profiles nothing, and knows no run directory.
package profile
