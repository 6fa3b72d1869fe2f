export { createLogger, type LogData, type Logger, type LogLevel, silentLogger } from "@keyquorum/daemon";
