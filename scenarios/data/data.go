// Package data embeds the text that prompts are cut from where none is given. Everything else in this directory is read from
// files, by scenarios.
package data

import _ "embed"

// Prose is assay-prose.txt, about 10,000 tokens of English.
//
//go:embed assay-prose.txt
var Prose string
