// Package task reads what a model is asked: multiple-choice questions and prompts
// from JSONL files, places in Go source files, definitions hidden in long stretches of it.
// It turns them into tokens and judges the answers: equal, accepted by a command, parsed
// by go/parser.
//
// It runs no model (package eval does) and counts nothing (package analysis does).
package task
