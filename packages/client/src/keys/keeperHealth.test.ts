import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { G } from "@keyquorum/threshold";
import { encodeKeeperInfo, type KeeperInfo, parseAddress, ZERO_HASH } from "@keyquorum/wire";
import { expect } from "chai";
import { fakeDeployment } from "../fakes/fakeDeployment.ts";
import { createFakeNode } from "../fakes/fakeNode.ts";
import { systemClock } from "../time/clock.ts";
import { keeperHealth } from "./keeperHealth.ts";

const { chainId, contracts } = fakeDeployment();
const identityOf = (slot: number) => G.multiply(BigInt(slot) + 10n);

const infoOf = (slot: number): KeeperInfo => ({
  software: "keyquorum-keeper 1.2.3",
  name: `k${slot}`,
  chainId,
  keeperRegistry: parseAddress(contracts.keeperRegistry),
  shareRequests: parseAddress(contracts.shareRequests),
  slot,
  operator: parseAddress(`0x${String(slot).repeat(40)}`),
  identityKey: identityOf(slot),
  ready: true,
  sharesMissing: 0,
  finalBlock: null,
  headBlock: { number: 77n, hash: ZERO_HASH },
  headLookMilliseconds: 250,
  maxHeadAgeSeconds: 120,
});

type Answer = (response: ServerResponse, path: string) => void;
const json = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
};
const says =
  (info: Partial<KeeperInfo>, slot: number): Answer =>
  (response, path) =>
    path === "/v1/keeper"
      ? json(response, 200, encodeKeeperInfo({ ...infoOf(slot), ...info }))
      : json(response, 503, { status: "not ready", reasons: ["chain_stale", "\u001b[2J", 7] });

describe("Whether keepers are live", () => {
  const servers: Server[] = [];
  const serve = async (answer: Answer): Promise<string> => {
    const server = createServer((request, response) => answer(response, request.url ?? ""));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  after(() => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  });

  const ask = (
    endpoints: readonly string[],
    { removed = 0n, signal }: { readonly removed?: bigint; readonly signal?: AbortSignal } = {},
  ) => {
    const records = endpoints.map((endpoint, index) => {
      const { x, y } = identityOf(index + 1).toAffine();
      return { slot: BigInt(index + 1), name: `k${index + 1}`, endpoint, identityKey: { x, y } };
    });
    const chain = createFakeNode().chainWith({ keeperRegistry: { keepers: async () => records, removedKeepers: async () => removed } });
    const limits = { overallMs: 400, idleMs: 300, maxBytes: 4_096 };
    return keeperHealth(
      { ...chain, fetchAt: () => fetch, clock: systemClock, limits, reachedAt: (keeper) => keeper },
      signal === undefined ? {} : { signal },
    );
  };
  /** What the keeper at slot 1 counts as when it answers like this. */
  const verdictOf = async (answer: Answer): Promise<string> => {
    const [health] = await ask([await serve(answer)]);
    if (health?.failure !== undefined) return health.failure.code;
    return health?.ready ? "ready" : `not ready: ${health?.reasons.join()}`;
  };

  it("tells of one that is ready its version, newest block, missing shares, latency and clock", async () => {
    const [health] = await ask([await serve(says({ sharesMissing: 2 }, 1))]);
    expect(health).to.deep.include({
      slot: 1,
      live: true,
      ready: true,
      software: "keyquorum-keeper 1.2.3",
      sharesMissing: 2,
      headBlock: 77,
    });
    expect(health?.latencyMs).to.be.at.least(0);
    expect(Math.abs(health?.clockAheadSeconds ?? 99)).to.be.at.most(1);
  });

  it("sees a clock that is two minutes behind", async () => {
    const url = await serve((response, path) => {
      response.setHeader("date", new Date(Date.now() - 120_000).toUTCString());
      says({}, 1)(response, path);
    });
    expect((await ask([url]))[0]?.clockAheadSeconds).to.be.within(-122, -118);
  });

  it("takes from one that is not ready only reasons that are words", async () => {
    expect(await verdictOf(says({ ready: false }, 1))).to.equal("not ready: chain_stale");
  });

  it("calls dead who is another keeper, or a keeper of another deployment or chain", async () => {
    expect(await verdictOf(says({ slot: 2 }, 1))).to.equal("WRONG_KEEPER");
    expect(await verdictOf(says({ identityKey: identityOf(2) }, 1))).to.equal("WRONG_KEEPER");
    expect(await verdictOf(says({ keeperRegistry: parseAddress(contracts.shareRequests) }, 1))).to.equal("WRONG_KEEPER");
    expect(await verdictOf(says({ chainId: 1n }, 1))).to.equal("WRONG_KEEPER");
  });

  it("calls dead who answers with something else, too much, too slowly or not at all", async () => {
    expect(await verdictOf((response) => json(response, 200, { hello: 1 }))).to.equal("BAD_RESPONSE");
    expect(await verdictOf((response) => void response.end("<html>"))).to.equal("BAD_RESPONSE");
    expect(await verdictOf((response) => json(response, 503, { status: "starting" }))).to.equal("NOT_SERVING");
    expect(await verdictOf((response) => void response.end("x".repeat(5_000)))).to.equal("RESPONSE_TOO_LARGE");
    expect(await verdictOf((response) => void response.socket?.destroy())).to.equal("UNREACHABLE");
    expect(await verdictOf((response) => void response.writeHead(302, { location: "http://127.0.0.1:1/" }).end())).to.equal("UNREACHABLE");
    expect(await verdictOf(() => undefined)).to.be.oneOf(["STALLED", "TIMEOUT"]);
  });

  it("asks all at once and none that was removed; one that is dead costs the others nothing", async () => {
    const [silent, live] = await Promise.all([serve(() => undefined), serve(says({}, 2))]);
    const found = await ask([silent, live, "", "ftp://127.0.0.1/"], { removed: 1n << 4n });
    expect(found.map(({ slot, failure }) => [slot, failure?.code])).to.deep.equal([
      [1, "STALLED"],
      [2, undefined],
      [3, "NO_ENDPOINT"],
    ]);
  });

  it("stops when it is told to", async () => {
    const stop = new AbortController();
    const asked = ask([await serve(() => stop.abort(new Error("stop")))], { signal: stop.signal });
    expect(await asked.catch((error: Error) => error.message)).to.equal("stop");
  });
});
