/**
 * What no contract knows: keys of Parity Secret Store's clients, of which a keeper that goes may have shares. They move by themselves, later than the
 * chain's keys, and only keepers can say when.
 */
export const describeServerKeys = (slot: number): string =>
  `Server keys of Parity's clients, where keepers have any, are not counted here: they move by themselves. The shares of the keeper at slot ${slot} stay good until the status of every other keeper shows extensions.parity.moves with toMove 0 and left 0.`;
