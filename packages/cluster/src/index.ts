export { type AdmitOthers, type Cluster, type ClusterOptions, DEFAULT_WINDOWS, type GeneratedKey, startCluster } from "./cluster.ts";
export { bitmapOf, type ClusterEpochs, type OtherMember, RESHARE_STATUS, type ReshareOutcome, type ReshareWait } from "./clusterEpochs.ts";
export type { ClusterKeeper, KeeperChanges } from "./clusterKeeper.ts";
export type { ClusterStep } from "./clusterStep.ts";
export { backUp, dataDirectoryOf, restore } from "./dataDirectory.ts";
export { freePort } from "./freePort.ts";
export { KEEPER_BINARY, type KeeperLogLine, type KeeperProcess, runKeeperCommand, startKeeperProcess } from "./keeperProcess.ts";
export { anvilBinary, developmentKey, dumpState, type LocalChain, type LocalChainOptions, startLocalChain } from "./localChain.ts";
export {
  blockMillisecondsFor,
  clientPatience,
  measurePatience,
  type Patience,
  parsePatience,
  stretchMilliseconds,
  stretchWindows,
  type Windows,
} from "./patience.ts";
export { mineRestOf, type Phase, phaseOf } from "./phase.ts";
export { pointFromHex } from "./pointFromHex.ts";
export { createRunFolder, deleteOnSignals, type RunFolder } from "./runFolder.ts";
export { stopProcess } from "./stopProcess.ts";
export { type Saw, type WaitLimit, waitFor } from "./waitFor.ts";
