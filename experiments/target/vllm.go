package target

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/assaylab/assay/experiments/system"
)

func init() {
	starters[system.VLLM] = starter{start: newVLLM, probe: probeVLLM, command: func(l Launch) []string { return vllmCommand(l, "PORT") }}
}

// vllm is vLLM's OpenAI-compatible server as a process or in a container.
type vllm struct {
	Launch
	*process
	vllmMetrics
}

var (
	_ Target   = (*vllm)(nil)
	_ Prober   = (*vllm)(nil)
	_ Reporter = (*vllm)(nil)
)

func newVLLM(l Launch) (Target, error) {
	model, err := filepath.Abs(l.Model) // as it is called in a container too
	if err != nil {
		return nil, err
	}
	l.Model = model
	return &vllm{Launch: l}, nil
}

// vllmCommand is the command line: the launch's command, or vllm serve, with the model, the address and the settings.
func vllmCommand(l Launch, port string) []string {
	args := slices.Clone(l.Command)
	if len(args) == 0 {
		args = []string{"vllm", "serve"}
	}
	if slices.Contains(args, "serve") && !inContainer(args) {
		args = append(args, l.Model)
	} else {
		args = append(args, "--model", l.Model)
	}
	host := "127.0.0.1"
	if inContainer(args) && !ownNetwork(args) {
		host = "0.0.0.0" // of the container, whose port is open on this machine's loopback alone
	}
	return append(append(args, "--served-model-name", l.Served, "--host", host, "--port", port), vllmFlags(l.Values, l.Kind)...)
}

// vllmFlags are the flags of settings. What is not given is left to vLLM.
func vllmFlags(v system.Values, k system.Kind) (flags []string) {
	for _, name := range v.Names(k) {
		setting, _ := k.Setting(name)
		flag, value := vllmFlag(name), v[name]
		switch {
		case setting.Type == system.Boolean && value == "true":
			flags = append(flags, "--"+flag)
		case setting.Type == system.Boolean:
			flags = append(flags, "--no-"+flag)
		case name == "quantization" && value == "none", slices.Contains(inSpeculative, name):
		default:
			flags = append(flags, "--"+flag, value)
		}
	}
	if config := speculativeConfig(v); config != "" {
		flags = append(flags, "--speculative-config", config)
	}
	return flags
}

// inSpeculative are the settings that are members of one flag.
var inSpeculative = []string{"speculative", "speculative_model", "prompt_lookup_max", "prompt_lookup_min"}

// vllmFlag is the name of a setting's flag, without dashes in front.
func vllmFlag(setting string) string {
	if slices.Contains(inSpeculative, setting) {
		return "speculative-config"
	}
	return strings.ReplaceAll(setting, "_", "-")
}

// speculativeConfig is the flag's JSON, "" where nothing drafts.
func speculativeConfig(v system.Values) string {
	method, tokens, ok := system.Drafting(v)
	if !ok {
		return ""
	}
	config := map[string]any{"method": method, "num_speculative_tokens": tokens}
	if model, given := v["speculative_model"]; given {
		config["model"] = model
	}
	for _, name := range []string{"prompt_lookup_max", "prompt_lookup_min"} {
		if n, err := strconv.Atoi(v[name]); err == nil {
			config[name] = n
		}
	}
	text, err := json.Marshal(config) // whose keys are sorted
	if err != nil {
		panic(err) // strings and numbers
	}
	return string(text)
}

// vllmEnv has it fetch nothing, report nothing and colour nothing. On two processors the computing thread goes to the second one: left
// to itself vLLM takes the first, which the lab is on.
func (l Launch) vllmEnv() []string {
	env := []string{"HF_HUB_OFFLINE=1", "TRANSFORMERS_OFFLINE=1", "VLLM_NO_USAGE_STATS=1", "DO_NOT_TRACK=1", "NO_COLOR=1"}
	if len(l.CPUs) == 2 && l.Values["tensor_parallel_size"] == "" && l.Values["pipeline_parallel_size"] == "" {
		env = append(env, fmt.Sprintf("VLLM_CPU_OMP_THREADS_BIND=%d", l.CPUs[1]))
	}
	return env
}

