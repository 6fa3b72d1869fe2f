// Imported when a keeper is first asked: bundlers make a file of it. Import it by `await import`, never otherwise.
export { createEndpointFetch } from "@keyquorum/chain";
