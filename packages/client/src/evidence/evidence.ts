import type { FaultFileBody, RequestId } from "@keyquorum/wire";

/** A keeper's signed receipt for a wrong answer by HTTP, as JSON data: `proveFault` takes it to the chain. Public. PROTOCOL section 5.5. */
export type ReceiptEvidence = FaultFileBody;

/** A wrong answer to an optimistic request: the chain holds all of it, `challenge` finds it there. Public. PROTOCOL section 5.5. */
export type PostedEvidence = { readonly format: "keyquorum-posted-fault"; readonly requestId: RequestId; readonly slot: number };

/** What convicts a keeper of a wrong answer. JSON data. */
export type FaultEvidence = ReceiptEvidence | PostedEvidence;
