import { network } from "hardhat";
import { measureRequestGas } from "../../test/contracts/OptimisticRequests/requestGas.ts";
import type { Figure } from "./figures.ts";

/** Gas of requests in both modes and of convicting a keeper: whole transactions, n = 5, q = 3, each keeper's first fee. */
export const requestFigures = async (): Promise<readonly Figure[]> => {
  const { ethers, networkHelpers } = await network.create();
  const measured = await measureRequestGas(ethers, networkHelpers);
  return measured.map(({ name, used, limit }) => ({ name, value: Number(used), unit: "gas", target: Number(limit) }));
};
