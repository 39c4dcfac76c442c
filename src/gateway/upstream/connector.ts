import { connect as connectPlain, type Socket } from 'node:net';
import {
  connect as connectSecure,
  createSecureContext,
  getCACertificates,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import type { Secured, UpstreamAddress } from './address.ts';
import { UpstreamFailure } from './failure.ts';

export type ConnectOptions = {
  /** Whether our half stays open when the upstream has ended its own. */
  readonly allowHalfOpen: boolean;
};

/** Opens connections to one instance, for calls and WebSockets alike. */
export class Connector {
  readonly #address: UpstreamAddress;
  #context: SecureContext | null = null;
  #session: Buffer | undefined;

  constructor(address: UpstreamAddress) {
    this.#address = address;
  }

  /** Calls back when bytes can be sent, which is not before the connection is secured. */
  connect(options: ConnectOptions, ready: () => void): Socket {
    const { secured, at } = this.#address;
    if (secured !== null) return this.#secure(secured, options).once('secureConnect', ready);
    return connectPlain({ ...at, ...options, noDelay: true }, ready);
  }

  #secure({ servername, tls }: Secured, { allowHalfOpen }: ConnectOptions): TLSSocket {
    this.#context ??= contextOf(tls);
    const options = {
      ...this.#address.at,
      allowHalfOpen, // which Node takes, and its types do not know
      servername,
      secureContext: this.#context,
      rejectUnauthorized: !tls.insecure,
      ALPNProtocols: ['http/1.1'],
    };
    const socket = connectSecure(this.#session === undefined ? options : { ...options, session: this.#session });
    socket.on('session', (session: Buffer) => {
      // Never one whose certificate was not found to hold.
      if (socket.authorized || tls.insecure) this.#session = session;
    });
    return socket.setNoDelay(true);
  }

  /**
   * What was wrong before bytes could be sent, in words that say what to look at: which instance, and which name its
   * certificate should have had.
   */
  explained(error: NodeJS.ErrnoException, socket: Socket): Error {
    const { text, secured } = this.#address;
    if (error.code === 'ETIMEDOUT') return new UpstreamFailure('connect_timeout', error.message || error.code);
    if (secured === null) return error;
    if ((socket as TLSSocket).authorizationError) {
      const problem = `the certificate of ${text} does not hold for "${secured.expectedName}": ${error.message}`;
      return new UpstreamFailure('refused', problem);
    }
    const isOfTls = error.code === 'EPROTO' || error.code?.startsWith('ERR_SSL_') === true;
    return isOfTls ? new UpstreamFailure('refused', `no TLS with ${text}: ${error.message}`) : error;
  }
}

function contextOf({ ca, identity }: Secured['tls']): SecureContext {
  return createSecureContext({ ca: ca ?? knownAuthorities(), ...identity });
}

/** Those that Node comes with, those of NODE_EXTRA_CA_CERTS, and those that the machine's administrator believes. */
function knownAuthorities(): string[] {
  known ??= [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
  return known;
}

/** Read when first needed: most configs need none. */
let known: string[] | null = null;
