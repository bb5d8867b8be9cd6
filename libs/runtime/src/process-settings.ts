import { IsIn, IsInt, Max, Min } from 'class-validator';
import { Setting } from './settings.js';

/** The settings that every app has; an app's own class extends it. */
export class ProcessSettings {
  @Setting('SIGNALBOX_ENVIRONMENT', {
    default: 'development',
    description: '`development`, or `production`, which refuses unsafe settings',
  })
  @IsIn(['development', 'production'])
  readonly environment!: string;

  @Setting('SIGNALBOX_HOST', { default: '127.0.0.1', description: 'Address to listen on' })
  readonly host!: string;

  @Setting('SIGNALBOX_LOG_LEVEL', { default: 'info', description: 'Lowest level that is logged' })
  @IsIn(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
  readonly logLevel!: string;

  @Setting('SIGNALBOX_LOG_FORMAT', { default: 'json', description: '`json`, or `text` for reading at a terminal' })
  @IsIn(['json', 'text'])
  readonly logFormat!: 'json' | 'text';

  @Setting('SIGNALBOX_TRACE_SAMPLE_RATIO', { default: 1, description: 'Share of traces whose spans are kept, 0 to 1' })
  @Min(0)
  @Max(1)
  readonly traceSampleRatio!: number;

  @Setting('SIGNALBOX_MAX_BODY_BYTES', { default: 1_048_576, description: 'Largest request body in bytes' })
  @IsInt()
  @Min(1024)
  @Max(1_073_741_824)
  readonly maxBodyBytes!: number;

  @Setting('SIGNALBOX_REQUEST_TIMEOUT_MS', {
    default: 30_000,
    description: 'Milliseconds within which a request must have arrived whole',
  })
  @IsInt()
  @Min(100)
  readonly requestTimeoutMs!: number;

  @Setting('SIGNALBOX_CLOSE_TIMEOUT_MS', {
    default: 10_000,
    description: 'Milliseconds an orderly stop may take; what is still open then is cut',
  })
  @IsInt()
  @Min(100)
  readonly closeTimeoutMs!: number;
}
