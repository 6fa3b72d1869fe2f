export { type Clock, systemClock } from "@keyquorum/chain";
