import type { Metrics } from '@signalbox/runtime';

/** What can be counted about accepting. Labels are types of the catalogue, codes and rules: a bounded list. */
export class EventMetrics {
  readonly accepted;
  readonly duplicates;
  readonly refused;
  readonly findings;
  readonly seconds;
  readonly commits;
  readonly commitSeconds;

  constructor(metrics: Metrics) {
    this.accepted = metrics.counter('signalbox_events_accepted_total', 'Events accepted and on disk', ['type']);
    this.duplicates = metrics.counter('signalbox_events_duplicate_total', 'Events that had been accepted before', [
      'type',
    ]);
    this.refused = metrics.counter('signalbox_events_refused_total', 'Events refused', ['code']);
    this.findings = metrics.counter('signalbox_findings_total', 'Findings that a policy let pass', ['rule']);
    this.seconds = metrics.histogram('signalbox_accept_seconds', 'Time from a decoded event to its acceptance on disk');
    this.commits = metrics.histogram(
      'signalbox_commit_events',
      'Records that shared one commit of the engine',
      [],
      [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000],
    );
    this.commitSeconds = metrics.histogram('signalbox_commit_seconds', 'Time the engine took to commit');
  }
}
