import type { Address } from "@keyquorum/wire";
import { action } from "../action.ts";
import type { Client } from "../bareClient.ts";

/** Returns the signer's address in lower case. Throws NO_SIGNER. */
export const address = action("address", async (client: Pick<Client, "signing">): Promise<Address> => (await client.signing()).account);
