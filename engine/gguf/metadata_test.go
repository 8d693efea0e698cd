package gguf

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// asked wraps an accessor for a table.
func asked[T any](get func(*File, string) (T, error)) func(*File, string) (any, error) {
	return func(f *File, key string) (any, error) { return get(f, key) }
}

var accessors = map[string]func(*File, string) (any, error){
	"String":   asked((*File).String),
	"Bool":     asked((*File).Bool),
	"Uint":     asked((*File).Uint),
	"Int":      asked((*File).Int),
	"Float":    asked((*File).Float),
	"Strings":  asked((*File).Strings),
	"Int32s":   asked((*File).Int32s),
	"Float32s": asked((*File).Float32s),
}

func TestAccessors(t *testing.T) {
	f := mustParse(t, mustWrite(t, append(sampleKVs(), KV{"max", uint64(math.MaxUint64)}), nil))
	for _, test := range []struct {
		get, key string
		want     any // nil for ErrType
	}{
		{"String", "general.architecture", "llama"}, {"String", "empty", ""}, {"String", "u8", nil}, {"String", "a.string", nil},
		{"Bool", "yes", true}, {"Bool", "no", false}, {"Bool", "u8", nil},
		{"Uint", "u8", uint64(200)}, {"Uint", "u16", uint64(60000)}, {"Uint", "u32", uint64(4000000000)}, {"Uint", "max", uint64(math.MaxUint64)},
		{"Uint", "i8", nil}, {"Uint", "f32", nil}, {"Uint", "yes", nil}, {"Uint", "a.u8", nil},
		{"Int", "i8", int64(-100)}, {"Int", "i16", int64(-30000)}, {"Int", "i32", int64(-2000000000)}, {"Int", "i64", int64(-1) << 62},
		{"Int", "u32", int64(4000000000)}, {"Int", "max", nil}, {"Int", "f64", nil}, {"Int", "empty", nil},
		{"Float", "f32", float64(float32(0.1))}, {"Float", "f64", 0.1}, {"Float", "u8", nil}, {"Float", "a.f32", nil},
		{"Strings", "a.string", []string{"", "a", "ü", "\xff"}}, {"Strings", "a.none", []string{}}, {"Strings", "empty", nil}, {"Strings", "a.i32", nil},
		{"Int32s", "a.i32", []int32{1, -2, 3}}, {"Int32s", "a.u8", []int32{1, 2, 3}}, {"Int32s", "a.u32", []int32{7, 8}},
		{"Int32s", "a.i64", nil}, {"Int32s", "a.f32", nil}, {"Int32s", "i32", nil}, {"Int32s", "a.string", nil}, {"Int32s", "nested", nil},
		{"Float32s", "a.f32", []float32{0.5, -1.5}}, {"Float32s", "a.f64", nil}, {"Float32s", "f32", nil},
	} {
		t.Run(test.get+"/"+test.key, func(t *testing.T) {
			got, err := accessors[test.get](f, test.key)
			if test.want == nil {
				if !errors.Is(err, ErrType) || errors.Is(err, ErrMissing) {
					t.Errorf("%v, error %v, want ErrType", got, err)
				}
				return
			}
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("%#v, %v, want %#v", got, err, test.want)
			}
		})
	}
}

func TestAccessorsMissing(t *testing.T) {
	f := mustParse(t, mustWrite(t, sampleKVs(), nil))
	for name, get := range accessors {
		if v, err := get(f, "llama.none"); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), `test.gguf: key "llama.none"`) {
			t.Errorf("%s: %v, %v", name, v, err)
		}
	}
}

func TestAccessorMessages(t *testing.T) {
	f := mustParse(t, mustWrite(t, sampleKVs(), nil))
	for _, test := range []struct{ get, key, want string }{
		{"Uint", "i8", `test.gguf: key "i8": wrong type: found int8 -100, expected an integer from 0`},
		{"Float", "general.architecture", `test.gguf: key "general.architecture": wrong type: found string "llama", expected float32 or float64`},
		{"Strings", "a.i32", `test.gguf: key "a.i32": wrong type: found array of int32, expected array of string`},
	} {
		if _, err := accessors[test.get](f, test.key); err == nil || err.Error() != test.want {
			t.Errorf("%v\nwant %s", err, test.want)
		}
	}
}

func TestKeys(t *testing.T) {
	f := mustParse(t, mustWrite(t, []KV{{"b", true}, {"a", true}, {"c", true}}, nil))
	if got := slices.Collect(f.Keys()); !slices.Equal(got, []string{"b", "a", "c"}) {
		t.Errorf("keys %q", got)
	}
	for range f.Keys() {
		break
	}
	if !f.Has("a") || f.Has("d") {
		t.Errorf("Has(a) is %t, Has(d) is %t", f.Has("a"), f.Has("d"))
	}
}
