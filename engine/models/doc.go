// Package models embeds the default models, which were trained from scratch for
// this project: see README.md beside this file for where they come from and what
// they are good for.
//
// Only a main package should import it: it adds 20 MB to a binary.
package models
