// Package pareto finds the points that no other point beats on every axis, and how
// sure that is over draws of all of them. All axes are minimised.
//
// It knows nothing of arms: a point is its coordinates.
package pareto
