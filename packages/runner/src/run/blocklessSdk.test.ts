import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { createEgress } from "../host/createEgress.ts";
import { compileAssemblyScript } from "../testing/assemblyScript.ts";
import { checkModule, createRunner } from "./createRunner.ts";

/** What the SDK's examples `memory` and `http` do, in one program: compiling is what costs. `npm run test:guests` compiles the examples as they are. */
const PROGRAM = `
import { Console } from "as-wasi/assembly";
import { http, memory } from "@blockless/sdk/assembly";
const stdin = new memory.Stdin().read().toJSON();
const results = stdin.get("results");
if (results) Console.log("Hello " + (Number.parseFloat(results!.toString()) + 1000).toString());
const key = new memory.EnvVars().read().toJSON().get("API_KEY");
const options = new http.HttpOptions("POST");
options.headers = '{"authorization":"' + (key ? key!.toString() : "none") + '"}';
options.body = "asked";
const handle = http.HttpOpen(stdin.get("url")!.toString(), options);
if (handle != null) {
  Console.log(handle!.getHeader("Content-Type")!);
  Console.log(handle!.getAllBody()!);
  handle!.close();
}
`;

describe("A module of Blockless's SDK", () => {
  it("should read stdin and a secret, ask by HTTP with it, and not print it", async () => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (part: Buffer) => {
        body += part.toString();
      });
      request.on("end", () => {
        seen.push(`${request.method} ${request.headers.authorization} ${body}`);
        response.setHeader("content-type", "text/plain").end(`you sent ${request.headers.authorization}`);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`; // of a TCP server
    const runner = await createRunner({ spare: 0 });
    try {
      const module = checkModule(await compileAssemblyScript({ text: PROGRAM }));
      const run = await runner.start(module);
      const { exitCode, stdout, outcome } = await run.give({
        stdin: Buffer.from(JSON.stringify({ results: 5, url: `http://${host}/` })),
        env: [{ name: "API_KEY", value: Buffer.from("sk-0123456789") }],
        egress: createEgress({ permissions: [`http://${host}/`], privateHosts: [host] }),
      });
      expect([outcome.kind, exitCode]).to.deep.equal(["exited", 0]);
      expect(seen).to.deep.equal(["POST sk-0123456789 asked"]);
      expect(Buffer.from(stdout).toString().split("\n")).to.deep.equal(["Hello 1005.0", "text/plain", "you sent ***", ""]);
    } finally {
      await runner.close();
      server.close();
    }
  });
});
