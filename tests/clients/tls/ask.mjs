// A program with Cloudflare's addresses built in, which knows of no emulator.
const [, , account, token] = process.argv;
const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
const model = "@cf/meta/llama-3.1-8b-instruct-fp8";
const body = (more) => JSON.stringify({ prompt: "Say hello", ...more });
const api = `https://api.cloudflare.com/client/v4/accounts/${account}/ai/run/${model}`;
const gateway = `https://gateway.ai.cloudflare.com/v1/${account}/default/workers-ai/${model}`;

const whole = await (await fetch(api, { method: "POST", headers, body: body() })).json();
const stream = await (await fetch(api, { method: "POST", headers, body: body({ stream: true }) })).text();
const through = await (await fetch(gateway, { method: "POST", headers, body: body() })).json();
let elsewhere = "answered";
try {
  await fetch("https://example.com/");
} catch (error) {
  elsewhere = "refused";
}
console.log(
  JSON.stringify({
    success: whole.success,
    said: whole.result.response,
    streamed: stream.endsWith("data: [DONE]\n\n"),
    gateway: through.result.response,
    elsewhere,
  }),
);
