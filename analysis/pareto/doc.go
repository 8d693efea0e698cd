// Package pareto finds the points that no other point beats on every axis, and how
// sure that is given the interval of each coordinate. All axes are minimised.
//
// It knows nothing of arms: a point is its coordinates.
package pareto
