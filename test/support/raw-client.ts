import { connect } from 'node:net';

/** Sends bytes as they are and gives all that comes back until the connection closes. */
export function rawExchange(base: string, request: string | Uint8Array): Promise<string> {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), hostname, () => socket.write(request));
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
  });
}

/** One request on a connection of its own. */
export function rawRequest(base: string, head: string, body = ''): Promise<string> {
  return rawExchange(base, `${head}\r\nhost: test\r\nconnection: close\r\n\r\n${body}`);
}
