// What Cloudflare's TypeScript client does with an emulator; CLOUDFLARE_BASE_URL and CLOUDFLARE_API_TOKEN point it there.
// Arguments: account, folder of sample files. Prints a JSON object: the name of each claim -> null where it held, else
// what went wrong.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import Cloudflare from "cloudflare";

const [account_id, samples] = process.argv.slice(2);
const client = new Cloudflare({ maxRetries: 0 });
const LLAMA = "@cf/meta/llama-3.2-3b-instruct";
const run = (model, inputs) => client.ai.run(model, { account_id, ...inputs });
const sample = (name) => readFileSync(`${samples}/${name}`);
const PARIS = "What is the capital of France?";

async function refused(asking, kind, code) {
  await assert.rejects(asking, (error) => error instanceof kind && error.errors[0].code === code);
}

const claims = {
  text: async () => {
    const { response, usage } = await run(LLAMA, { prompt: PARIS });
    assert.match(response, /Paris/);
    assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
  },
  stream: async () => {
    const messages = [{ role: "user", content: PARIS }];
    const whole = await run(LLAMA, { messages });
    const streamed = await client.ai.run(LLAMA, { account_id, messages, stream: true }).asResponse();
    assert.equal(streamed.headers.get("content-type"), "text/event-stream");
    const events = (await streamed.text()).trim().split("\n\n").map((event) => event.replace(/^data: /, ""));
    assert.equal(events.pop(), "[DONE]");
    assert.equal(events.map((event) => JSON.parse(event).response).join(""), whole.response);
  },
  tools: async () => {
    const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
    const tools = [{ name: "get_weather", description: "Weather in a city", parameters }];
    const messages = [{ role: "user", content: "What is the weather in Paris?" }];
    const [call] = (await run(LLAMA, { messages, tools })).tool_calls;
    assert.deepEqual([call.name, call.arguments], ["get_weather", { city: "Paris" }]);
    messages.push({ role: "assistant", content: JSON.stringify(call) });
    messages.push({ role: "tool", name: call.name, content: '{"forecast": "drizzle"}' });
    assert.match((await run(LLAMA, { messages, tools })).response, /drizzle/);
  },
  embeddings: async () => {
    const { shape, data } = await run("@cf/baai/bge-base-en-v1.5", { text: ["a cloud", "a llama"] });
    assert.deepEqual(shape, [2, 768]);
    assert.deepEqual(data.map((vector) => vector.length), [768, 768]);
  },
  classification: async () => {
    const labels = await run("@cf/huggingface/distilbert-sst-2-int8", { text: "What a great day" });
    const scores = Object.fromEntries(labels.map(({ label, score }) => [label, score]));
    assert.ok(scores.POSITIVE > scores.NEGATIVE);
    const [seen] = await run("@cf/microsoft/resnet-50", { image: [...sample("cat.png")] });
    assert.match(seen.label, /CAT/);
  },
  translation: async () => {
    const inputs = { text: "Good morning", source_lang: "english", target_lang: "french" };
    assert.equal((await run("@cf/meta/m2m100-1.2b", inputs)).translated_text, "Bonjour");
  },
  transcription: async () => {
    const { text } = await run("@cf/openai/whisper", { audio: [...sample("talking-llama.mp3")] });
    assert.equal(text, "It is a good day to be a llama.");
  },
  image: async () => {
    const asked = { account_id, prompt: "a llama", width: 256, height: 256 };
    const answer = await client.ai.run("@cf/lykon/dreamshaper-8-lcm", asked).asResponse();
    assert.match(answer.headers.get("content-type"), /^image\//);
    assert.ok((await answer.arrayBuffer()).byteLength > 1000);
    const { image } = await run("@cf/black-forest-labs/flux-1-schnell", { prompt: "a llama" });
    assert.equal(Buffer.from(image, "base64").readUInt16BE(), 0xffd8);
  },
  catalog: async () => {
    const names = [];
    for await (const model of client.ai.models.list({ account_id, per_page: 40 })) names.push(model.name);
    assert.ok(names.includes(LLAMA));
    assert.equal(new Set(names).size, names.length);
    const { input } = await client.ai.models.schema.get({ account_id, model: LLAMA });
    assert.ok(JSON.stringify(input).includes("max_tokens"));
  },
  toMarkdown: async () => {
    const page = () => new File(["<h1>Clouds</h1><p>They drift.</p>"], "page.html", { type: "text/html" });
    for (const files of [page(), [page()]]) {
      const converted = [];
      for await (const each of client.ai.toMarkdown.transform({ account_id, file: { files } })) converted.push(each);
      assert.deepEqual(converted.map((each) => each.name), ["page.html"]);
      assert.match(converted[0].data, /# Clouds\s+They drift\./);
    }
  },
  refusals: async () => {
    await refused(run(LLAMA, { prompt: "" }), Cloudflare.BadRequestError, 5006);
    await refused(run("@cf/nobody/nothing", { prompt: "hi" }), Cloudflare.BadRequestError, 7000);
    const stranger = new Cloudflare({ apiToken: "mock-token-expired-000000000000000000000", maxRetries: 0 });
    await refused(stranger.ai.run(LLAMA, { account_id, prompt: "hi" }), Cloudflare.AuthenticationError, 10000);
  },
};

const found = {};
for (const [name, claim] of Object.entries(claims)) {
  found[name] = await claim().then(() => null, (error) => error.stack ?? String(error));
}
console.log(JSON.stringify(found));