// Check says what is missing, and refuses what would die at the start.
func (v *vllm) Check(ctx context.Context) error {
	f := probeVLLM(ctx, v.Launch)
	if len(f.Missing) > 0 {
		return fmt.Errorf("vLLM cannot be started: %s", strings.Join(f.Missing, "; "))
	}
	if why := v.Kind.Refuses(v.Values, f.Version); why != "" {
		return errors.New(why)
	}
	return v.refusedHere(f.Version)
}

// refusedHere knows what this machine cannot run.
func (v *vllm) refusedHere(version string) error {
	n, err := strconv.Atoi(v.Values["tensor_parallel_size"])
	if err != nil || !strings.Contains(version, "+cpu") {
		return nil
	}
	if nodes := numaNodes(); nodes > 0 && n > nodes {
		return fmt.Errorf("on CPUs tensor_parallel_size wants a NUMA node for each part: %d, and this machine has %d", n, nodes)
	}
	return nil
}

// numaNodes counts the machine's memory nodes, 0 where it does not say.
func numaNodes() int {
	nodes, _ := filepath.Glob("/sys/devices/system/node/node[0-9]*") // the pattern is well-formed
	return len(nodes)
}

// Start starts the server on a free port.
func (v *vllm) Start(_ context.Context, log io.Writer) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	v.base, v.client = fmt.Sprintf("http://127.0.0.1:%d", port), v.Client
	c := command{Args: vllmCommand(v.Launch, strconv.Itoa(port)), Env: v.vllmEnv(), CPUs: v.CPUs}
	if inContainer(c.Args) {
		c.Args, c.Finally = container{ports: []int{port}, mounts: []string{v.Model}, env: c.Env, cpus: v.CPUs}.wrap(c.Args)
	}
	v.process, err = startProcess(c, log)
	return err
}

// Ready waits for the model to be served, by the name that it was given, which tells the server from another one on the port.
func (v *vllm) Ready(ctx context.Context) error {
	if err := v.ready(ctx, v.serves); err != nil {
		return err
	}
	v.watch()
	return nil
}

func (v *vllm) serves(ctx context.Context) error {
	var list struct{ Data []struct{ ID, Root string } }
	if err := askJSON(ctx, v.Client, v.base+"/health", nil); err != nil {
		return err
	}
	if err := askJSON(ctx, v.Client, v.base+"/v1/models", &list); err != nil {
		return err
	}
	for _, m := range list.Data {
		if m.ID == v.Served && (m.Root == "" || m.Root == v.Model) {
			return nil
		}
	}
	return fmt.Errorf("%s serves %v, not %q of %s", v.base, list.Data, v.Served, v.Model)
}

// URL implements Target.
func (v *vllm) URL() string { return v.base }

// Stats are the counters, and what the processes took.
func (v *vllm) Stats(ctx context.Context) (Stats, error) {
	s, err := v.vllmMetrics.Stats(ctx)
	s.addOccupancy(vllmTime)
	if cpu, rss, ok := v.usage(); ok && err == nil && !inContainer(v.Command) {
		s.CPUNS, s.PeakRSSBytes, s.Known = cpu, rss, append(s.Known, processCounters...)
	}
	return s, err
}

// addOccupancy takes the integral of requests in the system from a histogram of their seconds: between two moments at which none is
// there it is the sum of the time that each was. Not of a server that is there, which the client reaches through a network.
func (s *Stats) addOccupancy(histogram string) {
	sum, known := s.Samples[histogram+"_sum"]
	if !known {
		return
	}
	s.Occupancy, s.Timed = time.Duration(sum*float64(time.Second)), int64(s.Samples[histogram+"_count"])
	s.Known = append(s.Known, "running_ns")
}

// Stop ends the server and what watches it.
func (v *vllm) Stop() error {
	v.vllmMetrics.stop()
	return v.process.Stop()
}
