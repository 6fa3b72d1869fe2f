import type { ClusterKeeper } from "@keyquorum/cluster";
import { decryptEcies } from "@keyquorum/parity";
import { createSecretStoreSigner } from "@keyquorum/parity/library";
import { backend, encodePoint, SecretScalar } from "@keyquorum/threshold";
import { bytesToHex, hexToBytes } from "@keyquorum/wire";
import { keyServerOf } from "../../test/system/support/oceanClient.ts";

type Answer = {
  readonly decrypt_shadows: readonly string[];
  readonly keyquorum: { readonly shadows: readonly { readonly slot: number; readonly commitment: string }[] };
};

/** Holders whose shadow s, as the reader opens it, is not what they committed to: sG. Asks as an old client asks, and looks at the fourth member. */
export const commitmentsBrokenBy = async (options: {
  readonly keeper: ClusterKeeper;
  /** Without 0x. */
  readonly id: string;
  /** The reader's private key, with 0x. */
  readonly secret: string;
}): Promise<readonly number[]> => {
  const secret = hexToBytes(options.secret, 32);
  const signature = createSecretStoreSigner(secret).signRawHash(hexToBytes(`0x${options.id}`, 32));
  const response = await fetch(`${keyServerOf(options.keeper)}/shadow/${options.id}/${bytesToHex(signature).slice(2)}`);
  const { decrypt_shadows, keyquorum } = (await response.json()) as Answer;
  const key = SecretScalar.fromBytes(secret);
  const wrong = await Promise.all(
    keyquorum.shadows.map(async ({ slot, commitment }, index) => {
      const shadow = await decryptEcies(key, hexToBytes(decrypt_shadows[index] ?? "0x"));
      return bytesToHex(encodePoint(backend.mulG(SecretScalar.fromBytes(shadow).reveal()))) === commitment ? [] : [slot];
    }),
  );
  return wrong.flat();
};
