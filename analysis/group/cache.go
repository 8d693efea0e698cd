package group

import (
	"fmt"
	"math"
	"slices"

	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/loadgen/result"
)

// CacheCount is what a server read from its prefix cache in a trial.
type CacheCount struct {
	Prompt    int64 // prompt tokens, as the server counted them
	Read      int64 // of these, from the cache
	Shareable int64 // the most that a cold or a warmed cache can have held of them, by what the trial's prompts have in common
	Known     bool  // the server counts what it reads; false may also be one that never read anything
}

// CacheTally counts what the server said of its prefix cache with each answer.
type CacheTally struct{ asked, prompt, overhead, read int64 }

// Add counts a request.
func (k *CacheTally) Add(r *result.Request) {
	prompt := int64(r.AskedPrompt)
	if r.PromptTokens > 0 {
		prompt = int64(r.PromptTokens)
	}
	k.asked += int64(r.AskedPrompt)
	k.overhead += max(prompt-int64(r.AskedPrompt), 0) // a chat template's own, which all requests share
	k.prompt += prompt
	k.read += int64(r.CachedTokens)
}

// Count is by the engine's own counters, or by what the server said with each of a trial's answers.
func (k *CacheTally) Count(t Trial) CacheCount {
	c := CacheCount{Prompt: k.prompt, Read: k.read, Shareable: t.Shareable, Known: k.read > 0}
	if k.asked > 0 && c.Prompt > k.asked {
		c.Shareable = int64(math.Ceil(float64(t.Shareable)*float64(c.Prompt)/float64(k.asked))) + k.overhead
	}
	if e := t.Engine; e.PromptTokens > 0 && t.Knows("prompt_tokens") && t.Knows("prefix_hit_tokens") {
		c.Prompt, c.Read, c.Known = e.PromptTokens, e.PrefixHitTokens, true
	}
	return c
}

// Share is Read by Prompt, 0 for no prompt.
func (c CacheCount) Share() float64 {
	if c.Prompt == 0 {
		return 0
	}
	return float64(c.Read) / float64(c.Prompt)
}

// NoCacheCounts ends what is said of a trial whose server does not tell what it read from its cache.
const NoCacheCounts = "the server reported no cached tokens, so that the state of its cache is not known"

// cached holds the state of the cache that the load declares against what the server counted.
func (c *Cell) cached(t Trial, n CacheCount, say func(reason string)) {
	state := c.Load.Cache
	switch {
	case state == "" || n.Prompt == 0:
		return
	case state != "cold" && !c.caches():
		c.Unchecked = append(c.Unchecked, c.label(t)+fmt.Sprintf("the arm has no prefix cache, which cannot be %s", state))
		return
	case !n.Known && state != "warm":
		c.Unchecked = append(c.Unchecked, c.label(t)+NoCacheCounts)
		return
	}
	say(c.cacheState(n, t.Repeated))
}

// cacheState is why what was counted is not the state of the load, "" where it is.
func (c *Cell) cacheState(n CacheCount, repeated int) string {
	if s := c.Load.CachedShare; c.Load.Cache == "declared" && len(s) == 2 {
		if share := n.Share(); share < s[0] || share > s[1] {
			return fmt.Sprintf("the cache was not as declared: %.3g %% of the prompt tokens were read from it, declared are %.3g to %.3g %%", 100*share, 100*s[0], 100*s[1])
		}
		return ""
	}
	switch {
	case n.Read > n.Shareable:
		why := ""
		if repeated > 0 {
			why = fmt.Sprintf("; %d prompts repeat earlier ones, as the corpus is used up", repeated)
		}
		return fmt.Sprintf("the cache was not %s: the server read %d of %d prompt tokens from it, of which the requests share at most %d%s", c.Load.Cache, n.Read, n.Prompt, n.Shareable, why)
	case c.Load.Cache == "warm" && n.Read == 0:
		return fmt.Sprintf("the cache was not warm: the server read none of %d prompt tokens from it", n.Prompt)
	}
	return ""
}

// caches says whether the arm has a prefix cache, as far as its settings are known.
func (c *Cell) caches() bool {
	return !slices.Contains(c.Arm.Settings, record.Setting{Name: "prefix_cache", Value: "none"})
}

// length notes whether an answer is as long as what was asked for.
func (k *tally) length(r *result.Request) {
	if r.Outcome != result.OK || r.Estimated {
		return
	}
	k.told++
	if r.OutputTokens < r.AskedOutput {
		k.short++
	}
}

// forced checks that answers went on to the length that was asked for, where the load forces them to.
func (k *tally) forced(l record.Load) string {
	if !l.Forced || k.short == 0 {
		return ""
	}
	return fmt.Sprintf("lengths are forced, but %d of %d answers are shorter than what was asked for: the server does not keep to ignore_eos", k.short, k.told)
}
