import { fork } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import { loadavg } from "node:os";
import { join } from "node:path";
import { bodyOf, createHeader, createRequest, signRequest } from "../../packages/keeper/src/testing/reader.ts";
import { startStandIn } from "./answers/standIn.ts";
import { type Figure, median } from "./figures.ts";

const [ROUNDS, REQUESTS, AT_ONCE] = [20, 50, 16];
/** As a keeper is that runs for days: all that it does often is compiled. */
const WARM_UP = 1_000;
const DEADLINE_SECONDS = 590n;

/**
 * A keeper's answers by HTTP to a permitted reader, 16 at a time: its own process's CPU alone. The RPC is a stand-in; that and the reader are in this
 * process and not counted.
 */
export const answerFigures = async (): Promise<readonly Figure[]> => {
  const standIn = await startStandIn();
  const keeper = fork(join(import.meta.dirname, "answers", "serve.ts"), [standIn.url]);
  try {
    const [url] = (await once(keeper, "message")) as [string];
    const cpuSeconds = async (): Promise<number> => {
      keeper.send("usage");
      const [{ user, system }] = (await once(keeper, "message")) as [NodeJS.CpuUsage];
      return (user + system) / 1e6;
    };
    const agent = new http.Agent({ keepAlive: true, maxSockets: AT_ONCE });
    const header = createHeader();
    const bodies = async (count: number, of = header): Promise<readonly string[]> => {
      const deadline = BigInt(Math.floor(Date.now() / 1000)) + DEADLINE_SECONDS;
      const signed = Array.from({ length: count }, async () => JSON.stringify(bodyOf(await signRequest(of, createRequest(of, deadline)))));
      return Promise.all(signed);
    };
    await askAll(url, agent, await bodies(WARM_UP));
    const rates: number[] = [];
    const calls: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const asked = await bodies(REQUESTS);
      await askAll(url, agent, asked.slice(0, 1)); // the newest block may be new to the pair of reader and document
      const [cpu, before] = [await cpuSeconds(), standIn.asked()];
      await askAll(url, agent, asked.slice(1));
      rates.push((REQUESTS - 1) / ((await cpuSeconds()) - cpu));
      calls.push((standIn.asked().calls - before.calls) / (REQUESTS - 1));
    }
    const before = standIn.asked();
    await askAll(url, agent, await bodies(1, createHeader()));
    const batches = standIn.asked().requests - before.requests;
    agent.destroy();
    const load = `load ${loadavg()[0]?.toFixed(1)}`;
    return [
      {
        name: "permitted requests per CPU second of the keeper",
        value: median(rates),
        unit: "1/s",
        target: 400,
        note: `${AT_ONCE} at a time, after ${WARM_UP} requests; ${load}`,
      },
      {
        name: "RPC calls per request, looks not counted",
        value: median(calls),
        unit: "calls",
        target: 0.1,
        note: "reader and document seen at that head",
      },
      { name: "RPC requests for a new document, looks not counted", value: batches, unit: "calls", target: 1 },
    ];
  } finally {
    keeper.disconnect();
    await once(keeper, "exit");
    standIn.close();
  }
};

const askAll = async (url: string, agent: http.Agent, bodies: readonly string[]): Promise<void> => {
  const left = [...bodies];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let body = left.pop(); body !== undefined; body = left.pop()) await ask(url, agent, body);
    }),
  );
};

const ask = (url: string, agent: http.Agent, body: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const sent = http.request(`${url}/v1/share-requests`, { method: "POST", agent, headers }, (response) => {
      response.resume();
      response.on("end", () => (response.statusCode === 200 ? resolve() : reject(new Error(`not answered: ${response.statusCode}`))));
    });
    sent.on("error", reject);
    sent.end(body);
  });
