/** A TCP address to listen at. Port 0: any free port. */
export type Listen = { readonly host: string; readonly port: number };

/** A Unix socket to listen at. */
export type UnixListen = {
  /** Absolute path. */
  readonly unix: string;
  /** Permissions of the socket's file: 0o660 lets its owner and its group connect. */
  readonly mode: number;
};

/** Where callers are answered. */
export type DataListen = Listen | UnixListen;

/** `127.0.0.1:8080`, `[::1]:8080` or `unix:/run/banyan.sock`. */
export function listenText(listen: Listen | Pick<UnixListen, 'unix'>): string {
  if ('unix' in listen) return `unix:${listen.unix}`;
  const { host, port } = listen;
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The same as a URL. A Unix socket has no scheme of its own: how it is spoken to is for its caller to know. */
export function listenUrl(listen: DataListen, scheme: 'http' | 'https'): string {
  return 'unix' in listen ? listenText(listen) : `${scheme}://${listenText(listen)}`;
}
