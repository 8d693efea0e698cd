// Package testkit helps tests that run the lab as a user does: it builds the assay
// binary once, starts it, writes tiny scenarios, damages model files, and finds the
// processes that a run started.
//
// It asserts nothing about what the lab does; that is for the tests.
package testkit
