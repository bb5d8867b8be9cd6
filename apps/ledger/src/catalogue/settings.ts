import { Setting } from '@signalbox/runtime';
import { OutageSettings } from '../watching/outages/settings.js';

/** Settings of the catalogue site. */
export class CatalogueSettings extends OutageSettings {
  @Setting('SIGNALBOX_GATEWAY_PUBLIC_URL', {
    optional: true,
    description:
      'Address under which browsers reach the gateway, where the catalogue links its OpenAPI and AsyncAPI; without it SIGNALBOX_GATEWAY_URL',
  })
  readonly gatewayPublicUrl?: URL;
}
