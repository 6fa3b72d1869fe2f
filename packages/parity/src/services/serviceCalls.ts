import { type Address, type Hex, hexToBytes } from "@keyquorum/wire";
import { encodeCall } from "./abi.ts";
import type { RequestOf, ServiceRequest, ServiceTaskKind } from "./serviceRequest.ts";

// What key servers call, as section 5.2 of Parity's own contracts has it.

const REQUIRED: Readonly<Record<ServiceTaskKind, string>> = {
  ...{ generation: "ec6b0360", retrieval: "3b68c427", storing: "8ba9e398" },
  ...{ common: "77dc782b", personal: "77dc782b" },
};
const REFUSED: Readonly<Record<ServiceTaskKind, string>> = {
  ...{ generation: "3fbd7ecd", retrieval: "15eb5309", storing: "87f76b1a" },
  ...{ common: "e2f1d4f9", personal: "e2f1d4f9" },
};

const idOf = ({ serverKeyId }: Pick<ServiceRequest, "serverKeyId">): Uint8Array => hexToBytes(serverKeyId, 32);

/** Whether an account's answer would count. Requester before key server: the implementation's order, not that of Parity's interface. */
export const requiredCall = (request: ServiceRequest, account: Address): Hex => {
  const keyServer = hexToBytes(account, 20);
  return "requester" in request
    ? encodeCall(REQUIRED[request.kind], idOf(request), hexToBytes(request.requester, 20), keyServer)
    : encodeCall(REQUIRED[request.kind], idOf(request), keyServer);
};

/** `requireKeyServer`: the account's place in the set; reverts for strangers. */
export const indexCall = (account: Address): Hex => encodeCall("2b4f030a", hexToBytes(account, 20));

/** "There is no answer, and there will be none." */
export const refusalCall = (request: ServiceRequest): Hex =>
  "requester" in request
    ? encodeCall(REFUSED[request.kind], idOf(request), hexToBytes(request.requester, 20))
    : encodeCall(REFUSED[request.kind], idOf(request));

/** @param publicKey 64 bytes */
export const generatedCall = (request: RequestOf<"generation">, publicKey: Uint8Array): Hex =>
  encodeCall("ebbcc2e1", idOf(request), { bytes: publicKey });

/** @param publicKey 64 bytes */
export const retrievedCall = (request: RequestOf<"retrieval">, publicKey: Uint8Array, threshold: number): Hex =>
  encodeCall("a45362f6", idOf(request), { bytes: publicKey }, threshold);

export const storedCall = (request: RequestOf<"storing">): Hex => encodeCall("8a9a9a0f", idOf(request));

/** @param commonPoint 64 bytes, with the sign that clients see */
export const commonCall = (request: RequestOf<"common">, commonPoint: Uint8Array, threshold: number): Hex =>
  encodeCall("7b97eecc", idOf(request), hexToBytes(request.requester, 20), { bytes: commonPoint }, threshold);

/** A participant's part. `participants`: a bit for each place in the set. */
export type PersonalPart = { readonly participants: bigint; readonly decryptedSecret: Uint8Array; readonly shadow: Uint8Array };
export const personalCall = (request: RequestOf<"personal">, { participants, decryptedSecret, shadow }: PersonalPart): Hex =>
  encodeCall("b9b36c42", idOf(request), hexToBytes(request.requester, 20), participants, { bytes: decryptedSecret }, { bytes: shadow });
