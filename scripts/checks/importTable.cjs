/**
 * The architecture, as a table: each package and the packages it may import.
 * The key order is the reading order (docs/ARCHITECTURE.md shows the same table).
 */
module.exports = {
  threshold: [],
  bindings: [],
  wire: ["threshold"],
  protocol: ["threshold", "wire"],
  vault: ["wire"],
  http: ["wire"],
  daemon: ["wire"],
  blobs: ["wire"],
  chain: ["bindings", "wire"],
  client: ["threshold", "wire", "bindings", "chain", "blobs"],
  keeper: ["threshold", "wire", "protocol", "bindings", "chain", "vault", "http", "daemon"],
  parity: ["threshold", "wire", "protocol", "client", "keeper", "http", "daemon"],
  cli: ["keeper", "parity", "daemon"],
  cluster: ["threshold", "wire", "bindings", "cli"],
  hardhat: ["client", "blobs", "bindings", "cluster"],
  runner: ["client", "wire", "blobs", "http", "daemon"],
  dashboard: ["client", "bindings"],
};
