package checkpoint

import (
	"fmt"

	"github.com/assaylab/assay/engine/chat"
	"github.com/assaylab/assay/engine/gguf"
)

// readTemplate is nil for a file without one. A second template, for conversations with tools, goes with the first.
func readTemplate(f *gguf.File, bos, eos string) (*chat.Template, error) {
	const key, toolUseKey = "tokenizer.chat_template", "tokenizer.chat_template.tool_use"
	if !f.Has(key) {
		return nil, nil
	}
	text, err := f.String(key)
	if err != nil {
		return nil, err
	}
	t, err := chat.New(text, bos, eos)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", f.Name, key, err)
	}
	if !f.Has(toolUseKey) {
		return t, nil
	}
	if text, err = f.String(toolUseKey); err != nil {
		return nil, err
	}
	if t, err = t.WithToolUse(text); err != nil {
		return nil, fmt.Errorf("%s: %s: %w", f.Name, toolUseKey, err)
	}
	return t, nil
}
