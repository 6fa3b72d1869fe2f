import type { Complain } from "@keyquorum/protocol";
import { toXY } from "@keyquorum/threshold";
import { bytesToHex } from "@keyquorum/wire";

/** What `complain` takes, of KeyGeneration and of KeyResharing. PROTOCOL section 3.4. */
export const complaintArguments = ({ sid, dealer, recipient, dealing, shared, proof, hints }: Complain) =>
  [
    sid,
    dealer,
    recipient,
    bytesToHex(dealing),
    toXY(shared),
    { c: proof.c, z: proof.z },
    { zU: toXY(hints.zU), cD: toXY(hints.cD), inverse: hints.inverse },
  ] as const;
