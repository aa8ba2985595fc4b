// What TanStack AI does with an emulator. Cloudflare's adapters know one address only and use the global fetch, which is
// replaced here. Arguments: account, folder of sample files; ORIGIN and CLOUDFLARE_API_TOKEN are in the environment. Prints
// a JSON object: the name of each claim -> null where it held, else what went wrong.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  createWorkersAiChat, createWorkersAiImage, createWorkersAiSummarize, createWorkersAiTranscription, createWorkersAiTts,
} from "@cloudflare/tanstack-ai";
import { chat, generateImage, generateSpeech, generateTranscription, summarize, toolDefinition } from "@tanstack/ai";
import { z } from "zod";

const direct = globalThis.fetch;
globalThis.fetch = (url, init) => direct(String(url).replace("https://api.cloudflare.com", process.env.ORIGIN), init);

const [accountId, samples] = process.argv.slice(2);
const access = { accountId, apiKey: process.env.CLOUDFLARE_API_TOKEN };
const sample = (name) => readFileSync(`${samples}/${name}`);
const MODELS = ["@cf/moonshotai/kimi-k2.6", "@cf/openai/gpt-oss-120b", "@cf/google/gemma-4-26b-a4b-it"];
const asked = (content) => [{ role: "user", content }];
const PARIS = asked("What is the capital of France?");
const Capital = z.object({ country: z.string(), capital: z.string() });

async function everyModel(claim) {
  for (const name of MODELS) await claim(createWorkersAiChat(name, access));
}

const claims = {
  chat: () =>
    everyModel(async (adapter) => {
      assert.match(await chat({ adapter, messages: PARIS, stream: false }), /Paris/);
    }),
  "chat, streamed": () =>
    everyModel(async (adapter) => {
      let text = "";
      for await (const event of chat({ adapter, messages: PARIS, stream: true })) {
        if (event.type === "TEXT_MESSAGE_CONTENT") text += event.delta;
        assert.notEqual(event.type, "RUN_ERROR", JSON.stringify(event));
      }
      assert.equal(text, await chat({ adapter, messages: PARIS, stream: false }));
    }),
  tools: () =>
    everyModel(async (adapter) => {
      const cities = [];
      const inputSchema = z.object({ city: z.string() });
      const weather = toolDefinition({ name: "get_weather", description: "Weather in a city", inputSchema });
      const tools = [weather.server(async ({ city }) => (cities.push(city), { forecast: "drizzle" }))];
      const text = await chat({ adapter, messages: asked("What is the weather in Paris?"), tools, stream: false });
      assert.deepEqual(cities, ["Paris"]);
      assert.match(text, /drizzle/);
    }),
  "structured output": () =>
    everyModel(async (adapter) => {
      Capital.parse(await chat({ adapter, messages: PARIS, outputSchema: Capital }));
    }),
  summarize: async () => {
    // the one model that the adapter is for is deprecated, and says so
    const adapter = createWorkersAiSummarize("@cf/facebook/bart-large-cnn", access);
    await assert.rejects(summarize({ adapter, text: "Clouds are made of water." }), /410.*5028/s);
  },
  image: async () => {
    // a model that answers with bytes: of the others the adapter takes the whole JSON for the picture
    const adapter = createWorkersAiImage("@cf/lykon/dreamshaper-8-lcm", access);
    const { images } = await generateImage({ adapter, prompt: "a llama" });
    assert.equal(Buffer.from(images[0].b64Json, "base64").readUInt16BE(), 0xffd8);
  },
  transcription: async () => {
    const recording = sample("talking-llama.mp3");
    const audio = recording.buffer.slice(recording.byteOffset, recording.byteOffset + recording.length);
    for (const name of ["@cf/openai/whisper", "@cf/openai/whisper-large-v3-turbo", "@cf/deepgram/nova-3"]) {
      const { text } = await generateTranscription({ adapter: createWorkersAiTranscription(name, access), audio });
      assert.match(text, /good day to be a llama/i);
    }
  },
  speech: async () => {
    const { audio } = await generateSpeech({ adapter: createWorkersAiTts("@cf/deepgram/aura-1", access), text: "Hello" });
    assert.ok(Buffer.from(audio, "base64").length > 1000);
  },
};

const found = {};
for (const [name, claim] of Object.entries(claims)) {
  found[name] = await claim().then(() => null, (error) => error.stack ?? String(error));
}
console.log(JSON.stringify(found));
