export * from "./keyGeneration/board.ts";
export type * from "./keyGeneration/effects.ts";
export * from "./keyGeneration/steps.ts";
export * from "./keyGeneration/view.ts";
export * from "./shareAnswer/answer.ts";
export * from "./shareAnswer/check.ts";
export * from "./shareAnswer/decide.ts";
export type * from "./shareAnswer/request.ts";
