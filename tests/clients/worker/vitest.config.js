import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [
    cloudflareTest({
      wrangler: { configPath: "./wrangler.jsonc" },
      remoteBindings: false,
      miniflare: { ai: { binding: "AI", remoteProxyConnectionString: new URL(process.env.EMULATOR) } },
    }),
  ],
});
