import { Miniflare } from "miniflare";

const miniflare = new Miniflare({
  modules: true,
  scriptPath: "src/index.js",
  compatibilityDate: "2026-07-01",
  cf: false,
  ai: { binding: "AI", remoteProxyConnectionString: new URL(process.env.EMULATOR) },
});
console.log(await (await miniflare.dispatchFetch("http://worker/")).text());
await miniflare.dispose();
