import { afterAll, afterEach, beforeAll } from 'vitest';
import { billing, type GatewayRig, type RigOptions, startRig } from './gateway-rig.ts';
import { type RawUpstream, startRawUpstream } from './raw-socket.ts';
import { unusedAddress } from './upstream.ts';

export type RawRigOptions = RigOptions & { readonly legacy?: string; readonly v2?: string };

/** What stands while the tests of a file run. */
export type RawRig = {
  /** Legacy, on bare bytes; its connections are closed after each test. */
  readonly upstream: RawUpstream;
  readonly rig: GatewayRig;
  /** Another gateway before the same upstream, or before the one that the options name. */
  readonly startWith: (options: RawRigOptions) => Promise<GatewayRig>;
};

/** Starts an upstream on bare bytes and a gateway for the tests of a file, and ends with them whatever was started. */
export function useRawRig(): RawRig {
  let upstream: RawUpstream;
  let rig: GatewayRig;
  const rigs: GatewayRig[] = [];
  const startWith = async ({ legacy = upstream.url, v2, ...options }: RawRigOptions) => {
    const started = await startRig(billing(legacy, v2 ?? (await unusedAddress())), options);
    rigs.push(started);
    return started;
  };
  beforeAll(async () => {
    upstream = await startRawUpstream();
    rig = await startWith({});
  });
  afterAll(async () => {
    await Promise.all(rigs.map((one) => one.close()));
    await upstream.close();
  });
  afterEach(async () => {
    for (const connection of upstream.connections) connection.destroy();
    await Promise.all(upstream.connections.map(({ closed }) => closed));
  });
  return {
    get upstream() {
      return upstream;
    },
    get rig() {
      return rig;
    },
    startWith,
  };
}
