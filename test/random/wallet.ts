import { Wallet } from "ethers";
import { rollDice } from "./dice.ts";

/** An account whose key follows from the run's seed and a name. */
export const rollWallet = (name: string): Wallet => new Wallet(rollDice(`wallet ${name}`).hex(32));
