package trace

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// The public traces' shapes, with made-up numbers.
var shapes = map[string]string{
	"Azure 2023": "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,4808,10\n2023-11-16 18:17:04.4799600,3180,8\n2023-11-16 18:17:05.9799600,110,27\n",
	"Azure 2024": "TIMESTAMP,ContextTokens,GeneratedTokens\n2024-05-10 00:00:00.009930+00:00,4808,10\n2024-05-10 00:00:00.509930+00:00,3180,8\n2024-05-10 00:00:02.009930+00:00,110,27\n",
	"BurstGPT":   "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,ChatGPT,4808,10,4818,Conversation log\n5.5,GPT-4,3180,8,3188,API log\n6,ChatGPT,12,0,12,API log\n7,ChatGPT,110,27,137,Conversation log\n",
	"Mooncake":   "{\"timestamp\": 27000, \"input_length\": 4808, \"output_length\": 10, \"hash_ids\": [46, 47]}\n\n{\"timestamp\": 27500, \"input_length\": 3180, \"output_length\": 8, \"hash_ids\": []}\n{\"timestamp\": 29000, \"input_length\": 110, \"output_length\": 27}\n",
	"plain":      "arrived_at, prompt_tokens, output_tokens\n3, 110, 27\n1, 4808, 10\n1.5, 3180, 8\n",
}

func TestShapesOfPublicTraces(t *testing.T) {
	want := []Request{{0, 4808, 10}, {500 * time.Millisecond, 3180, 8}, {2 * time.Second, 110, 27}}
	for name, text := range shapes {
		got, err := Read(strings.NewReader(text))
		if err != nil || !slices.Equal(got.Requests, want) {
			t.Errorf("%s: %v %v", name, err, got.Requests)
		}
		if skipped := map[bool]int{true: 1}[name == "BurstGPT"]; got.Skipped != skipped || got.Rate() != 1 || got.Longest() != 4818 {
			t.Errorf("%s: skipped %d, rate %g, longest %d", name, got.Skipped, got.Rate(), got.Longest())
		}
	}
}

func TestBadTraces(t *testing.T) {
	for text, says := range map[string]string{
		"":            "fewer than two",
		"a,b,c\n":     "line 1: columns a, b, c, expected one named for times",
		"timestamp,b": "for prompts",
		"timestamp,input_length,output_length\n1,2":                        "line 2: 2 fields",
		"timestamp,input_length,output_length\n1,2,3\nsoon,2,3":            `line 3: time "soon"`,
		"timestamp,input_length,output_length\n1,2.5,3":                    "2.5 tokens",
		"timestamp,input_length,output_length\n1,-2,3":                     "-2 tokens",
		"timestamp,input_length,output_length\n1,x,3":                      `"x", expected a number of tokens`,
		"timestamp,input_length,output_length\n1,2,3":                      "fewer than two",
		"timestamp,input_length,output_length\n1,2,3\n1,2,3":               "fewer than two",
		"timestamp,input_length,output_length\n1,2,99999999999":            "tokens",
		"timestamp,input_length,output_length\n1e300,2,3":                  "time",
		"timestamp,input_length,output_length\nNaN,2,3":                    "time",
		"timestamp,input_length,output_length\n0,2,3\n1e9,2,3":             "ten years",
		"{\"timestamp\": 1}":                                               "a key such as contexttokens",
		"{\"timestamp\": 1, \"input_length\": 1, \"output_length\": 1}\n{": "line 2",
		"{\"timestamp\": 1, \"input_length\": [1], \"output_length\": 1}":  "a number of tokens",
		"timestamp,input_length,output_length\n\"1,2,3":                    "quote",
	} {
		if got, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q; %v", text, err, says, got)
		}
	}
}

// Copies keep what each of them was, and are as many times the traffic in the same time.
func TestCopies(t *testing.T) {
	base := Trace{}
	for i := range 200 {
		base.Requests = append(base.Requests, Request{time.Duration(i*i) * time.Millisecond, 1 + i, 1 + i%7})
	}
	got := base.Copies(5, 3)
	if len(got.Requests) != 1000 || !slices.IsSortedFunc(got.Requests, func(a, b Request) int { return int(a.At - b.At) }) || got.Requests[0].At != 0 {
		t.Fatalf("%d requests from %v", len(got.Requests), got.Requests[0].At)
	}
	if r := got.Rate() / base.Rate(); math.Abs(r-5) > .25 {
		t.Errorf("%g times the rate", r)
	}
	prompts := map[int]int{}
	for _, r := range got.Requests {
		prompts[r.Prompt]++
	}
	for p, n := range prompts {
		if n != 5 {
			t.Errorf("prompt of %d tokens came %d times", p, n)
		}
	}
	if !slices.Equal(got.Requests, base.Copies(5, 3).Requests) || slices.Equal(got.Requests, base.Copies(5, 4).Requests) || !slices.Equal(base.Copies(1, 3).Requests, base.Requests) {
		t.Error("the seed is not what decides")
	}
}

func TestScaledAndCut(t *testing.T) {
	base := Trace{Requests: []Request{{0, 100, 3}, {time.Second, 10, 1}, {2 * time.Second, 1, 1}}}
	if got := base.Scaled(.1).Requests; got[0] != (Request{0, 10, 1}) || got[2] != (Request{2 * time.Second, 1, 1}) {
		t.Errorf("%v", got)
	}
	if base.Requests[0].Prompt != 100 {
		t.Error("what was given is changed")
	}
	if got := base.Cut(2); len(got.Requests) != 2 || got.Rate() != 1 || len(base.Cut(9).Requests) != 3 {
		t.Errorf("%v", got)
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range shapes {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := Read(strings.NewReader(text))
		var bad *Error
		switch {
		case errors.As(err, &bad) && (bad.Line < 1 || bad.Found == "" || bad.Wanted == ""):
			t.Errorf("%+v", bad)
		case err != nil:
			return
		}
		for i, r := range got.Requests {
			if r.At < 0 || r.Prompt < 1 || r.Output < 1 || i > 0 && r.At < got.Requests[i-1].At {
				t.Fatal(fmt.Sprint(i, r))
			}
		}
		if !(got.Rate() > 0) {
			t.Error("no rate")
		}
	})
}
