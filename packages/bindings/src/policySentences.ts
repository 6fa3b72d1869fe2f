import { nameOfState, REQUEST_STATUSES } from "./contractStates.ts";

/** An error's arguments by their names in the ABI. */
export type ErrorArguments = Readonly<Record<string, unknown>>;

/** What the ready-made permissions contracts refuse, for people: docs/PERMISSIONS.md. */
export const policySentences: Readonly<Record<string, (args: ErrorArguments) => string>> = {
  CombinedPermissionsBrokenPart: (a) =>
    `The rule's part ${a.part} answered neither yes nor no, so the whole says no; deploy a rule of parts that answer.`,
  CombinedPermissionsNoPart: (a) => `There is no contract at the part ${a.part}; check the address and the chain.`,
  CombinedPermissionsWrongCount: (a) => `A rule has 1 to ${a.maximum} parts and ${a.count} were given; nest rules to combine more.`,
  ContextGrantsInvalid: (a) => `Reader ${a.reader} or context ${a.contextHash} is zero; name an account and a purpose.`,
  DocumentOwnedNotOwner: (a) => `${a.caller} does not own document ${a.document}, or it is not published; only its owner sets its rule.`,
  MerkleAllowListNotListed: (a) =>
    `The proof does not show ${a.reader} on the list of document ${a.document}; make it from the list whose root is set.`,
  ServiceAgreementForeignPayment: (a) =>
    `${a.sender} sent coin to the agreement contract, which takes only refunds; open an agreement instead.`,
  ServiceAgreementNotOnOffer: (a) => `Document ${a.document} is not on offer; ask its owner to offer it.`,
  ServiceAgreementNotOpen: (a) => `Agreement ${a.agreement} does not exist or is settled already; nothing is left to do.`,
  ServiceAgreementNotSeller: (a) => `${a.caller} is not whom this agreement contract sells for; deploy one of your own.`,
  ServiceAgreementNothingToWithdraw: (a) => `${a.account} has nothing here that is not withdrawn yet; nothing is left to do.`,
  ServiceAgreementPaymentRefused: (a) => `${a.to} did not take ${a.amount} wei; name a receiver that accepts plain transfers.`,
  ServiceAgreementTooLittle: (a) => `${a.sent} wei were sent and the price alone is ${a.price} wei; send the price and the keepers' fees.`,
  ServiceAgreementWrongStatus: (a) =>
    `The request of agreement ${a.agreement} is ${requestStatus(a.status)}; it is released when Served and refunded when Expired.`,
  SubscriptionInvalidTerms: (a) => `A price of ${a.price} for ${a.period} s cannot be sold; give a price and a period above 0.`,
  SubscriptionNotOnSale: (a) => `Document ${a.document} is not on sale; ask its owner to set terms.`,
  SubscriptionNothingAsked: (a) => `${a.periods} periods for ${a.reader} is nothing; name a reader and one period or more.`,
  SubscriptionNothingToWithdraw: (a) => `${a.owner} has no earnings in token ${a.token}; nothing is left to do.`,
  SubscriptionOtherTerms: (a) => `The terms of document ${a.document} are not those that were agreed to; look at them and agree again.`,
  SubscriptionPaymentRefused: (a) => `${a.to} did not take ${a.amount} wei; name a receiver that accepts plain transfers.`,
  SubscriptionWrongPayment: (a) =>
    `${a.paid} arrived but it costs ${a.cost}; send exactly that, in a token that takes no fee of transfers.`,
  TimeWindowEmpty: (a) =>
    `A window from ${time(a.from)} until ${time(a.until)} is empty or over (now: ${time(a.now_)}); give a later end, or 0 for none.`,
  TokenHoldersNoMinimum: () => "A minimum of 0 tokens would permit everybody; give a minimum of 1 or more.",
  TokenHoldersNoAnswer: (a) =>
    `The token ${a.token} gave no answer, so nobody knows what the reader holds; ask again, and check the token.`,
  TokenHoldersNoToken: (a) => `There is no contract at the token ${a.token}; check the address and the chain.`,
  TokenHoldersTooLittleGas: (a) => `${a.left} gas is left but ${a.needed} is needed to ask the token; nest fewer rules.`,
};

const requestStatus = (status: unknown): string =>
  typeof status === "bigint" ? nameOfState(REQUEST_STATUSES, status) : "in another state";

/** Seconds of block time as an ISO date; as a number where no date has that many. */
export const time = (seconds: unknown): string => {
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds} s` : date.toISOString();
};
