import type { ExtensionServices } from "@keyquorum/keeper";
import type { MemberSecrets } from "@keyquorum/protocol";
import { hexToBytes } from "@keyquorum/wire";

/** The epoch's encryption secret as a session needs it: it stays with the keeper. */
export const epochSecretsOf = ({ epochKeys }: Pick<ExtensionServices, "epochKeys">): MemberSecrets => ({
  open: ({ slot, members }, { proposal, sid }, { dealer, dealing }) =>
    epochKeys.openShare(proposal.epoch, { sid: hexToBytes(sid, 32), dealer, recipient: slot, members, dealing }),
  complain: ({ slot }, { proposal, sid }, { dealer, dealing }) =>
    epochKeys.complain(proposal.epoch, { sid: hexToBytes(sid, 32), dealer, recipient: slot, dealing }),
});
