import { interfaceOf } from "../contracts.ts";
import { GOVERNED_REGISTRY_FUNCTIONS, ROLES } from "../roles.ts";

/** The calls that fix who may do what, for one multicall of the access manager: D41. */
export const roleCalls = (options: {
  readonly registry: string;
  readonly keys: string;
  readonly resharing: string;
  /** The two contracts that take requests. They have the functions that are governed in common. */
  readonly requests: readonly string[];
  readonly openKeyRequests: boolean;
  readonly governors: readonly string[];
  readonly newAdmin: string | undefined;
}): readonly string[] => {
  const manager = interfaceOf("accessManager");
  const give = (target: string, selectors: readonly string[], role: bigint) =>
    manager.encodeFunctionData("setTargetFunctionRole", [target, [...selectors], role]);
  const grant = (role: bigint, account: string) => manager.encodeFunctionData("grantRole", [role, account, 0]);
  const governed = GOVERNED_REGISTRY_FUNCTIONS.map((name) => interfaceOf("keeperRegistry").getFunction(name).selector);
  const requestKey = interfaceOf("keyGeneration").getFunction("requestKey").selector;
  const requestReshare = interfaceOf("keyResharing").getFunction("requestReshare").selector;
  const { selector: request } = interfaceOf("shareRequests").getFunction("request");
  const { selector: setPrice } = interfaceOf("shareRequests").getFunction("setPrice");
  return [
    manager.encodeFunctionData("labelRole", [ROLES.GOVERNANCE, "GOVERNANCE"]),
    manager.encodeFunctionData("labelRole", [ROLES.KEY_REQUESTER, "KEY_REQUESTER"]),
    give(options.registry, governed, ROLES.GOVERNANCE),
    give(options.keys, [requestKey], options.openKeyRequests ? ROLES.PUBLIC : ROLES.KEY_REQUESTER),
    give(options.resharing, [requestReshare], ROLES.GOVERNANCE),
    // `request` is public, yet restricted: so governance can pause it with setTargetClosed.
    ...options.requests.flatMap((target) => [give(target, [request], ROLES.PUBLIC), give(target, [setPrice], ROLES.GOVERNANCE)]),
    ...options.governors.flatMap((account) => [grant(ROLES.GOVERNANCE, account), grant(ROLES.KEY_REQUESTER, account)]),
    ...(options.newAdmin === undefined ? [] : [grant(ROLES.ADMIN, options.newAdmin)]),
  ];
};
