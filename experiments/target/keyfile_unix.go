//go:build unix

package target

import (
	"io/fs"
	"os"
	"syscall"
)

// ours says that the file is of the user that runs this, or of root.
func ours(info fs.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return !ok || int(s.Uid) == os.Geteuid() || s.Uid == 0
}
