// Package corpus reads files of recorded requests, row by row: conversations as ShareGPT has them, and batches as
// OpenAI's batch endpoint takes them.
//
// A file is read through once when it is opened. Every row is checked then, and what is kept of it is where it begins;
// its text is read again when it is asked for. The format is that of the first row, and a row of another one is an
// error, as is a value of another type: all of them name file, line and key. Rows that say what they should and
// that no request can be made of, such as a conversation without a question, are counted and left out.
//
// It counts no tokens and makes no prompts.
package corpus
