// Package theme holds the colours of a report, light and dark, and makes an SVG
// follow them: figures are drawn in the light colours, each of which names one
// Role, and Restyle replaces every colour by the CSS variable of its role.
//
// It lays nothing out and knows no figure.
package theme
