package target

import (
	"bufio"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// sharedDir is where files of shared memory are. They outlive who made them, and nobody ever removes those of a process that was killed.
const sharedDir = "/dev/shm"

// fileID tells a file from a later one of the same name.
type fileID struct{ device, inode uint64 }

// leftovers are the files of shared memory that a command's processes had: the guard removes those that are still there when no
// process is left.
type leftovers struct {
	before map[string]fileID // there when the command began: none of its own
	had    map[string]fileID // mapped or open in a process of the command, and not among those
}

// watchShared is called before the command begins.
func watchShared() *leftovers {
	l := &leftovers{before: map[string]fileID{}, had: map[string]fileID{}}
	entries, _ := os.ReadDir(sharedDir) // none where there is no such folder
	for _, e := range entries {
		path := filepath.Join(sharedDir, e.Name())
		if id, _, ok := identify(path); ok {
			l.before[path] = id
		}
	}
	return l
}

// identify is a plain file of this user's.
func identify(path string) (id fileID, mode fs.FileMode, ok bool) {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return id, 0, false
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(s.Uid) != os.Geteuid() {
		return id, 0, false
	}
	return fileID{uint64(s.Dev), s.Ino}, info.Mode(), true
}

// note looks at what the command's processes have, which is not known any more when they have ended.
func (l *leftovers) note(pids []int) {
	for _, pid := range pids {
		paths, _ := sharedOf(pid)
		for path := range paths {
			if id, _, ok := identify(path); ok && l.before[path] != id {
				l.had[path] = id
			}
		}
	}
}

// remove removes what was noted, is the same file still, and is in use by nobody. Another user's processes cannot be looked into:
// what its mode opens to them stays.
func (l *leftovers) remove() {
	if len(l.had) == 0 {
		return
	}
	used, all := sharedInUse()
	for path, had := range l.had {
		id, mode, ok := identify(path)
		if !ok || id != had || used[path] || !all && mode.Perm()&0o077 != 0 {
			continue
		}
		if err := os.Remove(path); err == nil {
			fmt.Fprintf(os.Stderr, "assay: removed %s, which was left\n", path)
		}
	}
}

// sharedInUse are the files of shared memory that any process has, and whether all processes could be looked into.
func sharedInUse() (used map[string]bool, all bool) {
	used, all = map[string]bool{}, true
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return used, false
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		paths, err := sharedOf(pid)
		all = all && (err == nil || os.IsNotExist(err)) // one that has ended has nothing
		for path := range paths {
			used[path] = true
		}
	}
	return used, all
}

// sharedOf are the files of shared memory that a process has mapped or open.
func sharedOf(pid int) (paths map[string]bool, err error) {
	paths = map[string]bool{}
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	add := func(path string) {
		if filepath.Dir(path) == sharedDir && !strings.HasSuffix(path, " (deleted)") {
			paths[path] = true
		}
	}
	maps, err := os.Open(filepath.Join(proc, "maps"))
	if err != nil {
		return paths, err
	}
	defer maps.Close()
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		if i := strings.IndexByte(lines.Text(), '/'); i >= 0 {
			add(lines.Text()[i:])
		}
	}
	if err := lines.Err(); err != nil {
		return paths, err
	}
	open, err := os.ReadDir(filepath.Join(proc, "fd"))
	for _, e := range open {
		if path, err := os.Readlink(filepath.Join(proc, "fd", e.Name())); err == nil { // else it was closed meanwhile
			add(path)
		}
	}
	return paths, err
}
