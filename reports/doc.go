// Package reports turns a Study into one HTML file that needs nothing else, and
// into a Markdown summary for a CI job page.
//
// Build chooses what is said and in which order, and gives a Page: sections of
// blocks. HTML and Markdown print any Page. A report adds nothing to the Study:
// it computes no statistic and draws no conclusion, it rounds, words and draws.
//
//	build          Study -> Page, one file per section
//	page, block    what a page is made of
//	html, markdown how it is printed
//	number         values in words: unit, interval, samples, digits that are earned
//	chart table theme
package reports
