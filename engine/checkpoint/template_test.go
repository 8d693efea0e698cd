package checkpoint

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/assaylab/assay/engine/chat"
	"github.com/assaylab/assay/engine/gguf"
)

func templateFile(t *testing.T, kvs ...gguf.KV) *gguf.File {
	t.Helper()
	var b bytes.Buffer
	err := gguf.Write(&b, append([]gguf.KV{{Key: "general.architecture", Value: "llama"}}, kvs...), []gguf.TensorData{
		{Name: "x", Dims: []int{32}, Type: 0, Write: gguf.Bytes(make([]byte, 32*4))}})
	if err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Parse("t.gguf", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestTemplates(t *testing.T) {
	standard := gguf.KV{Key: "tokenizer.chat_template", Value: "standard {{ bos_token }}"}
	toolUse := gguf.KV{Key: "tokenizer.chat_template.tool_use", Value: "tools {{ eos_token }}"}
	tools := []json.RawMessage{json.RawMessage("{}")}
	for _, c := range []struct {
		name         string
		kvs          []gguf.KV
		plain, tools string
	}{
		{"one", []gguf.KV{standard}, "standard <s>", "standard <s>"},
		{"two", []gguf.KV{standard, toolUse}, "standard <s>", "tools </s>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tpl, err := readTemplate(templateFile(t, c.kvs...), "<s>", "</s>")
			if err != nil {
				t.Fatal(err)
			}
			plain, err := tpl.Render(chat.Input{})
			if err != nil || plain != c.plain {
				t.Errorf("without tools %q (%v), want %q", plain, err, c.plain)
			}
			withTools, err := tpl.Render(chat.Input{Tools: tools})
			if err != nil || withTools != c.tools {
				t.Errorf("with tools %q (%v), want %q", withTools, err, c.tools)
			}
		})
	}
	if tpl, err := readTemplate(templateFile(t), "", ""); tpl != nil || err != nil {
		t.Errorf("no template: got %v (%v)", tpl, err)
	}
	toolUse.Value = "{% if %}"
	if _, err := readTemplate(templateFile(t, standard, toolUse), "", ""); err == nil || !strings.Contains(err.Error(), "t.gguf: tokenizer.chat_template.tool_use: ") {
		t.Errorf("a broken template for tools: %v", err)
	}
}
