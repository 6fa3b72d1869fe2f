export { type Cluster, type ClusterKeeper, type ClusterOptions, type ClusterStep, type GeneratedKey, startCluster } from "./cluster.ts";
export { freePort } from "./freePort.ts";
export { KEEPER_BINARY, type KeeperLogLine, type KeeperProcess, runKeeperCommand, startKeeperProcess } from "./keeperProcess.ts";
export { anvilBinary, developmentKey, type LocalChain, type LocalChainOptions, startLocalChain } from "./localChain.ts";
export type { Outsider } from "./outsider.ts";
export { pointFromHex } from "./pointFromHex.ts";
export { stopProcess } from "./stopProcess.ts";
export { type ProxyMode, startTcpProxy, type TcpProxy } from "./tcpProxy.ts";
export { waitFor } from "./waitFor.ts";
