// A keeper's answering by HTTP in a process of its own, for `answers.ts`: a real vault, an RPC over HTTP, a share of a key that the stand-in knows.
import { httpRpc, systemClock } from "@keyquorum/chain";
import { createKeepAlivePost } from "@keyquorum/chain/node";
import { createMetrics } from "../../../packages/keeper/src/report/metrics.ts";
import { createFakeChain, type FakeChain } from "../../../packages/keeper/src/testing/fakeChain.ts";
import { createShareRequestServer } from "../../../packages/keeper/src/testing/shareRequestServer.ts";
import { createTempVault } from "../../../packages/keeper/src/testing/tempVault.ts";

const ENOUGH = 1_000_000;
const rpc = httpRpc(process.argv[2] ?? "", { post: createKeepAlivePost() });
const temp = await createTempVault(systemClock.now);
const server = await createShareRequestServer({
  ...{ vault: temp.vault, ownVault: temp.vault, clock: systemClock, headLookMilliseconds: 250 },
  limits: { perAddress: ENOUGH, perRequester: ENOUGH, perDocument: ENOUGH },
  chain: Object.assign(Object.create(createFakeChain()) as FakeChain, { rpc }),
  metrics: createMetrics({ version: "0", processMetrics: false }),
  onLine: () => undefined,
});
process.on("message", () => process.send?.(process.cpuUsage()));
process.on("disconnect", () => {
  void server
    .close()
    .then(temp.remove)
    .finally(() => process.exit(0));
});
process.send?.(await server.listen());
