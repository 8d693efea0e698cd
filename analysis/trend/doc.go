// Package trend follows the metrics of one scenario on one machine over stored runs, and finds where they changed.
//
// A change point is where the ranks before and after differ most: the largest, over all places, of the standardised rank sum
// (Pettitt, Appl. Statist. 28, 1979, divided by its standard deviation so that a recent change counts as much as an old one),
// judged by permutations. What is left and right of it is searched likewise (binary segmentation: Vostrikova, Soviet Math.
// Doklady 24, 1981). Where runs do not differ but by chance the probability of any change point is at most alpha, whatever their
// distribution; ranks make one slow run an outlier and no change.
package trend
