//go:build amd64 && !linux

package machine

import "errors"

func permitTiles() error { return errors.ErrUnsupported }
