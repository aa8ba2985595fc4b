// Reads {"schema", "payloads"} a line on stdin, writes a line of verdicts: null, or the message of the error thrown.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const modules = process.argv[2];
const { Cabidela } = createRequire(`${modules}/.`)("@cloudflare/cabidela");

function verdict(validator, payload) {
  try {
    validator.validate(payload);
    return null;
  } catch (error) {
    return error.message;
  }
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const { schema, payloads } = JSON.parse(line);
  const validator = new Cabidela(schema, { fullErrors: true, applyDefaults: false });
  process.stdout.write(`${JSON.stringify(payloads.map((payload) => verdict(validator, payload)))}\n`);
}
