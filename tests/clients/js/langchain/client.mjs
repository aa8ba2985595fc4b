// What LangChain's JavaScript package does with an emulator: its `baseUrl` is everything before the model's name.
// Arguments: account; CLOUDFLARE_BASE_URL and CLOUDFLARE_API_TOKEN are in the environment. Prints a JSON object: the name
// of each claim -> null where it held, else what went wrong.
import assert from "node:assert/strict";
import { ChatCloudflareWorkersAI, CloudflareWorkersAI } from "@langchain/cloudflare";
import { StringOutputParser } from "@langchain/core/output_parsers";
import { ChatPromptTemplate } from "@langchain/core/prompts";

const [cloudflareAccountId] = process.argv.slice(2);
const settings = {
  model: "@cf/meta/llama-3.2-3b-instruct",
  baseUrl: `${process.env.CLOUDFLARE_BASE_URL}/accounts/${cloudflareAccountId}/ai/run`,
  cloudflareAccountId,
  cloudflareApiToken: process.env.CLOUDFLARE_API_TOKEN,
  maxRetries: 0,
};
const chat = new ChatCloudflareWorkersAI(settings);
const PARIS = "What is the capital of France?";

async function text(stream) {
  let text = "";
  for await (const piece of stream) text += piece.content ?? piece;
  return text;
}

const claims = {
  invoke: async () => {
    const turns = [["system", "Be brief."], ["human", "My name is Ada Lovelace."], ["ai", "Hello."], ["human", "What is my name?"]];
    assert.match((await chat.invoke(turns)).content, /Ada/);
  },
  stream: async () => {
    const whole = (await chat.invoke(PARIS)).content;
    assert.match(whole, /Paris/);
    assert.equal(await text(await chat.stream(PARIS)), whole);
  },
  prompt: async () => {
    const model = new CloudflareWorkersAI(settings);
    const whole = await model.invoke(PARIS);
    assert.match(whole, /Paris/);
    assert.equal(await text(await model.stream(PARIS)), whole);
  },
  chain: async () => {
    const asked = ChatPromptTemplate.fromTemplate("What is the capital of {country}?");
    const chain = asked.pipe(chat).pipe(new StringOutputParser());
    assert.match(await chain.invoke({ country: "France" }), /Paris/);
    assert.equal((await chain.batch([{ country: "France" }, { country: "Italy" }])).length, 2);
  },
  refusals: async () => {
    const unknown = new ChatCloudflareWorkersAI({ ...settings, model: "@cf/nobody/nothing" });
    await assert.rejects(unknown.invoke(PARIS), /400/);
  },
};

const found = {};
for (const [name, claim] of Object.entries(claims)) {
  found[name] = await claim().then(() => null, (error) => error.stack ?? String(error));
}
console.log(JSON.stringify(found));
