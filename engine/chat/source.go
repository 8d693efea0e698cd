package chat

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/nikolalohinski/gonja/v2/config"
	"github.com/nikolalohinski/gonja/v2/loaders"
	"github.com/nikolalohinski/gonja/v2/tokens"
)

const rootName = "chat template"

// onlyRoot is a loader that has the template itself and nothing else.
type onlyRoot string

func (r onlyRoot) Read(name string) (io.Reader, error) {
	if name != rootName {
		return nil, errNoLoading
	}
	return strings.NewReader(string(r)), nil
}

func (r onlyRoot) Resolve(name string) (string, error) {
	if name != rootName {
		return "", errNoLoading
	}
	return name, nil
}

func (r onlyRoot) Inherit(string) (loaders.Loader, error) { return nil, errNoLoading }

var errNoLoading = errors.New("a chat template cannot load other templates")

// checkTokens refuses what the parser would accept: text after a lexical error (it stops there, silently),
// tags so long that the recursion over their expression is a danger, and multiplication.
func checkTokens(source string, cfg *config.Config) error {
	inTag, line := 0, 1
	for s := tokens.LexAll(source, cfg); ; s.Next() {
		token := s.Current()
		inTag++
		line = max(line, token.Line)
		switch token.Type {
		case tokens.Error:
			return fmt.Errorf("chat: template line %d: %s", max(token.Line, line), shorten(token.Val))
		case tokens.EOF:
			return nil
		case tokens.Multiply:
			return fmt.Errorf("chat: template line %d: multiplication is not available in chat templates", token.Line)
		case tokens.BlockBegin, tokens.VariableBegin, tokens.Data:
			inTag = 0
		}
		if inTag > maxTagTokens {
			return fmt.Errorf("chat: template line %d: a tag has more than %d tokens", token.Line, maxTagTokens)
		}
	}
}
