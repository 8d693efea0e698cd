// Package exam asks the items of tasks, of a server in any dialect or of whoever else writes
// answers, and judges what comes back by the rules of engine/eval/task: multiple choice by letters
// or by log-probabilities, completions by equality, pattern or command, places in Go code.
//
// What a server cannot give is not made up: whether it tells log-probabilities of given texts is
// tried, not assumed, and a dialect of messages is not asked to continue code. Answers of a local
// model and of a server that serves it are judged by the same functions, so that their scores are
// the same.
//
// Items are asked one at a time, so that no answer depends on what a server has beside it. The
// package measures no time, draws no intervals and starts nothing.
package exam
