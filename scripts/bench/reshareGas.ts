import { network } from "hardhat";
import { measureAllReshareGas } from "../../test/contracts/KeyResharing/reshareGas.ts";
import type { Figure } from "./figures.ts";

/** Gas of opening epochs and of a reshare's transactions: whole transactions, from n keepers to as many. */
export const reshareFigures = async (): Promise<readonly Figure[]> => {
  const measured = await measureAllReshareGas(await network.create());
  return measured.map(({ name, used, limit }) => ({ name, value: Number(used), unit: "gas", target: Number(limit) }));
};
