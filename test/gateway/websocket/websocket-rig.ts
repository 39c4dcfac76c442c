import { afterAll, beforeAll } from 'vitest';
import { billing, type GatewayRig, type RigOptions, startRig } from '../../support/gateway-rig.ts';
import { unusedAddress } from '../../support/upstream.ts';
import { type Peer, type RawUpstream, startRawUpstream } from './peers.ts';

export type WebSocketRig = { readonly legacy: RawUpstream; readonly rig: GatewayRig };

/** Starts a legacy upstream that does what `script` says, and a gateway, for the tests of a file. */
export function useWebSocketRig(
  script: (peer: Peer) => unknown = () => undefined,
  options: RigOptions = {},
): WebSocketRig {
  let legacy: RawUpstream;
  let rig: GatewayRig;
  beforeAll(async () => {
    legacy = await startRawUpstream(script);
    rig = await startRig(billing(legacy.url, await unusedAddress()), options);
  });
  afterAll(async () => {
    await rig.close();
    await legacy.close();
  });
  return {
    get legacy() {
      return legacy;
    },
    get rig() {
      return rig;
    },
  };
}
