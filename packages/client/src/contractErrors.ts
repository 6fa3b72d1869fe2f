// The words for what contracts refuse and for how nodes fail: imported when something has, by `await import`, so that a page does not load them at first.
export { decodeContractError, nodeFailureOf, nodeFailureSentence } from "@keyquorum/bindings";
