// Package near finds the word that a misspelt one most likely stands for, for messages
// about files and flags.
package near
