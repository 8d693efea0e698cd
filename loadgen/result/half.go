package result

// Left says whether a lab at half of its work leaves the answer to a request unread until it has ended: every second one.
func Left(seq uint64) bool { return seq%2 == 1 }
