package target

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// engines of containers, all with docker's command line.
var containerEngines = []string{"docker", "podman", "nerdctl"}

// inContainer says whether a command runs a system in a container: "docker run OPTIONS IMAGE", the image last.
func inContainer(args []string) bool {
	return len(args) > 2 && slices.Contains(containerEngines, filepath.Base(args[0])) && args[1] == "run"
}

// container is what is added to such a command so that the system in it can be measured and ended.
type container struct {
	ports  []int    // that it serves, open on this machine's loopback
	mounts []string // folders, at the same place inside, read-only
	env    []string // NAME=value
	cpus   []int
}

// wrap adds the options, and returns the command that removes the container too: it outlives its client where that is killed.
func (c container) wrap(args []string) (run, remove []string) {
	name := fmt.Sprintf("assay-%d-%d", os.Getpid(), c.ports[0])
	run = append(slices.Clone(args[:2]), "--rm", "--name", name)
	if !ownNetwork(args) {
		for _, p := range c.ports {
			run = append(run, "--publish", fmt.Sprintf("127.0.0.1:%d:%d", p, p))
		}
	}
	for _, m := range c.mounts {
		run = append(run, "--volume", m+":"+m+":ro")
	}
	for _, e := range c.env {
		run = append(run, "--env", e)
	}
	if c.cpus != nil {
		run = append(run, "--cpuset-cpus", joinInts(c.cpus))
	}
	return append(run, args[2:]...), []string{args[0], "rm", "--force", name}
}

// ownNetwork says that the command has chosen a network itself.
func ownNetwork(args []string) bool {
	return slices.ContainsFunc(args, func(a string) bool {
		return a == "--network" || a == "--net" || strings.HasPrefix(a, "--network=") || strings.HasPrefix(a, "--net=")
	})
}

func joinInts(numbers []int) string {
	var all []string
	for _, n := range numbers {
		all = append(all, strconv.Itoa(n))
	}
	return strings.Join(all, ",")
}
