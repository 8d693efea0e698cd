//go:build unix

package machine

import "golang.org/x/sys/unix"

// allocate maps zeroed memory, and asks for huge pages or against them where the
// system takes such wishes.
func allocate(size int, huge bool) ([]byte, func() error, error) {
	data, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, nil, err
	}
	advise(data, huge)
	return data, func() error { return unix.Munmap(data) }, nil
}
