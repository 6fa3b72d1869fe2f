/**
 * A process of its own that sends bad requests to one keeper at a fixed rate, from many of this machine's addresses, whatever the keeper says:
 *   node scripts/faults/flood.ts FILE
 * FILE is a `FloodPlan` as JSON. Ends by itself; prints a `FloodReport` as JSON.
 */
import { readFile } from "node:fs/promises";
import { Agent, request } from "node:http";

export type FloodPlan = {
  readonly url: string;
  readonly seconds: number;
  readonly addresses: readonly { readonly address: string; readonly perMinute: number }[];
  /** Bodies by kind; each kind has an equal part. */
  readonly bodies: Readonly<Record<string, readonly string[]>>;
};
/** `outcomes`: how often each kind got which code. `unsent`: skipped, because too many of an address were without an answer. */
export type FloodReport = {
  readonly sent: number;
  readonly unsent: number;
  readonly outcomes: Readonly<Record<string, Record<string, number>>>;
};

const MOST_OPEN = 50;
const TIMEOUT = 15_000;

const flood = async (plan: FloodPlan): Promise<FloodReport> => {
  const kinds = Object.entries(plan.bodies);
  const outcomes: Record<string, Record<string, number>> = {};
  let [sent, unsent] = [0, 0];

  const note = (kind: string, code: string): void => {
    const codes = outcomes[kind] ?? {};
    codes[code] = (codes[code] ?? 0) + 1;
    outcomes[kind] = codes;
  };
  const send = (agent: Agent, kind: string, body: string): Promise<void> =>
    new Promise((resolve) => {
      const end = (code: string): void => {
        note(kind, code);
        resolve();
      };
      const options = { method: "POST", agent, timeout: TIMEOUT, headers: { "content-type": "application/json" } };
      const sending = request(`${plan.url}/v1/share-requests`, options, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        response.on("end", () => end(/"code":"(\w+)"/.exec(text)?.[1] ?? String(response.statusCode)));
        response.on("error", () => end("CUT_OFF"));
      });
      sending.on("timeout", () => sending.destroy(new Error("timeout")));
      sending.on("error", (error) => end(error.message === "timeout" ? "NO_ANSWER" : "CUT_OFF"));
      sending.end(body);
    });

  const until = Date.now() + plan.seconds * 1000;
  const fromAddress = async ({ address, perMinute }: FloodPlan["addresses"][number], place: number): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 8, localAddress: address });
    const open = new Set<Promise<void>>();
    const pause = 60_000 / perMinute;
    let next = Date.now() + (pause * place) / plan.addresses.length;
    for (let number = place; Date.now() < until; number += 1) {
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - Date.now())));
      next += pause;
      const [kind, bodies] = kinds[number % kinds.length] ?? ["", []];
      const body = bodies[Math.floor(number / kinds.length + place * 37) % bodies.length];
      if (body === undefined) throw new Error(`There is no body of kind ${kind}.`);
      if (open.size >= MOST_OPEN) {
        unsent += 1;
        continue;
      }
      sent += 1;
      const sending = send(agent, kind, body).finally(() => open.delete(sending));
      open.add(sending);
    }
    await Promise.all(open);
    agent.destroy();
  };
  await Promise.all(plan.addresses.map(fromAddress));
  return { sent, unsent, outcomes };
};

const [, , file] = process.argv;
if (import.meta.main) {
  if (file === undefined) throw new Error("flood.ts FILE");
  console.log(JSON.stringify(await flood(JSON.parse(await readFile(file, "utf8")) as FloodPlan)));
}
