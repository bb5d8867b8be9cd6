/**
 * Starts, configures, observes and stops a process. Knows nothing of health care and imports nothing of ours.
 */
export {
  describeSettings,
  readSettings,
  Setting,
  SettingsError,
  type SettingOptions,
  type SettingRow,
} from './settings.js';
export { ProcessSettings } from './process-settings.js';
export { createLog, type Log, type LogFields, type LogOptions } from './log.js';
export { formatTraceparent, parseTraceparent, parseTracestate } from './trace-context.js';
export {
  activeTraceId,
  failSpan,
  inSpan,
  otlpJson,
  otlpJsonExporter,
  SpanKind,
  startSpan,
  startTelemetry,
  type SpanShape,
  type Telemetry,
  type TelemetryOptions,
} from './telemetry.js';
export type { Span, SpanContext, Tracer } from '@opentelemetry/api';
export type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
export { Metrics } from './metrics.js';
export type { Counter, Gauge, Histogram } from 'prom-client';
export { Health, type HealthReport, type HealthState } from './health.js';
export { IsLine, IsMoment, IsText, parseBody, Passes, type BodyFinding } from './body.js';
export { CannotListen, startHttp, type CustomStrategy, type HttpOptions, type RunningApp } from './http.js';
export { traceIdOf, type TraceparentPolicy } from './http-observed.js';
export type { ForeignProblem, ProblemError, ProblemForm, RefusalOf } from './http-problems.js';
export { RedisAway, RedisLink, type RedisLinkOptions } from './redis-link.js';
export { Kept } from './kept.js';
export { Rounds, type RoundsOptions } from './rounds.js';
export { EXIT, runUntilSignal, type Running } from './run.js';
