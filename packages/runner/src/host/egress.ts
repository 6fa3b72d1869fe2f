/** One request of a module, as Blockless's SDK writes it: `headers` is a JSON object in a string. Everything in it is the guest's. */
export type EgressRequest = { readonly url: string; readonly options: string };

/** An answer in full, or the error number for the module (`HTTP_ERRORS`). Header names are in lower case. */
export type EgressAnswer =
  | { readonly number: 0; readonly status: number; readonly headers: readonly (readonly [string, string])[]; readonly body: Uint8Array }
  | { readonly number: number };

/** A run's way to the network. Never rejects. */
export type Egress = {
  readonly request: (request: EgressRequest, signal: AbortSignal) => Promise<EgressAnswer>;
  readonly close: () => void;
};
