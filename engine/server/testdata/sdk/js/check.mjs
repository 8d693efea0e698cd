// Drives a running server through OpenAI's own JavaScript client.
// Usage: node check.mjs URL MODEL KEY
import assert from "node:assert/strict";
import OpenAI from "openai";

const [url, model, key] = process.argv.slice(2);
const client = new OpenAI({ baseURL: url + "/v1", apiKey: key, maxRetries: 0 });
const prompt = 'package main\n\nimport "fmt"\n\nfunc main() {\n';
const messages = [{ role: "system", content: "Write Go." }, { role: "user", content: "Print a line." }];
const tool = {
  type: "function",
  function: { name: "weather", parameters: { type: "object", properties: { city: { type: "string" } } } },
};
const complete = (more = {}) => client.completions.create({ model, prompt, max_tokens: 12, temperature: 0, ...more });
const chat = (more = {}) => client.chat.completions.create({ model, messages, max_completion_tokens: 12, temperature: 0, ...more });

async function refused(call, kind, param, code) {
  await assert.rejects(call, (e) => {
    assert(e instanceof kind, String(e));
    assert.deepEqual([e.param, e.code], [param, code]);
    return true;
  });
}

const checks = {
  async models() {
    const list = [];
    for await (const m of client.models.list()) list.push(m.id);
    assert.deepEqual(list, [model]);
    assert.equal((await client.models.retrieve(model)).owned_by, "assay");
  },

  async keys() {
    const other = new OpenAI({ baseURL: url + "/v1", apiKey: "wrong", maxRetries: 0 });
    await refused(() => other.models.list(), OpenAI.AuthenticationError, null, "invalid_api_key");
  },

  async completions() {
    const whole = await complete();
    assert.equal(whole.usage.completion_tokens, 12);
    let text = "";
    for await (const message of await complete({ stream: true })) text += message.choices[0].text;
    assert.equal(text, whole.choices[0].text);
    const echoed = (await complete({ echo: true, logprobs: 1 })).choices[0];
    assert.equal(echoed.text, prompt + text);
    assert.equal(echoed.logprobs.tokens.slice(1).join(""), echoed.text);
    assert.equal(echoed.logprobs.token_logprobs[0], null);
  },

  async chat() {
    const whole = await chat();
    assert.equal(whole.choices[0].message.role, "assistant");
    let text = "", usage;
    for await (const message of await chat({ stream: true, stream_options: { include_usage: true } })) {
      for (const choice of message.choices) text += choice.delta.content ?? "";
      usage = message.usage ?? usage;
    }
    assert.equal(text, whole.choices[0].message.content);
    assert.equal(usage.total_tokens, whole.usage.total_tokens);
    const stop = text.slice(-3); // the helper takes an answer that was cut at its length for an error
    const runner = client.chat.completions.stream({ model, messages, max_completion_tokens: 12, temperature: 0, stop });
    assert.equal((await runner.finalChatCompletion()).choices[0].message.content, text.slice(0, text.indexOf(stop)));
  },

  async choices() {
    const alone = [];
    for (const seed of [3, 4, 5]) alone.push((await chat({ temperature: 1, seed })).choices[0].message.content);
    const texts = ["", "", ""];
    for await (const message of await chat({ temperature: 1, seed: 3, n: 3, stream: true })) {
      for (const choice of message.choices) texts[choice.index] += choice.delta.content ?? "";
    }
    assert.deepEqual(texts, alone);
  },

  async logprobs() {
    const { content } = (await chat({ logprobs: true, top_logprobs: 2 })).choices[0].logprobs;
    assert.equal(content.length, 12);
    for (const token of content) assert.equal(token.top_logprobs[0].token, token.token);
  },

  async stopAndPenalties() {
    const text = (await complete({ max_tokens: 40 })).choices[0].text;
    const stop = text.slice(20, 23);
    const cut = (await complete({ max_tokens: 40, stop: [stop] })).choices[0];
    assert.deepEqual([cut.text, cut.finish_reason], [text.slice(0, text.indexOf(stop)), "stop"]);
    assert.notEqual((await complete({ max_tokens: 40, frequency_penalty: 2 })).choices[0].text, text);
  },

  async tools() {
    const [given, plain] = [await chat({ tools: [tool] }), await chat()];
    assert(given.usage.prompt_tokens > plain.usage.prompt_tokens);
    await refused(() => chat({ tools: [tool], tool_choice: "required" }), OpenAI.BadRequestError, "tool_choice", "unsupported_parameter");
  },

  async errors() {
    await refused(() => complete({ temperature: 3 }), OpenAI.BadRequestError, "temperature", "invalid_value");
    await refused(() => complete({ best_of: 2 }), OpenAI.BadRequestError, "best_of", "unsupported_parameter");
    await refused(() => complete({ model: "other" }), OpenAI.NotFoundError, "model", "model_not_found");
    await refused(() => chat({ response_format: { type: "json_object" } }), OpenAI.BadRequestError, "response_format", "unsupported_parameter");
  },

  async abort() {
    const stream = await complete({ stream: true, max_tokens: 400 });
    for await (const message of stream) {
      assert(message.id);
      break; // the client hangs up
    }
  },
};

for (const [name, check] of Object.entries(checks)) {
  await check();
  console.log("ok", name);
}
