// Package boundary finds the highest rate at which limits are held, from trials at rates that it chooses itself.
//
// A trial gives each limit a signed margin: the logarithm of the limit over the percentile that it bounds, so that it
// falls through 0 where the limit breaks, and says by how much. Rates lie on a geometric lattice, so that arms and
// resumed runs probe the same ones. Next brackets the boundary by doubling, narrows the bracket, and repeats rates
// around the candidate until the interval is as narrow as was asked for; it is a pure function of the finished trials.
//
// Fit makes margins monotone by pooling adjacent violators (Ayer et al., Ann. Math. Statist. 26, 1955), joins the blocks
// by a monotone cubic (Fritsch & Butland, SIAM J. Sci. Stat. Comput. 5, 1984), and takes where it crosses 0. The interval
// is of draws from the margins' posterior, each made monotone likewise (Lin & Dunson, Biometrika 101, 2014).
//
// The package runs no trial, and knows neither arms nor directories.
package boundary
