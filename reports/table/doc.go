// Package table prints plain-data tables as HTML, Markdown and text. A cell is
// text that is ready to read: units, rounding and wording are decided before.
package table
