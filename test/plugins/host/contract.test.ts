import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { PluginHost } from '../../../src/plugins/host/plugin-host.ts';
import { pluginContract } from './contract-suite.ts';
import { plugin } from './fixtures/contract-plugin.ts';

const host = new PluginHost();
afterAll(() => host.close());

pluginContract('in the process of the kernel', async () => plugin);
pluginContract('in a worker of the plugin host', () =>
  host.open({ file: fileURLToPath(new URL('./fixtures/contract-plugin.ts', import.meta.url)) }),
);
