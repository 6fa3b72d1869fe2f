import { emptyTask } from "hardhat/config";
import { access } from "./define/access.ts";
import { documents } from "./define/documents.ts";
import { epochs } from "./define/epochs.ts";
import { governance } from "./define/governance.ts";
import { keepers } from "./define/keepers.ts";
import { keys } from "./define/keys.ts";
import { parity } from "./define/parity.ts";
import { permissions } from "./define/permissions.ts";
import { reading } from "./define/reading.ts";
import { secrets } from "./define/secrets.ts";
import { signing } from "./define/signing.ts";

export const tasks = [
  emptyTask("keyquorum", "Keyquorum: threshold secrets on any EVM chain").build(),
  ...governance,
  ...keepers,
  ...epochs,
  ...keys,
  ...documents,
  ...access,
  ...permissions,
  ...parity,
  ...reading,
  ...secrets,
  ...signing,
];
