import { expect } from "chai";
import { firstAnswer } from "./firstAnswer.ts";
import { UsageError } from "./usageError.ts";

const KEY = "5ecret-key-0f-the-rpc";
const URL_WITH_KEY = new URL(`https://user:${KEY}@rpc.example/v3/${KEY}?key=${KEY}`);
const chain = () => new Response('{"jsonrpc":"2.0","id":1,"result":"0x7a69"}');
type Answer = () => Response;

describe("The tasks' first question to a node", () => {
  const ask = async (answers: readonly Answer[]) => {
    const [waits, warnings]: [number[], string[]] = [[], []];
    let asked = 0;
    const outside = {
      fetch: async () => (answers[Math.min(asked++, answers.length - 1)] as Answer)(),
      sleep: async (milliseconds: number) => {
        waits.push(milliseconds);
      },
    };
    const result = await firstAnswer(URL_WITH_KEY, (line) => warnings.push(line), outside).catch((error: unknown) => error);
    if (!(result instanceof UsageError) && typeof result !== "bigint") throw result;
    expect(String(result) + warnings.join("")).not.to.contain(KEY);
    return { result, waits, asked };
  };
  const rpcError = (code: number, message: string) => () =>
    new Response(JSON.stringify({ jsonrpc: "2.0", id: 1, error: { code, message } }));
  const status =
    (code: number, headers: Readonly<Record<string, string>> = {}) =>
    () =>
      new Response("<html>", { status: code, headers });

  const passing: readonly (readonly [what: string, answer: Answer])[] = [
    ["HTTP status 429", status(429)],
    ["429 inside of a 200", rpcError(429, "Too Many Requests")],
    ["-32005", rpcError(-32005, "rate limit exceeded")],
    ["HTTP status 503", status(503)],
    ["HTTP status 502", status(502)],
  ];
  for (const [what, answer] of passing)
    it(`survives ${what}`, async () => {
      const { result, waits } = await ask([answer, answer, chain]);
      expect(result).to.equal(31337n);
      expect(waits).to.deep.equal([500, 1_000]);
    });

  it("waits as long as the node says, and tells the user where that is too long", async () => {
    expect(await ask([status(429, { "retry-after": "4" }), chain])).to.deep.include({ result: 31337n, waits: [4_000] });
    const { result, asked } = await ask([status(429, { "retry-after": "600" }), chain]);
    expect(String(result)).to.contain("429").and.to.contain("600 s");
    expect(asked).to.equal(1);
  });

  it("gives up a node that stays busy, with its status", async () => {
    const { result, asked } = await ask([status(503)]);
    expect(String(result)).to.contain("503");
    expect(asked).to.equal(6);
  });

  it("tells where a redirect leads, and does not follow it", async () => {
    for (const code of [301, 302, 308]) {
      const { result, asked } = await ask([status(code, { location: `https://other.example:8443/v3/${KEY}` })]);
      expect(String(result)).to.contain("https://other.example:8443").and.to.contain(String(code));
      expect(asked).to.equal(1);
    }
    expect(String((await ask([status(301, { location: "/login" })])).result)).to.contain("redirects elsewhere");
  });

  const final: readonly (readonly [what: string, answer: Answer, told: string])[] = [
    ["a wrong key", status(401), "401"],
    ["a wrong path", status(404), "404"],
    ["a page", () => new Response("<html>Welcome</html>"), "does not speak JSON-RPC"],
    ["JSON that is no answer", () => new Response("[]"), "does not speak JSON-RPC"],
    ["a number that is none", () => new Response('{"jsonrpc":"2.0","id":1,"result":"abc"}'), "does not speak JSON-RPC"],
    ["no eth_chainId", rpcError(-32601, "method not found"), "-32601"],
  ];
  for (const [what, answer, told] of final)
    it(`tells of ${what} at once`, async () => {
      const { result, asked } = await ask([answer]);
      expect(String(result)).to.contain(told);
      expect(asked).to.equal(1);
    });

  it("tells why nothing answers", async () => {
    const refused = () => {
      throw Object.assign(new TypeError(`fetch failed ${KEY}`), { cause: Object.assign(new Error("x"), { code: "ECONNREFUSED" }) });
    };
    expect(String((await ask([refused])).result)).to.contain("No chain answers at https://rpc.example (ECONNREFUSED)");
  });
});
