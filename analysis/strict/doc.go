// Package strict is what readers of TOML files have in common that report every mistake with its line: where keys stand in a text,
// which the parser does not say, problems, and values in words. It knows no file's keys.
package strict
