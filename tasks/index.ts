import { emptyTask } from "hardhat/config";

export const tasks = [emptyTask("keyquorum", "Keyquorum: threshold secrets on any EVM chain").build()];
