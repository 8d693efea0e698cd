//go:build unix

package target

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const fileKey = "sk-planted-0123456789abcdef"

func keyFile(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask is
		t.Fatal(err)
	}
	return path
}

func TestKeyOfFile(t *testing.T) {
	for _, text := range []string{fileKey, fileKey + "\n", fileKey + "\r\n", " " + fileKey + " \n\n"} {
		for _, mode := range []os.FileMode{0o600, 0o400} {
			key, err := KeyOfFile(keyFile(t, text, mode))
			if err != nil || key.Redact(fileKey) != "[API key]" {
				t.Errorf("%q, %#o: %v, %v", text, mode, key, err)
			}
		}
	}
	link := filepath.Join(t.TempDir(), "link") // what it points to is judged
	if err := os.Symlink(keyFile(t, fileKey, 0o600), link); err != nil {
		t.Fatal(err)
	}
	if key, err := KeyOfFile(link); err != nil || !key.Given() {
		t.Errorf("a link: %v, %v", key, err)
	}
}

// Every permission of the group and of others is refused, each alone.
func TestKeyOfFilePermissions(t *testing.T) {
	for bit := os.FileMode(1); bit <= 0o040; bit <<= 1 {
		path := keyFile(t, fileKey, 0o600|bit)
		key, err := KeyOfFile(path)
		want := fmt.Sprintf("key file %s: mode %#o lets others than its owner use it, expected 0600 or 0400", path, 0o600|bit)
		if key.Given() || err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%#o: %v, %v", 0o600|bit, key, err)
		}
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file away")
	}
	path := keyFile(t, fileKey, 0o600)
	if err := os.Chown(path, 12345, 12345); err != nil {
		t.Skip(err)
	}
	if key, err := KeyOfFile(path); key.Given() || err == nil || !strings.Contains(err.Error(), "somebody else's file") {
		t.Errorf("%v, %v", key, err)
	}
}

func TestKeyOfFileContent(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"empty":        {"", "empty, expected a key"},
		"lines alone":  {"\n\n", "empty, expected a key"},
		"spaces":       {"  \n", "empty, expected a key"},
		"two lines":    {fileKey + "\n" + fileKey + "\n", "2 lines, expected the key alone on one"},
		"a comment":    {"# mine\n\n" + fileKey, "3 lines, expected the key alone on one"},
		"a variable":   {"OPENAI_API_KEY=" + fileKey, "expected the key alone, without NAME= before it"},
		"exported":     {"export OPENAI_API_KEY=" + fileKey, "without NAME="},
		"two words":    {fileKey + " " + fileKey, "a character that no header can carry"},
		"an old Mac":   {fileKey + "\r" + fileKey, "expected the key alone"},
		"a whole book": {strings.Repeat(fileKey, 1<<10), "more than 16384 bytes"},
		"zeros":        {fileKey + "\x00", "a character that no header can carry"},
	} {
		key, err := KeyOfFile(keyFile(t, c.text, 0o600))
		if key.Given() || err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "planted") {
			t.Errorf("%s: %v, %v", name, key, err)
		}
	}
}

func TestKeyOfWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		dir: "a directory", pipe: "not a regular file", "/dev/null": "not a regular file", filepath.Join(dir, "none"): "no such file",
	} {
		if key, err := KeyOfFile(path); key.Given() || err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), path) != 1 {
			t.Errorf("%s: %v, %v", path, key, err)
		}
	}
}

// FuzzKeyAlone: whatever is in a file, a key is all of its one line, and an error repeats none of it.
func FuzzKeyAlone(f *testing.F) {
	for _, text := range []string{fileKey, fileKey + "\r\n", "A=b", "export KEY_1=x", " \n", "a\nb", "\xff", "é"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := keyAlone(text)
		line := strings.TrimSpace(text)
		switch {
		case err != nil && (key.Given() || len(line) > 20 && strings.Contains(err.Error(), line)):
			t.Fatalf("%q: %v, %v", text, key, err)
		case err == nil && key.Redact(line) != "[API key]":
			t.Fatalf("%q: %s is left", text, key.Redact(line))
		}
	})
}
