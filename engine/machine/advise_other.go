//go:build unix && !linux

package machine

func advise([]byte, bool) {}
