import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { toXY } from "@keyquorum/threshold";
import { createFakeChain } from "../../../packages/keeper/src/testing/fakeChain.ts";
import { bob, JOINT_KEY } from "../../../packages/keeper/src/testing/reader.ts";
import { EPOCH } from "../../../packages/keeper/src/testing/shareRequestServer.ts";

const BLOCK_MILLISECONDS = 2_000;
const PERMITTED = 1;

/** An RPC on 127.0.0.1 that says yes to everybody, with a new block every two seconds. */
export type StandIn = {
  readonly url: string;
  /** Calls so far, looks at the newest blocks left out; and HTTP requests that had any of them. */
  readonly asked: () => { readonly calls: number; readonly requests: number };
  readonly close: () => void;
};

type Call = { readonly id: number; readonly method: string; readonly params: readonly unknown[] };

export const startStandIn = async (): Promise<StandIn> => {
  const chain = createFakeChain();
  chain.genesisTime = Math.floor(Date.now() / 1000) - chain.head;
  chain.answers["shareRequests.decide"] = () => [PERMITTED];
  chain.answers["keyGeneration.keyOf"] = () => [[0, EPOCH, bob.address, toXY(JOINT_KEY), bob.address, `0x${"00".repeat(32)}`]];
  chain.answers["keeperRegistry.committeeOf"] = () => [[]];
  const mining = setInterval(() => {
    chain.head += 1;
    chain.genesisTime += 1; // the made-up chain's blocks are a second apart
  }, BLOCK_MILLISECONDS);
  let [calls, requests] = [0, 0];
  const answer = async ({ id, method, params }: Call): Promise<object> => ({
    jsonrpc: "2.0",
    id,
    result: await chain.rpc.send(method, params),
  });
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const asked = JSON.parse(Buffer.concat(chunks).toString()) as Call | readonly Call[];
      const counted = [asked].flat().filter(({ method }) => method !== "eth_getBlockByNumber").length;
      calls += counted;
      if (counted > 0) requests += 1;
      Promise.all([asked].flat().map(answer)).then(
        (answers) => response.end(JSON.stringify(Array.isArray(asked) ? answers : answers[0])),
        () => response.destroy(),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // true: it listens on TCP
    asked: () => ({ calls, requests }),
    close: () => {
      clearInterval(mining);
      server.closeAllConnections();
      server.close();
    },
  };
};
