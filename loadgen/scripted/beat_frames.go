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

// frames are the messages of answers, made once for each style.
type frames struct {
	mu  sync.Mutex
	set map[frameStyle]*frameSet
}

func (f *frames) of(style frameStyle) *frameSet {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.set == nil {
		f.set = map[frameStyle]*frameSet{}
	}
	if f.set[style] == nil {
		f.set[style] = newFrameSet(style)
	}
	return f.set[style]
}

// frameSet are the messages of an answer, each as a chunk of HTTP's chunked encoding.
type frameSet struct {
	answer   Answer
	messages [MaxBeats][]byte
}

// words are the texts of the messages in turn: each one token to most tokenizers.
var words = [...]string{" the", " time", " of", " day", " and", " all", " that", " is", " in", " it"}

func newFrameSet(style frameStyle) *frameSet {
	s := &frameSet{answer: Answer{Chat: style.chat, Usage: style.usage, Prompt: 1, Finish: "length"}}
	for i := range s.messages {
		text := s.answer.frame(Message(0, 1, words[i%len(words)]), i+1)
		s.messages[i] = fmt.Appendf(nil, "%x\r\n%s\r\n", len(text), text)
	}
	return s
}

func (s *frameSet) message(i int) []byte { return s.messages[i] }

// tail is what follows n messages, not as a chunk.
func (s *frameSet) tail(n int) string { return s.answer.tail(n) }

// connKey is where a request's context has its connection.
type connKey struct{}

func keepConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}
