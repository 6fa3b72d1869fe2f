import { interfaceOf } from "@keyquorum/bindings";
import { blockByNumber, type Heads } from "@keyquorum/chain";
import { backend, encodePoint, isValidPoint, keccakWords, type Point, randomScalar, SecretScalar, toXY } from "@keyquorum/threshold";
import type { Vault } from "@keyquorum/vault";
import { bytesToHex, type Hex, hexToBytes } from "@keyquorum/wire";
import type { CommitteeMember } from "../contracts/chainReader.ts";
import type { Core } from "../run/core.ts";
import type { MissingShare } from "../shares/keyBook.ts";
import { isDamaged } from "../shares/unlessDamaged.ts";
import { type Announcement, announcementsOf } from "./announcement.ts";
import type { RepairState } from "./repairStatus.ts";

export type AnnounceOptions = Pick<Core, "rpc" | "contracts" | "operator" | "transactions" | "nonces" | "log"> & {
  readonly vault: Pick<Vault, "logs" | "repairKeys">;
};

/** Helpers refuse an announcement that is a day old; a new one is made before that. */
const RENEW_AFTER_SECONDS = 82_800;

/** `secret` is the discrete logarithm of the announced key. */
export type Announced = Announcement & { readonly secret: SecretScalar };

/** This keeper's announcement with its secret, once it is final. Makes what is not there yet; the caller erases the secret. */
export const readAnnounced = async (
  options: AnnounceOptions,
  missing: MissingShare,
  own: CommitteeMember,
  { final }: Heads,
  note: (state: RepairState) => void,
): Promise<Announced | undefined> => {
  const { vault, rpc, operator, log } = options;
  const stored = await vault.repairKeys.load(missing).catch(async (error: unknown) => {
    if (!isDamaged(error)) throw error;
    log.warn("The secret of a repair is damaged: the repair begins again, with another one", missing);
    await vault.repairKeys.erase(missing);
    return undefined;
  });
  const known = stored === undefined ? undefined : SecretScalar.fromBytes(stored);
  stored?.fill(0);
  const announced = known === undefined ? undefined : (await announcementsOf(options, missing)).findLast(isOf(publicKeyOf(known)));
  if (known !== undefined && announced !== undefined) {
    const block = announced.blockNumber > final.number ? undefined : await blockByNumber(rpc, announced.blockNumber);
    if (block !== undefined && final.timestamp - block.timestamp <= RENEW_AFTER_SECONDS) return { ...announced, secret: known };
    known.erase();
    if (block === undefined) note("waiting_for_finality");
    else await vault.repairKeys.erase(missing); // too old: helpers will not take it. The next look begins again, with another key
    return undefined;
  }
  if (own.operator !== operator) {
    known?.erase();
    note("operator_changed");
    return undefined;
  }
  const secret = known ?? (await drawSecret(options, missing));
  note("announcing");
  announce(options, missing, publicKeyOf(secret));
  secret.erase();
  return undefined;
};

const publicKeyOf = (secret: SecretScalar): Point => backend.mulG(secret.reveal());
const isOf =
  (key: Point) =>
  ({ readerKey }: Announcement): boolean =>
    readerKey.equals(key);

/** Durable before it is shown to anyone, so that a restart continues with the same one. */
const drawSecret = async ({ vault, nonces, log }: AnnounceOptions, missing: MissingShare): Promise<SecretScalar> => {
  const { keyId, epoch } = missing;
  const random = nonces({ purpose: "repair-key", session: keccakWords(hexToBytes(keyId, 32), epoch) });
  let secret = SecretScalar.from(randomScalar(random));
  while (!isValidPoint(publicKeyOf(secret))) secret = SecretScalar.from(randomScalar(random)); // x >= n: about once in 2^128 (D10)
  const bytes = secret.toBytes();
  await vault.repairKeys.save(missing, bytes);
  bytes.fill(0);
  log.info("A share is missing: announcing its repair", missing);
  return secret;
};

const announce = ({ contracts, transactions }: AnnounceOptions, { keyId, epoch }: MissingShare, key: Point): void => {
  const data = interfaceOf("shareRepairs").encodeFunctionData("requestRepair", [keyId, epoch, toXY(key)]) as Hex;
  const subject = `${keyId}:${epoch}:${bytesToHex(encodePoint(key))}`;
  transactions.post({ id: `repair:${subject}`, kind: "repair", subject, to: contracts.addresses.shareRepairs, data });
};
