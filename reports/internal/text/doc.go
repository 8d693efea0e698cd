// Package text makes strings from a user's file fit for a page: printable,
// shortened, escaped for Markdown.
package text
