//go:build !linux

package target

func (p *process) usage() (cpuNS, peakBytes int64, ok bool) { return 0, 0, false }

func oomKills() int64 { return -1 }
