const LLAMA = "@cf/meta/llama-3.1-8b-instruct-fp8";
const PROMPT = { prompt: "What is a cloud?" };

const uses = {
  async run(AI) {
    const { response } = await AI.run(LLAMA, PROMPT);
    return { response };
  },
  async stream(AI) {
    const events = await new Response(await AI.run(LLAMA, { ...PROMPT, stream: true })).text();
    return { events: events.split("\n\n").filter(Boolean) };
  },
  async image(AI) {
    const inputs = { prompt: "a lighthouse", width: 256, height: 256 };
    const picture = await AI.run("@cf/stabilityai/stable-diffusion-xl-base-1.0", inputs);
    const bytes = new Uint8Array(await new Response(picture).arrayBuffer());
    return { begin: [...bytes.slice(0, 3)] };
  },
  async embeddings(AI) {
    const { shape } = await AI.run("@cf/baai/bge-small-en-v1.5", { text: ["one", "two"] });
    return { shape };
  },
  async recording(AI) {
    const speech = { text: "hello world", encoding: "linear16", container: "wav" };
    const audio = { body: await AI.run("@cf/deepgram/aura-1", speech), contentType: "audio/wav" };
    const { results } = await AI.run("@cf/deepgram/nova-3", { audio, detect_language: true });
    return { transcript: results.channels[0].alternatives[0].transcript };
  },
  async markdown(AI) {
    const blob = new Blob(["<h1>Weather</h1>"], { type: "text/html" });
    const [{ name, format, data }] = await AI.toMarkdown([{ name: "weather.html", blob }]);
    return { name, format, data };
  },
  async models(AI) {
    const found = await AI.models({ task: "Text Embeddings" });
    return { tasks: [...new Set(found.map((model) => model.task.name))] };
  },
  async gateway(AI) {
    await AI.run(LLAMA, PROMPT, { gateway: { id: "default" } });
    const { model } = await AI.gateway("default").getLog(AI.aiGatewayLogId);
    return { model };
  },
  async socket(AI) {
    const inputs = { encoding: "linear16", sample_rate: "16000" };
    const { webSocket } = await AI.run("@cf/deepgram/flux", inputs, { websocket: true });
    webSocket.accept();
    const { data } = await new Promise((resolve) => webSocket.addEventListener("message", resolve));
    webSocket.close();
    return { type: JSON.parse(data).type };
  },
  async error(AI) {
    try {
      return await AI.run("@cf/meta/llama-9", PROMPT);
    } catch ({ name, message }) {
      return { name, message, code: AI.lastRequestInternalStatusCode };
    }
  },
};

/** What came of every use of env.AI. */
export async function everything({ AI }) {
  const found = {};
  for (const [name, use] of Object.entries(uses)) {
    try {
      found[name] = await use(AI);
    } catch (error) {
      found[name] = { failed: String(error?.stack ?? error) };
    }
  }
  return found;
}

export default {
  async fetch(request, env) {
    return Response.json(await everything(env));
  },
};
