/** Metrics and spans through `@opentelemetry/api`, an optional peer. */
export { OpenTelemetryObserver, type TelemetryOptions } from "../infrastructure/telemetry/open-telemetry-observer.js";
