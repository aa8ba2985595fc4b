// Asks a gateway through its provider for the AI SDK: first for a model that there is not, then for one that there is.
import { createAiGateway } from 'ai-gateway-provider';
import { createUnified } from 'ai-gateway-provider/providers/unified';
const { ORIGIN, ACCOUNT, TOKEN, GATEWAY } = process.env;
const real = globalThis.fetch;
globalThis.fetch = (url, options) => real(String(url).replace('https://gateway.ai.cloudflare.com', ORIGIN), options);
const gateway = createAiGateway({ accountId: ACCOUNT, gateway: GATEWAY, apiKey: TOKEN });
const unified = createUnified({ apiKey: TOKEN });
const names = ['workers-ai/@cf/no/such', 'workers-ai/@cf/meta/llama-3.2-1b-instruct'];
const model = gateway(names.map((name) => unified(name)));
const prompt = [{ role: 'user', content: [{ type: 'text', text: 'What is a cloud?' }] }];
try {
  const { content, usage } = await model.doGenerate({ prompt });
  console.log(JSON.stringify({ text: content.map((part) => part.text ?? '').join(''), usage }));
} catch (error) {
  console.log(JSON.stringify({ error: error.message }));
}
