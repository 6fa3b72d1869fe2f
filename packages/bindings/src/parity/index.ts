export {
  type DeployedParity,
  deployKeyServerSet,
  deployParityService,
  PARITY_SERVICES,
  type ParityServiceName,
  type ServiceTerms,
} from "./deployParity.ts";
