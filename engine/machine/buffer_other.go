//go:build !unix

package machine

func allocate(size int, _ bool) ([]byte, func() error, error) {
	return make([]byte, size), func() error { return nil }, nil
}
