// The sentences for what contracts refuse: imported when one of them has, by `await import`, so that a page does not load them at first.
export { decodeContractError } from "@keyquorum/bindings";
