package target

import (
	"strings"
	"testing"

	"github.com/assaylab/assay/experiments/target/vllmtest"
)

// What is said of a death is the cause, under its name where it has one.
func TestDeathReason(t *testing.T) {
	for _, c := range []struct{ name, end, log, want string }{
		{"nothing", "exit status 1", "", "exit status 1; its log is empty"},
		{"a last line", "exit status 7", "one\n\ntwo\n\n", "exit status 7; the last line of its log: two"},
		{"an exception", "exit status 1", "Traceback (most recent call last):\n  File \"x.py\", line 1\n    f()\nValueError: no\nbye\n", "ValueError: no (exit status 1)"},
		{"without a message", "exit status 1", "Traceback (most recent call last):\n  File \"x.py\", line 1\nAssertionError\n", "AssertionError (exit status 1)"},
		{"in a module", "exit status 1", "Traceback (most recent call last):\n  File \"x.py\", line 1\na.b.Error: c\n", "a.b.Error: c (exit status 1)"},
		{"the later one", "exit status 1", "Traceback (most recent call last):\n  File \"x.py\", line 1\nKeyError: 1\n\nDuring handling of the above exception, another exception occurred:\n\n" +
			"Traceback (most recent call last):\n  File \"y.py\", line 1\nTypeError: 2\n", "TypeError: 2 (exit status 1)"},
		{"the echo alone", "exit status 1", "Traceback (most recent call last):\n  File \"x.py\", line 1\nRuntimeError: see root cause above\n", "RuntimeError: see root cause above (exit status 1)"},
		{"an interrupt is none", "exit status 1", "Traceback (most recent call last):\n  File \"x.py\"\nOSError: disk\nTraceback (most recent call last):\n  File \"y.py\"\nKeyboardInterrupt\n", "OSError: disk (exit status 1)"},
		{"validation", "exit status 1", "Traceback (most recent call last):\n  File \"x.py\"\npydantic.ValidationError: 1 validation error for C\n  Value error, max is 3 [type=v]\n    For more\n",
			"pydantic.ValidationError: 1 validation error for C: Value error, max is 3 [type=v] (exit status 1)"},
		{"arguments", "exit status 2", "usage: vllm serve [-h]\nvllm serve: error: unrecognized arguments: --nope\n", "unrecognized arguments: --nope (exit status 2)"},
		{"a module's arguments", "exit status 2", "usage\napi_server.py: error: argument --max-num-seqs: invalid int value: 'x'\n", "argument --max-num-seqs: invalid int value: 'x' (exit status 2)"},
		{"glog", "exit status 1", "I1129 10:00:00.000000 7 server.cc:1] fine\nE1129 10:00:00.000001 7 model.cc:9] \"no model\"\nI1129 10:00:00.000002 7 x.cc:1] bye\n", "no model (exit status 1)"},
		{"triton's own", "exit status 1", "E1129 10:00:00.000001 7 model.cc:9] detail\nerror: creating server: Internal - failed to load all models\n", "error: creating server: Internal - failed to load all models (exit status 1)"},
		{"a crash in C", "killed by SIGSEGV", "Fatal Python error: Segmentation fault\n\nThread 0x1\n", "Fatal Python error: Segmentation fault (killed by SIGSEGV)"},
		{"a level", "exit status 3", "INFO:     x\nERROR:    Application startup failed. Exiting.\n", "Application startup failed. Exiting. (exit status 3)"},
		{"a port", "exit status 1", "ERROR:    [Errno 98] error while attempting to bind on address ('127.0.0.1', 80): address already in use\nINFO: bye\n",
			"port in use: ERROR:    [Errno 98] error while attempting to bind on address ('127.0.0.1', 80): address already in use (exit status 1)"},
		{"triton's port", "exit status 1", "E1129 10:00:00.000001 7 m.cc:9] \"failed to start HTTP service: Unavailable - Socket '127.0.0.1:80' already in use \"\n",
			"port in use: \"failed to start HTTP service: Unavailable - Socket '127.0.0.1:80' already in use \" (exit status 1)"},
		{"another port is tried", "exit status 1", "Port 5678 is already in use, trying port 5679\nlast\n", "exit status 1; the last line of its log: last"},
		{"memory", "exit status 1", "Traceback (most recent call last):\n  File \"x.py\"\nRuntimeError: [enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes\n",
			"out of memory: RuntimeError: [enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes (exit status 1)"},
		{"of a GPU", "exit status 1", "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate\n", "out of memory: torch.OutOfMemoryError: CUDA out of memory. Tried to allocate (exit status 1)"},
		{"decorated", "exit status 1", "\x1b[0;36m(EngineCore pid=1)\x1b[0;0m \x1b[31mERROR\x1b[0m 11-29 18:00:00 [core.py:1] Traceback (most recent call last):\r\n(EngineCore pid=1) ERROR 11-29 18:00:00 [core.py:1]   File \"x\"\r\n(EngineCore pid=1) ERROR 11-29 18:00:00 [core.py:1] ValueError: v\r\n", "ValueError: v (exit status 1)"},
		{"a progress bar", "exit status 1", " 10%\r 20%\r100% done\n", "exit status 1; the last line of its log: 100% done"},
		{"not run", "could not be run: exec format error", "", "could not be run: exec format error"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := deathReason(c.end, strings.Split(c.log, "\n"), false); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
	if got := deathReason("killed by SIGKILL", []string{"fine"}, true); !strings.HasPrefix(got, reasonMemory) {
		t.Errorf("the kernel's kill: %s", got)
	}
	if got := deathReason("exit status 1", []string{"fine"}, true); strings.HasPrefix(got, reasonMemory) {
		t.Errorf("somebody else's kill: %s", got)
	}
	if got := deathReason("exit status 1", []string{strings.Repeat("é", 1000)}, false); len(got) > causeLength+100 {
		t.Errorf("%d bytes of reason", len(got))
	}
}

// The logs of real failures: what a person would name as the reason is quoted.
func TestRecordedLogs(t *testing.T) {
	for file, want := range recordedReasons {
		if got := deathReason("exit status 1", strings.Split(vllmtest.File(file), "\n"), false); !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %s\nwant %s", file, got, want)
		}
	}
}

var recordedReasons = map[string]string{
	"block-size.log": "ValueError: No common block size for 16 (CPU_ATTN: [MultipleOf(32)]). (exit status 1)",
	"too-long.log":   "pydantic_core._pydantic_core.ValidationError: 1 validation error for ModelConfig: Value error, User-specified max_model_len (1000000) is greater than the derived max_model_len",
}

// Any output makes one line of valid text.
func FuzzDeathReason(f *testing.F) {
	f.Add("Traceback (most recent call last):\n  File\nE: x\r\n\x1b[31m")
	f.Add("E1129 10:00:00.000001 7 m.cc:9] \"x\"")
	f.Fuzz(func(t *testing.T, log string) {
		var x tail
		x.next, x.keep = refusing{}, 20
		_, _ = x.Write([]byte(log))
		if got := deathReason("exit status 1", x.lines(), false); strings.Contains(got, "\n") || !strings.Contains(got, "exit status 1") || len(got) > 2*causeLength {
			t.Errorf("%q", got)
		}
	})
}
