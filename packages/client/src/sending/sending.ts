// Sending transactions and what becomes of them: imported by `await import` when something is sent, so that a page that only reads does not load it.
export { boundSigner } from "./boundSigner.ts";
export { transact } from "./transact.ts";
