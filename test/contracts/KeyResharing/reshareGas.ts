import { CURVE_ORDER } from "@keyquorum/threshold";
import type { HardhatEthers } from "@nomicfoundation/hardhat-ethers/types";
import type { NetworkHelpers } from "@nomicfoundation/hardhat-network-helpers/types";
import type { ContractTransactionResponse } from "ethers";
import { complaintOf, forgeDealing } from "../../fixtures/dealings.ts";
import { generateKey, heldAt } from "../../fixtures/heldKey.ts";
import { bitmapOf, deployKeyGeneration, openEpoch, postKey } from "../../fixtures/keyGeneration.ts";
import { memberAt } from "../../fixtures/keySession.ts";
import { confirmReshare, deal, dealReshare, endResharePhase, requestReshare, reshareReadyArguments } from "../../fixtures/reshare.ts";
import type { MeasuredGas } from "../OptimisticRequests/requestGas.ts";

type Connection = { readonly ethers: HardhatEthers; readonly networkHelpers: NetworkHelpers };

const WINDOWS = { deal: 400n, dispute: 21n, finalize: 12n, ready: 100n } as const;

const gasOf = async (response: Promise<ContractTransactionResponse>): Promise<bigint> => (await (await response).wait())?.gasUsed ?? 0n;

const slotsTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

/** A key of t = 1 among n, reshared to as many with the largest t'. */
export const measureReshareGas = async (
  connection: Connection,
  n: number,
  limits: { readonly deal: bigint; readonly complain: bigint; readonly ready: bigint; readonly lastReady: bigint },
): Promise<readonly MeasuredGas[]> => {
  const setup = await deployKeyGeneration(connection, { slots: slotsTo(n), windows: WINDOWS });
  const key = await generateKey(setup, { threshold: 1, dealers: [1, 2] });
  const next = await openEpoch(setup, slotsTo(n));
  const threshold = Math.floor((n - 1) / 2);
  const name = (what: string): string => `${what}, n' = ${n}, t' = ${threshold}`;
  const reshare = await requestReshare(setup, key, next, threshold);

  const coefficients = [heldAt(key, 1).share.reveal(), ...slotsTo(threshold).map(BigInt)];
  const wrong = forgeDealing(reshare, 1, { coefficients, shareOf: (_slot, share) => (share + 1n) % CURVE_ORDER });
  const dealt = await gasOf(deal(setup, reshare, 1, wrong));
  const evidence = complaintOf(reshare, wrong, 1, memberAt(reshare, n - 1));
  const complaint = setup.keyResharing
    .connect(setup.bob)
    .complain(reshare.sid, { dealer: 1, recipient: n - 1, dealing: wrong, ...evidence });
  const complained = await gasOf(complaint);

  const dealings = await dealReshare(setup, reshare, { except: [1, ...slotsTo(n).slice(3)] });
  for (let phase = 0; phase < 2; phase++) await endResharePhase(setup, reshare);
  const given = await reshareReadyArguments(setup, reshare, dealings);
  const ready: bigint[] = [];
  for (const member of reshare.members.slice(0, 2 * threshold + 1)) ready.push(await gasOf(confirmReshare(setup, reshare, member, given)));
  return [
    { name: name("reshare: deal"), used: dealt, limit: limits.deal },
    { name: name("reshare: complain"), used: complained, limit: limits.complain },
    { name: name("reshare: READY"), used: ready.slice(0, -1).reduce((a, b) => (a > b ? a : b)), limit: limits.ready },
    { name: name("reshare: READY that moves the first key to an epoch"), used: ready.at(-1) as bigint, limit: limits.lastReady },
  ];
};

/** Governance's transactions for one epoch of n keepers and, where `withKey`, a reshare to it. */
export const measureEpochGas = async (
  connection: Connection,
  n: number,
  limits: { readonly propose: bigint; readonly open: bigint; readonly request?: bigint },
): Promise<readonly MeasuredGas[]> => {
  const setup = await deployKeyGeneration(connection, { slots: slotsTo(n), windows: WINDOWS });
  const { request } = limits;
  const key = request === undefined ? undefined : await generateKey(setup, { threshold: 1, dealers: [1, 2] });
  const proposed = await gasOf(setup.registry.proposeEpoch(bitmapOf(slotsTo(n))));
  for (const slot of slotsTo(n)) await postKey(setup.registry, 2, slot, await setup.operatorOf(slot));
  const opened = await gasOf(setup.registry.openEpoch(2));
  const figures = [
    { name: `proposeEpoch, n = ${n}`, used: proposed, limit: limits.propose },
    { name: `openEpoch, n = ${n}`, used: opened, limit: limits.open },
  ];
  if (key === undefined || request === undefined) return figures;
  const requested = await gasOf(setup.keyResharing.requestReshare(key.keyId, 2));
  return [...figures, { name: `requestReshare, n' = ${n}`, used: requested, limit: request }];
};

/** All of them, at the sizes that the project states. */
export const measureAllReshareGas = async (connection: Connection): Promise<readonly MeasuredGas[]> => [
  ...(await measureEpochGas(connection, 5, { propose: 600_000n, open: 230_000n, request: 400_000n })),
  ...(await measureEpochGas(connection, 64, { propose: 5_500_000n, open: 1_300_000n })),
  ...(await measureReshareGas(connection, 5, { deal: 120_000n, complain: 170_000n, ready: 120_000n, lastReady: 350_000n })),
  ...(await measureReshareGas(connection, 16, { deal: 150_000n, complain: 300_000n, ready: 120_000n, lastReady: 350_000n })),
  ...(await measureReshareGas(connection, 32, { deal: 240_000n, complain: 400_000n, ready: 120_000n, lastReady: 350_000n })),
];
