// Package sched decides what the engine computes next. It is a pure state machine:
// Add and Abort change what is asked, Next says what to run, Commit says what came
// of it. It starts no goroutine, reads no clock, draws no random number and knows
// no tensor, so that every decision can be replayed.
//
// # Life of a sequence
//
//	          Add                 Next admits it             Commit(finished)
//	(new) ----------> waiting ----------------------> running ----------------> (gone)
//	                     ^                               |
//	                     +-------------------------------+
//	                        Next preempts it, blocks short
//
// Abort leads from waiting and from running to (gone) at once. Whenever a sequence
// is not running it holds no block.
//
// # Order
//
// Running sequences are kept in the order of their admission. Of those that wait, lower
// priorities come first, of equal priority those that were preempted, and then:
//
//	FCFS      who came first. Without priorities the running sequences, oldest first,
//	          followed by the queue are then always in the order of Add
//	Shortest  who has the fewest tokens, with ageing: a turn is at the arrival plus Ageing for each
//	          token, so nobody is overtaken by who came later than that
//	Fair      who belongs to the tenant that was served least (see account): a tenant that waits
//	          falls behind no other by more than twice the cost of one choice
//
// With Config.Patience a sequence that has waited for so long since it arrived counts as one of the best
// priority, so that priorities, too, have nobody wait without end.
//
// Whose turn it is is admitted, and when it does not fit nobody else is. Priorities order the queue
// alone: a running sequence gives way to an older one, never to a more urgent one.
//
// # Batches
//
// With Continuous, sequences are admitted at every step, and with None one at a time. With Static and
// Dynamic a batch is formed of those that wait, by the order above, when there are enough of
// them or the first one has waited BatchWait. Its members alone are admitted, as rows and
// blocks allow, until the last one ends. A member that ends gives its rows and blocks back, and its
// place stays empty. A member that is preempted stays one. While a batch is waited for, Next
// plans nothing and says in Plan.Wake when it is due.
//
// # Sequences that give up positions
//
// With Config.Bound a sequence gives back blocks when an item of it is committed. What it
// gives up is a function of the sequence and its position alone. Where blocks are chosen by
// attention, no item crosses the position of a choice, and no draft: all its rows see
// what was kept before. A preempted sequence is computed again in the same pieces between
// choices, observed again, and so comes to the same. With a window a sequence is admitted when
// there are as many blocks as it ever holds, and takes them as it comes to need them: its
// prompt may then have to wait for others in the middle, who run on and give theirs back.
//
// # One step
//
// Next fills a plan in this order:
//
//  1. One row for the pending token of every running sequence that generates, oldest first.
//     With Mixed, and where more run than there are rows, they take turns.
//     Where blocks are short, the youngest running sequence is preempted, again and
//     again, and if the one in need is itself the youngest, it is. The oldest is
//     never preempted: alone it always fits, which Add made sure of.
//  2. The prompt chunk of the running sequence whose prompt is not finished.
//  3. Admissions from the queue, unless a prompt is still unfinished, while there are fewer than MaxBatch sequences, rows
//     left, and blocks for all of the sequence's tokens. A step that preempted
//     admits nobody.
//  4. Draft rows, dealt out one per sequence and round, from the rows and blocks that are
//     left. Drafts thus never evict a sequence, and shrink first when anything is
//     short. While prompts are waiting to be computed, drafts may claim up to half of
//     the rows that step 1 left, so that neither starves the other.
//
// That is DecodeFirst. With Mixed, step 1 leaves prompts up to half of the budget, as far as
// those that run and wait want it, and drafts take nothing from that. With PrefillFirst, steps 2 and 3 come
// alone, and steps 1 and 4 are for when they found nothing to do. Chunk bounds the rows of steps 2
// and 3 together.
//
// A sequence whose group has one running takes over the whole blocks of the prompt that it
// has computed, and at the front of the queue waits for them if they are still to come: it
// would compute the same a second time. Whoever leaves early holds nobody up, because the
// next one then computes the prompt.
//
// A sequence gets the blocks for all tokens it has when it is admitted, so a prompt that
// was begun never waits for room. An unfinished prompt is always the youngest running
// sequence, and there is at most one.
//
// # What need not be computed
//
// An admitted sequence begins with what the prefix index has of its tokens. With Config.Swap a
// preempted one's blocks are copied out of the pool where there is room, and back on readmission;
// otherwise it goes on with what a store of evicted blocks has, and with a part of a block that
// begins alike. All that is copied is in Plan.Moves, in order: nothing is copied here.
//
// Why it cannot stall: with DecodeFirst a sequence is admitted only to a step with a row left beside
// the items of all others, so there are never more running than rows, and every running
// sequence has an item in every step (a sequence waited for by its group, too); only a prompt that goes whole may have to wait for the
// step after its admission. With the other orders whoever had a row longest ago has the next
// one, and steps of prompts alone end when MaxBatch sequences have theirs. Hence the oldest
// always comes nearer its end, and once nothing runs, every block is free or cached and whose
// turn it is is admitted.
package sched
