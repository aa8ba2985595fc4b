// What OpenAI's JavaScript client does with an emulator. Arguments: base URL of ai/v1, token. Prints a JSON object:
// the name of each claim -> null where it held, else what went wrong.
import assert from "node:assert/strict";
import OpenAI from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";

const [baseURL, apiKey] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const SGLANG = "@cf/google/gemma-4-26b-a4b-it";
const VLLM = "@cf/openai/gpt-oss-20b";
const NATIVE = "@cf/meta/llama-3.2-3b-instruct";
const messages = [{ role: "user", content: "Say hello to the world" }];
const weather = [{ role: "user", content: "What is the weather in Paris?" }];
const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const Capital = z.object({ country: z.string(), capital: z.string(), population: z.number().int() });

async function everyEngine(claim) {
  for (const model of [SGLANG, VLLM, NATIVE]) await claim(model);
}

function tools(told) {
  const report = ({ city }) => (told.push(city), JSON.stringify({ city, forecast: "drizzle" }));
  const description = "Weather in a city";
  return [{ type: "function", function: { name: "get_weather", description, parameters, parse: JSON.parse, function: report } }];
}

const claims = {
  chat: () =>
    everyEngine(async (model) => {
      const answer = await client.chat.completions.create({ model, messages });
      assert.equal(answer.choices[0].finish_reason, "stop");
      assert.ok(answer.choices[0].message.content);
      assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
    }),
  chunks: () =>
    everyEngine(async (model) => {
      const whole = await client.chat.completions.create({ model, messages });
      let text = "";
      let usage;
      const options = { stream: true, stream_options: { include_usage: true } };
      for await (const chunk of await client.chat.completions.create({ model, messages, ...options })) {
        text += chunk.choices[0]?.delta.content ?? "";
        usage = chunk.usage ?? usage;
      }
      assert.equal(text, whole.choices[0].message.content);
      assert.deepEqual(usage, whole.usage);
    }),
  "chat.stream": () =>
    everyEngine(async (model) => {
      const whole = await client.chat.completions.create({ model, messages });
      const stream = client.chat.completions.stream({ model, messages });
      let text = "";
      stream.on("content", (delta) => (text += delta));
      const answer = await stream.finalChatCompletion();
      assert.equal(text, whole.choices[0].message.content);
      assert.equal(answer.choices[0].message.content, text);
      assert.equal(answer.usage.total_tokens, whole.usage.total_tokens);
    }),
  "chat.parse": () =>
    everyEngine(async (model) => {
      const response_format = zodResponseFormat(Capital, "capital");
      const answer = await client.chat.completions.parse({ model, messages, response_format });
      Capital.parse(answer.choices[0].message.parsed);
    }),
  runTools: async () => {
    for (const model of [SGLANG, NATIVE]) {
      const asked = [];
      const runner = client.chat.completions.runTools({ model, messages: weather, tools: tools(asked) });
      assert.match(await runner.finalContent(), /drizzle/);
      assert.deepEqual(asked, ["Paris"]);
    }
  },
  "runTools, streamed": async () => {
    // The client sends content: null with the calls it read from a stream, which the other models refuse.
    const asked = [];
    const body = { model: SGLANG, messages: weather, tools: tools(asked), stream: true };
    assert.match(await client.chat.completions.runTools(body).finalContent(), /drizzle/);
    assert.deepEqual(asked, ["Paris"]);
  },
  completions: async () => {
    const answer = await client.completions.create({ model: NATIVE, prompt: "Once upon a time" });
    let text = "";
    const stream = await client.completions.create({ model: NATIVE, prompt: "Once upon a time", stream: true });
    for await (const chunk of stream) text += chunk.choices[0].text;
    assert.equal(text, answer.choices[0].text);
  },
  embeddings: async () => {
    const model = "@cf/baai/bge-base-en-v1.5";
    const decoded = await client.embeddings.create({ model, input: ["a cloud", "a llama"] });
    const numbers = await client.embeddings.create({ model, input: ["a cloud", "a llama"], encoding_format: "float" });
    decoded.data.forEach(({ embedding }, at) => {
      assert.equal(embedding.length, 768);
      embedding.forEach((each, index) => assert.ok(Math.abs(each - numbers.data[at].embedding[index]) < 1e-6));
    });
  },
  responses: async () => {
    const whole = await client.responses.create({ model: VLLM, input: "My name is Ada Lovelace." });
    assert.ok(whole.output_text);
    const next = { model: VLLM, input: "What is my name?", previous_response_id: whole.id };
    const stream = client.responses.stream(next);
    const seen = [];
    for await (const event of stream) seen.push(event.type);
    assert.equal(seen.at(-1), "response.completed");
    assert.match((await stream.finalResponse()).output_text, /Ada/);
  },
  "responses.parse": async () => {
    const text = { format: zodTextFormat(Capital, "capital") };
    const answer = await client.responses.parse({ model: VLLM, input: "What is the capital of France?", text });
    Capital.parse(answer.output_parsed);
  },
  refusals: async () => {
    const unknown = { model: "@cf/nobody/nothing", messages };
    await assert.rejects(client.chat.completions.create(unknown), OpenAI.BadRequestError);
    await assert.rejects(client.models.list(), { status: 405 });
    const lost = { model: VLLM, input: "go on", previous_response_id: "resp_0" };
    await assert.rejects(client.responses.create(lost), { code: "previous_response_not_found" });
  },
};

const found = {};
for (const [name, claim] of Object.entries(claims)) {
  found[name] = await claim().then(() => null, (error) => error.stack ?? String(error));
}
console.log(JSON.stringify(found));
