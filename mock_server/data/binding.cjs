"use strict";
// A plugin of Miniflare. A binding that names it is the runtime's own env.AI, which asks the emulator at `address`
// what it would ask Cloudflare. `source` is the configuration that the binding was taken from, `sha256` its content.
const { createHash } = require("node:crypto");
const { readFileSync } = require("node:fs");
const { connect } = require("node:net");
const { basename } = require("node:path");

const NAME = "workers-ai-mock";

// Miniflare 4 hands over a list of the plugin's bindings, later ones the whole Worker.
function bindings(given) {
  const all = Array.isArray(given)
    ? given
    : Object.entries(given?.config?.env ?? {}).map(([name, { dev }]) => ({ name, ...dev }));
  return all.filter(({ plugin }) => plugin?.name === NAME);
}

const service = ({ address }) => `${NAME}:${address}`;

// For getPlatformProxy. Only the class of the very Miniflare that asks will do, and that is no package of this folder.
function nodeBindings(given) {
  const found = bindings(given);
  if (found.length === 0) return {};
  const made = Object.values(require.cache).find((module) => module?.exports?.ProxyNodeBinding);
  if (made === undefined) throw new Error(`${NAME}: this version of Miniflare has no ProxyNodeBinding`);
  return Object.fromEntries(found.map(({ name }) => [name, new made.exports.ProxyNodeBinding()]));
}

function warnWhenStale({ source, sha256 }, log) {
  let now;
  try {
    now = createHash("sha256").update(readFileSync(source)).digest("hex");
  } catch {
    return; // it was renamed or removed: nothing to compare with
  }
  if (now === sha256) return;
  log.warn(`${basename(source)} has changed since \`workers-ai-mock binding init\` copied it; run that again.`);
}

function warnWhenDown({ address }, log) {
  const { hostname, port } = new URL(`http://${address}`);
  const socket = connect({ host: hostname.replace(/[[\]]/g, ""), port: Number(port) || 80, timeout: 2000 });
  const warn = () => log.warn(`Nothing answers env.AI at ${address}; \`workers-ai-mock serve\` does.`);
  socket.unref();
  socket.once("connect", () => socket.destroy());
  socket.once("error", warn);
  socket.once("timeout", () => socket.destroy(new Error("timeout")));
}

exports.plugins = {
  [NAME]: {
    async getBindings(given) {
      return bindings(given).map(({ name, options }) => ({
        name,
        wrapped: {
          moduleName: "cloudflare-internal:ai-api",
          innerBindings: [{ name: "fetcher", service: { name: service(options) } }],
        },
      }));
    },
    async getNodeBindings(given) {
      return nodeBindings(given);
    },
    async getServices({ options: given, log }) {
      return bindings(given).map(({ options }) => {
        warnWhenStale(options, log);
        warnWhenDown(options, log);
        return { name: service(options), external: { address: options.address, http: {} } };
      });
    },
  },
};
