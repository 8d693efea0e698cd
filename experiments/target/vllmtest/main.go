package vllmtest

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// Version is what the server says it is.
const Version = "0.32.0+cpu"

// Models whose name has one of these in it are served in another way.
const (
	NeverReady = "never-ready" // /health says 503 for ever
	DiesLate   = "dies-late"   // ends with an exception in the middle of the third answer
)

//go:embed testdata
var recorded embed.FS

// File is a recorded file: metrics.txt, or the log of a start that failed.
func File(name string) string {
	text, err := recorded.ReadFile("testdata/" + name)
	if err != nil {
		panic(err) // it is embedded
	}
	return string(text)
}

// options are what the server takes of vLLM's flags. The others are accepted and change nothing.
type options struct {
	model, served, host, port, blocks string
	maxSeqs                           int
}

// readFlags takes "serve MODEL" or "--model MODEL", and flags with a value behind a space. Flags of yes or no have none.
func readFlags(args []string) (o options) {
	known := map[string]*string{"--model": &o.model, "--served-model-name": &o.served, "--host": &o.host, "--port": &o.port, "--block-size": &o.blocks}
	for i := 0; i < len(args); i++ {
		value := ""
		if i+1 < len(args) {
			value = args[i+1]
		}
		switch into := known[args[i]]; {
		case into != nil:
			*into = value
			i++
		case args[i] == "serve":
			o.model = value
			i++
		case args[i] == "--max-num-seqs":
			o.maxSeqs, _ = strconv.Atoi(value)
			i++
		}
	}
	return o
}

// Main serves until it is told to end. The arguments are those of vLLM.
func Main(args []string) error {
	o := readFlags(args)
	if o.blocks == "16" {
		fmt.Fprint(os.Stderr, File("block-size.log"))
		return errors.New("exit status 1")
	}
	l, err := net.Listen("tcp", net.JoinHostPort(o.host, o.port))
	if err != nil {
		return fmt.Errorf("OSError: [Errno 98] %w", err)
	}
	fmt.Printf("(APIServer pid=%d) INFO 11-29 19:00:00 [launcher.py:371] vLLM API server version %s\n", os.Getpid(), Version)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	server := &http.Server{Handler: newHandler(o)}
	go func() { _ = server.Serve(l) }()
	<-ctx.Done()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return server.Shutdown(ctx)
}
