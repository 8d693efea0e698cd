//go:build unix && !linux

package model

func advise([]byte) {}
