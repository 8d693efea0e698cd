package scripted

import (
	"context"
	"fmt"
	"net"
	"sync"
)

// frameStyle is what the bytes of an answer depend on, besides their place in it.
type frameStyle struct {
	chat  bool
	usage Usage
}

// frames are the messages of answers by style, made once, each as a chunk of HTTP's
// chunked encoding.
type frames struct {
	mu    sync.Mutex
	there map[frameStyle][][]byte
}

// words are the texts of the messages in turn: each one token to most tokenizers.
var words = [...]string{" the", " time", " of", " day", " and", " all", " that", " is", " in", " it"}

func (s frameStyle) answer() Answer {
	return Answer{Chat: s.chat, Usage: s.usage, Prompt: 1, Finish: "length"}
}

// of are the first n messages of a style.
func (f *frames) of(style frameStyle, n int) [][]byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.there == nil {
		f.there = map[frameStyle][][]byte{}
	}
	made, answer := f.there[style], style.answer()
	for i := len(made); i < n; i++ {
		text := answer.frame(Message(0, 1, words[i%len(words)]), i+1)
		made = append(made, fmt.Appendf(nil, "%x\r\n%s\r\n", len(text), text))
	}
	f.there[style] = made
	return made[:n]
}

// connKey is where a request's context has its connection.
type connKey struct{}

func keepConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}
