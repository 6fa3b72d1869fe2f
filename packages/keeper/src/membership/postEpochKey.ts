import { interfaceOf } from "@keyquorum/bindings";
import {
  backend,
  encodePoint,
  keccakWords,
  type NonceSource,
  type Point,
  provePossession,
  randomScalar,
  SecretScalar,
  toXY,
} from "@keyquorum/threshold";
import { epochKeyMessageOf, type Hex, slotsOf } from "@keyquorum/wire";
import type { ContractsAt } from "../contracts/chainReader.ts";
import type { Core } from "../run/core.ts";
import { DONE, WAIT, type WorkHandler } from "../run/workRunner.ts";
import { unlessDamaged } from "../shares/unlessDamaged.ts";
import { type Candidate, candidateOf } from "./candidacy.ts";
import { identityText, type KeeperIdentities } from "./identity.ts";
import { announceEpoch, readProposal } from "./proposedEpoch.ts";

/** What `onEpochProposed.ts` writes down. */
export type EpochKeyWork = { readonly epoch: number; readonly blockNumber: number; readonly blockHash: string };

type Options = Pick<Core, "vault" | "reader" | "contracts" | "operator" | "transactions" | "nonces" | "log"> & {
  readonly identities: Pick<KeeperIdentities, "holds" | "all">;
};

/**
 * Announces a proposed epoch to the operator, and posts this keeper's encryption key for it, with a proof of possession. It posts only if the
 * proposal fixed this keeper's account and one of this keeper's identity keys: otherwise whoever governs the registry could name a key of its own
 * there, let this keeper receive shares, and sign false receipts in its name. PROTOCOL section 6.2.
 * The secret is durable before the key is shown to anyone. Ends when the epoch is finally open or cancelled; the secret of a cancelled epoch is
 * erased with those of former epochs (`eraseRetired.ts`), because a single look at the chain must not destroy anything.
 */
export const createPostEpochKey = (options: Options): WorkHandler<EpochKeyWork> => {
  const announced = new Set<string>();
  const strange = new Set<string>();

  const nameOf = ({ epoch, blockHash }: EpochKeyWork): string => `${epoch}:${blockHash}`;

  const noteStrange = (work: EpochKeyWork, { slot, identityKey }: { readonly slot: number; readonly identityKey: Point }): void => {
    if (strange.has(nameOf(work))) return;
    strange.add(nameOf(work));
    options.log.error(
      "A proposed epoch names an identity key for this keeper that it does not hold: it takes no shares there, because others could sign in its name. Restore the newest data, or have the epoch cancelled, the key corrected (`keepers set-identity`) and the epoch proposed again",
      { epoch: work.epoch, slot, proposed: identityText(identityKey), own: options.identities.all().map(identityText) },
    );
  };

  const announce = async (work: EpochKeyWork, at: ContractsAt): Promise<void> => {
    const { epoch } = work;
    const name = nameOf(work);
    if (announced.has(name)) return;
    const proposal = await readProposal(at, epoch);
    if (proposal === undefined) return;
    announced.add(name);
    announceEpoch(options.log, proposal);
  };

  return async (work, { head, final }) => {
    const { vault, reader, operator } = options;
    const { epoch } = work;
    const at = reader.at(head.hash);
    const [status, slot] = await Promise.all([at.epochStatusOf(epoch), at.slotOf(operator)]);
    if (status !== "Proposed") {
      const finalStatus = await reader.at(final.hash).epochStatusOf(epoch);
      return finalStatus === "Open" || finalStatus === "Cancelled" ? DONE : WAIT;
    }
    await announce(work, at);
    const candidate = await ownCandidacy(options, at, { epoch, slot });
    if (candidate === undefined) return WAIT; // this may be another proposal of the number, after a reorg
    if (!options.identities.holds(candidate.identityKey)) {
      noteStrange(work, { slot, identityKey: candidate.identityKey });
      return WAIT;
    }

    const posted = await at.epochKeyOf(epoch, slot);
    const secret = await unlessDamaged(vault.epochSecrets.load(epoch)); // a damaged one is not drawn again: saving another is refused
    if (posted !== undefined) {
      const isOwn = secret !== undefined && backend.mulG(SecretScalar.fromBytes(secret).reveal()).equals(posted);
      secret?.fill(0);
      if (isOwn) return WAIT;
      options.log.error(
        "The registry holds a key of this keeper for a proposed epoch whose secret is not in this data directory: it can take no shares in that epoch. Restore the newest data",
        { epoch, slot },
      );
      return { kind: "failed", reason: "The registry holds an epoch key for this keeper that is not of this data directory." };
    }
    await postKey(options, { epoch, slot }, secret);
    return WAIT;
  };
};

/** Posts the key of the epoch's secret, which is drawn, and durable, where there is none yet. Erases `secret`: 32 bytes. */
const postKey = async (
  options: Options,
  { epoch, slot }: { readonly epoch: number; readonly slot: number },
  secret: Uint8Array | undefined,
): Promise<void> => {
  const { contracts, operator, transactions, nonces } = options;
  const scalar = secret === undefined ? await drawSecret(options, epoch) : SecretScalar.fromBytes(secret);
  secret?.fill(0);
  const registry = contracts.addresses.keeperRegistry;
  transactions.post({
    id: `epochKey:${epoch}`,
    kind: "epochKey",
    subject: String(epoch),
    to: registry,
    data: postCall({ chainId: contracts.chainId, registry, epoch, slot, operator }, scalar, nonces),
  });
  scalar.erase();
};

/** What the proposal fixed of this keeper; undefined unless its slot is a candidate, not removed, and this account the one that was fixed. */
const ownCandidacy = async (
  options: Options,
  at: ContractsAt,
  { epoch, slot }: { readonly epoch: number; readonly slot: number },
): Promise<Candidate | undefined> => {
  if (slot === 0) return undefined;
  const [candidates, removed] = await Promise.all([at.candidatesOf(epoch), at.removedKeepers()]);
  if (!slotsOf(candidates & ~removed).includes(slot)) return undefined;
  const candidate = await candidateOf(options, { epoch, slot });
  return candidate?.operator === options.operator ? candidate : undefined;
};

const drawSecret = async ({ vault, nonces, log }: Options, epoch: number): Promise<SecretScalar> => {
  const random = nonces({ purpose: "epoch-key", session: keccakWords(epoch) });
  for (;;) {
    const scalar = SecretScalar.from(randomScalar(random));
    try {
      encodePoint(backend.mulG(scalar.reveal()));
    } catch {
      continue; // x >= n: about once in 2^128, and refused everywhere (D10)
    }
    const bytes = scalar.toBytes();
    await vault.epochSecrets.save(epoch, bytes);
    bytes.fill(0);
    log.info("Epoch key drawn", { epoch });
    return scalar;
  }
};

const postCall = (
  parts: Parameters<typeof epochKeyMessageOf>[0] & { readonly epoch: number },
  secret: SecretScalar,
  nonces: NonceSource,
): Hex => {
  const key = backend.mulG(secret.reveal());
  const message = epochKeyMessageOf(parts);
  const random = nonces({ purpose: "epoch-key-possession", session: keccakWords(parts.epoch), statement: message, secret });
  const proof = provePossession(secret, message, random);
  return interfaceOf("keeperRegistry").encodeFunctionData("postEpochKey", [parts.epoch, toXY(key), { c: proof.c, z: proof.z }]) as Hex;
};
