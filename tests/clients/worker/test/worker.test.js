import { env, exports } from "cloudflare:workers";
import { expect, it } from "vitest";

it("env.AI answers a test", async () => {
  const { response } = await env.AI.run("@cf/meta/llama-3.1-8b-instruct-fp8", { prompt: "What is a cloud?" });
  expect(response).toContain("cloud");
});

it("env.AI refuses as it does anywhere", async () => {
  await expect(env.AI.run("@cf/meta/llama-9", { prompt: "Hi" })).rejects.toThrow("5007: No such model");
});

it("the Worker itself has it too", async () => {
  const found = await (await exports.default.fetch("http://worker/")).json();
  const failed = Object.entries(found).filter(([, { failed }]) => failed);
  expect(failed).toEqual([]);
});
