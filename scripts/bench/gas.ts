import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cluster, startCluster, startLocalChain } from "@keyquorum/cluster";
import { createOutsiders, type Outsider, type Outsiders } from "@keyquorum/testing";
import { CURVE_ORDER, createComplaint, createDealing, G, parseDealing, pointFromXY, toXY } from "@keyquorum/threshold";
import { hexToBytes } from "@keyquorum/wire";
import { hexlify, randomBytes, toBeHex } from "ethers";
import type { Figure } from "./figures.ts";
import { harnessFigures } from "./harness.ts";
import { requestFigures } from "./requests.ts";
import { reshareFigures } from "./reshareGas.ts";
import { signingGasFigures } from "./signingGas.ts";

/** Gas of the transactions of key generation, epochs and reshares at several sizes, of the verifications alone, of signing, and of requests in both modes. Real contracts, no keeper processes. */
export const gasFigures = async (): Promise<readonly Figure[]> => {
  const chain = await startLocalChain({ blockMilliseconds: 0 });
  const directory = await mkdtemp(join(tmpdir(), "keyquorum-bench-"));
  try {
    const figures: Figure[] = [...(await harnessFigures(chain)), ...(await signingGasFigures(chain))];
    for (const [members, target] of [
      [5, 100_000],
      [16, 150_000],
      [32, 240_000],
    ] as const) {
      const outsiders = createOutsiders(members);
      const cluster = await startCluster({
        chain,
        directory: join(directory, String(members)),
        keepers: 0,
        admitOthers: outsiders.admitOthers,
        windows: { deal: 200, dispute: 20, finalize: 100, ready: 100 },
      });
      const threshold = Math.floor((members - 1) / 2);
      const { deal, complaint } = await dealAndComplain(cluster, outsiders, threshold);
      figures.push({ name: `deal, n = ${members}, t = ${threshold}`, value: deal, unit: "gas", target });
      figures.push({
        name: `complain, n = ${members}, t = ${threshold}`,
        value: complaint,
        unit: "gas",
        ...(members === 16 ? { target: 300_000 } : {}),
      });
    }
    return [...figures, ...(await reshareFigures()), ...(await requestFigures())];
  } finally {
    await chain.stop();
    await rm(directory, { recursive: true, force: true });
  }
};

const dealAndComplain = async (
  cluster: Cluster,
  outsiders: Outsiders,
  threshold: number,
): Promise<{ readonly deal: number; readonly complaint: number }> => {
  const { keyGeneration, keeperRegistry } = cluster.contracts;
  const salt = hexlify(randomBytes(32));
  const keyId = await keyGeneration.keyIdOf(await cluster.chain.account(0).getAddress(), salt);
  await (await keyGeneration.requestKey(0, threshold, salt)).wait();
  const { session } = await keyGeneration.keyOf(keyId);
  const sid = hexToBytes(session);
  const members = (await keeperRegistry.committeeOf(1)).map(({ slot, encryptionKey }) => ({
    slot: Number(slot),
    encryptionKey: pointFromXY(encryptionKey.x, encryptionKey.y),
  }));
  const [liar, victim] = outsiders.members as readonly [Outsider, Outsider];
  const dealing = createDealing({ sid, dealer: liar.slot, threshold, members });
  // The share of the second member: behind the commitments, E and one share.
  const at = 64 * (threshold + 1) + 64 + 32;
  dealing.set(hexToBytes(toBeHex((BigInt(hexlify(dealing.slice(at, at + 32))) + 1n) % CURVE_ORDER, 32)), at);
  const dealt = await (await keyGeneration.connect(liar.wallet).deal(session, dealing)).wait();
  const { shared, proof, hints } = createComplaint({
    sid,
    dealer: liar.slot,
    recipient: victim.slot,
    encryptionSecret: victim.encryptionSecret,
    encryptionKey: G.multiply(victim.encryptionSecret.reveal()),
    dealing: parseDealing(dealing, { threshold, members: members.length }),
  });
  const complained = await (
    await keyGeneration.complain(session, {
      dealer: liar.slot,
      recipient: victim.slot,
      dealing,
      shared: toXY(shared),
      proof,
      hints: { zU: toXY(hints.zU), cD: toXY(hints.cD), inverse: hints.inverse },
    })
  ).wait();
  return { deal: Number(dealt?.gasUsed ?? 0), complaint: Number(complained?.gasUsed ?? 0) };
};
