import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createEndpointFetch, type Finality } from "@keyquorum/chain";
import { expect } from "chai";
import type { TaskContext } from "../context.ts";
import type { Names } from "../slots.ts";
import { noticesIn, readDelayedKeepers, warnOfDelays } from "./delayedKeepers.ts";
import { untilFinallyOpen } from "./untilFinallyOpen.ts";

const UNTIL = "2027-01-15T08:00:00.000Z";
const names: Names = { of: (slot) => `${slot} (Ada)`, list: String, bare: String, staying: [] };

describe("keepers whose operators' delay still runs", () => {
  let server: Server;
  let endpoint: string;
  let said: unknown;
  let warned: string[];
  let asked = 0;
  before(async () => {
    server = createServer((request, response) => {
      asked += 1;
      response.end(request.url === "/keeper/readyz" ? JSON.stringify(said) : "no keeper");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keeper`; // true: it listens on a port
  });
  after(() => new Promise((resolve) => server.close(resolve)));
  beforeEach(() => {
    said = { status: "ready", reasons: [], notices: [{ notice: "deals_later", epoch: 3, until: UNTIL }] };
    warned = [];
  });

  const contextOf = (keepers: readonly { slot: bigint; removed: boolean; endpoint: string }[], isLocal = true) =>
    ({
      fetchEndpoint: async () => (isLocal ? fetch : createEndpointFetch()),
      signal: new AbortController().signal,
      contracts: async () => ({ keeperRegistry: { keepers: async () => keepers } }),
      terminal: { warn: (line: string) => warned.push(line) },
    }) as unknown as TaskContext; // of the context, only these are used

  it("are named with the time, where they say so; who is removed, silent or no keeper is left out", async () => {
    const keepers = [
      { slot: 1n, removed: false, endpoint },
      { slot: 2n, removed: true, endpoint },
      { slot: 3n, removed: false, endpoint: "http://127.0.0.1:1" },
      { slot: 4n, removed: false, endpoint: `${endpoint}/other` },
      { slot: 5n, removed: false, endpoint: "" },
      { slot: 6n, removed: false, endpoint: "not a URL" },
      { slot: 7n, removed: false, endpoint: `${endpoint}/` },
    ];
    expect(await readDelayedKeepers(contextOf(keepers))).to.deep.equal([
      { slot: 1, epoch: 3, until: UNTIL },
      { slot: 7, epoch: 3, until: UNTIL },
    ]);
  });

  it("are not asked at private addresses, whatever they registered, unless the chain is a local one", async () => {
    const keepers = [{ slot: 1n, removed: false, endpoint }];
    const before = asked;
    expect(await readDelayedKeepers(contextOf(keepers, false))).to.deep.equal([]);
    expect(asked).to.equal(before);
    expect(await readDelayedKeepers(contextOf(keepers, true))).to.have.length(1);
    expect(asked).to.equal(before + 1);
  });

  it("are warned of before the reshare into that epoch, and of no other", async () => {
    const context = contextOf([{ slot: 1n, removed: false, endpoint }]);
    await warnOfDelays(context, 3, names);
    await warnOfDelays(context, 4, names);
    expect(warned).to.have.length(1);
    expect(warned[0]).to.include(`1 (Ada) from ${UNTIL} on`);
  });

  it("takes nothing else for a delay", () => {
    for (const other of [undefined, 5, {}, { notices: 1 }, { notices: [null, { notice: "x", epoch: 3, until: UNTIL }] }])
      expect(noticesIn(other, 1)).to.deep.equal([]);
    expect(noticesIn({ notices: [{ notice: "deals_later", epoch: "3", until: UNTIL }] }, 1)).to.deep.equal([]);
    expect(noticesIn({ notices: [{ notice: "deals_later", epoch: 3, until: "\u001b[2Jsoon" }] }, 1)).to.deep.equal([]);
  });
});

describe("Waiting until an epoch's opening is final", () => {
  const contextOf = (options: { readonly finality: Finality; readonly finalized?: number | null; readonly status: bigint }) => {
    const { finality, finalized = null, status } = options;
    const abort = new AbortController();
    const [tags, said]: [unknown[], string[]] = [[], []];
    const provider = {
      getBlock: async () => (finalized === null ? null : { number: finalized }),
      getBlockNumber: async () => 50,
    };
    const statusOf = async (_epoch: number, { blockTag }: { readonly blockTag: unknown }) => {
      tags.push(blockTag);
      return status;
    };
    const context = {
      signal: abort.signal,
      connection: async () => ({ provider }),
      deployment: async () => ({ block: 5 }),
      finality: async () => finality,
      contracts: async () => ({ keeperRegistry: { statusOf } }),
      terminal: {
        progress: (line: string) => {
          said.push(line);
          abort.abort(new Error("stop waiting"));
        },
      },
    } as unknown as TaskContext; // of the context, only these are used
    const outcome = untilFinallyOpen(context, 3).then(
      () => "open",
      (error: Error & { code?: string }) => error.code ?? error.name,
    );
    return { outcome, tags, said };
  };
  const FINALIZED = { kind: "finalized" } as const;

  it("attack 50: asks the final block, and says that it waits while the epoch is not open there", async () => {
    const { outcome, tags, said } = contextOf({ finality: FINALIZED, finalized: 40, status: 1n });
    expect(await outcome).to.equal("ABORT_ERR");
    expect(tags).to.deep.equal([40]);
    expect(said[0]).to.include("epoch 3 is final");
  });

  it("asks the block under so many confirmations, and goes on at once where it is open", async () => {
    for (const blocks of [0, 12]) {
      const { outcome, tags, said } = contextOf({ finality: { kind: "confirmations", blocks }, status: 2n });
      expect([await outcome, tags, said]).to.deep.equal(["open", [50 - blocks], []]);
    }
  });

  it("waits where no final block is as new as the contracts", async () => {
    const { outcome, tags } = contextOf({ finality: { kind: "confirmations", blocks: 46 }, status: 2n });
    expect([await outcome, tags]).to.deep.equal(["ABORT_ERR", []]);
  });

  it("says what to set where the node knows no finalized block, and does not wait forever", async () => {
    expect(await contextOf({ finality: FINALIZED, status: 2n }).outcome).to.equal("NO_FINALIZED_BLOCK");
  });
});
