// What the AI SDK with workers-ai-provider does with an emulator. The provider knows one address only: its option
// `fetch` sends requests elsewhere. Arguments: account, folder of sample files; ORIGIN and CLOUDFLARE_API_TOKEN are in the
// environment. Prints a JSON object: the name of each claim -> null where it held, else what went wrong.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  embed, embedMany, generateImage, generateObject, generateSpeech, generateText, isStepCount, Output, rerank, streamText,
  transcribe,
} from "ai";
import { createWorkersAI } from "workers-ai-provider";
import { z } from "zod";

const [accountId, samples] = process.argv.slice(2);
const direct = globalThis.fetch;
const fetch = (url, init) => direct(String(url).replace("https://api.cloudflare.com", process.env.ORIGIN), init);
const workersai = createWorkersAI({ accountId, apiKey: process.env.CLOUDFLARE_API_TOKEN, fetch });
const sample = (name) => readFileSync(`${samples}/${name}`);
const MODELS = ["@cf/moonshotai/kimi-k2.6", "@cf/meta/llama-3.3-70b-instruct-fp8-fast", "@cf/openai/gpt-oss-120b"];
const PARIS = "What is the capital of France?";
const Capital = z.object({ country: z.string(), capital: z.string(), population: z.number().int() });

async function everyModel(claim) {
  for (const name of MODELS) await claim(workersai(name));
}

function weather(asked) {
  const execute = async ({ city }) => (asked.push(city), { city, forecast: "drizzle" });
  const get_weather = { description: "Weather in a city", inputSchema: z.object({ city: z.string() }), execute };
  return { prompt: "What is the weather in Paris?", tools: { get_weather }, stopWhen: isStepCount(3) };
}

const claims = {
  generateText: () =>
    everyModel(async (model) => {
      const { text, finishReason, usage } = await generateText({ model, prompt: PARIS });
      assert.match(text, /Paris/);
      assert.equal(finishReason, "stop");
      assert.ok(usage.inputTokens > 0 && usage.outputTokens > 0);
    }),
  streamText: () =>
    everyModel(async (model) => {
      const whole = await generateText({ model, prompt: PARIS });
      const stream = streamText({ model, prompt: PARIS });
      let text = "";
      for await (const piece of stream.textStream) text += piece;
      assert.equal(text, whole.text);
      assert.equal(await stream.finishReason, "stop");
      assert.equal((await stream.usage).outputTokens, whole.usage.outputTokens);
    }),
  tools: () =>
    everyModel(async (model) => {
      const asked = [];
      const { text, steps } = await generateText({ model, ...weather(asked) });
      assert.match(text, /drizzle/);
      assert.deepEqual(asked, ["Paris"]);
      assert.equal(steps.length, 2);
    }),
  "tools, streamed": async () => {
    // not by Llama 3.3, which streams its calls as text
    for (const name of ["@cf/moonshotai/kimi-k2.6", "@cf/openai/gpt-oss-120b", "@cf/meta/llama-3.2-3b-instruct"]) {
      const asked = [];
      const stream = streamText({ model: workersai(name), ...weather(asked) });
      let text = "";
      for await (const piece of stream.textStream) text += piece;
      assert.match(text, /drizzle/);
      assert.deepEqual(asked, ["Paris"]);
    }
  },
  generateObject: () =>
    everyModel(async (model) => {
      const { object } = await generateObject({ model, schema: Capital, prompt: PARIS });
      Capital.parse(object);
      const { output } = await generateText({ model, output: Output.object({ schema: Capital }), prompt: PARIS });
      assert.deepEqual(output, object);
    }),
  reasoning: async () => {
    const model = workersai("@cf/moonshotai/kimi-k2.6", { reasoning_effort: "high" });
    const { reasoningText, text } = await generateText({ model, prompt: PARIS });
    assert.ok(reasoningText);
    assert.match(text, /Paris/);
  },
  vision: async () => {
    const model = workersai("@cf/moonshotai/kimi-k2.6");
    const image = { type: "file", mediaType: "image/png", data: sample("cat.png") };
    const content = [{ type: "text", text: "What is in the picture?" }, image];
    const { text } = await generateText({ model, messages: [{ role: "user", content }] });
    assert.match(text, /\bcat\b/i);
  },
  embed: async () => {
    const model = workersai.textEmbedding("@cf/baai/bge-base-en-v1.5");
    const { embeddings } = await embedMany({ model, values: ["a cloud", "a llama"] });
    assert.deepEqual(embeddings.map((each) => each.length), [768, 768]);
    assert.deepEqual((await embed({ model, value: "a llama" })).embedding, embeddings[1]);
  },
  image: async () => {
    const flux = workersai.image("@cf/black-forest-labs/flux-1-schnell"); // refuses a size
    const { image } = await generateImage({ model: flux, prompt: "a llama" });
    assert.equal(image.mediaType, "image/jpeg");
    const lucid = workersai.image("@cf/leonardo/lucid-origin");
    const { images } = await generateImage({ model: lucid, prompt: "a llama", size: "512x256", n: 2 });
    assert.deepEqual(images.map((each) => each.mediaType), ["image/jpeg", "image/jpeg"]);
  },
  transcription: async () => {
    const spoken = { audio: sample("talking-llama.mp3"), mediaType: "audio/mpeg" };
    for (const name of ["@cf/openai/whisper", "@cf/openai/whisper-large-v3-turbo"]) {
      const { text } = await transcribe({ model: workersai.transcription(name), ...spoken });
      assert.equal(text, "It is a good day to be a llama.");
    }
    globalThis.fetch = fetch; // the provider's way to Nova 3 takes no notice of its option
    const model = workersai.transcription("@cf/deepgram/nova-3");
    const { text } = await transcribe({ model, ...spoken });
    globalThis.fetch = direct;
    assert.match(text, /good day to be a llama/i);
  },
  speech: async () => {
    const model = workersai.speech("@cf/deepgram/aura-1");
    const { audio } = await generateSpeech({ model, text: "Hello from a llama", voice: "asteria" });
    const [first, second] = audio.uint8Array;
    assert.ok((first === 0xff && second >= 0xe0) || Buffer.from(audio.uint8Array).toString("latin1", 0, 3) === "ID3");
    assert.ok(audio.uint8Array.length > 1000);
  },
  rerank: async () => {
    const model = workersai.reranking("@cf/baai/bge-reranker-base");
    const documents = ["Bread is baked in an oven.", "Llamas live in the Andes.", "Rain falls from clouds."];
    const { ranking, rerankedDocuments } = await rerank({ model, query: "Where do llamas live?", documents, topN: 2 });
    assert.equal(rerankedDocuments[0], documents[1]);
    assert.equal(ranking.length, 2);
  },
  refusals: async () => {
    const unknown = generateText({ model: workersai("@cf/nobody/nothing"), prompt: PARIS, maxRetries: 0 });
    await assert.rejects(unknown, (error) => /7000|No route/.test(error.message + error.responseBody));
  },
};

const found = {};
for (const [name, claim] of Object.entries(claims)) {
  found[name] = await claim().then(() => null, (error) => error.stack ?? String(error));
}
console.log(JSON.stringify(found));
