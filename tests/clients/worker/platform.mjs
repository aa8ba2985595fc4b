// Node with the Worker's bindings.
import { getPlatformProxy } from "wrangler";
import { everything } from "./src/index.js";

const { env, dispose } = await getPlatformProxy({ configPath: "wrangler.offline.jsonc" });
console.log(JSON.stringify(await everything(env)));
await dispose();
