import { expect, it } from 'vitest';
import { describeConfig } from '../../src/config/index.ts';
import { parsed } from './samples.ts';

it('a config is described by its addresses and, type by type, its match, sides and operations', () => {
  const config = parsed(`data: "[::]:80"
types:
  simple_orchestrator: { legacy: "http://127.0.0.1:9101" }
  billing:
    match: { header: "x-service: billing" }
    legacy: "http://127.0.0.1:9001"
    v2: "http://127.0.0.1:9002"
    mirror: reads
    operations:
      - { name: get_invoice, method: GET, path: "/invoices/:id", effect: read }
`);

  expect(describeConfig(config)).toBe(`data   http://[::]:80
admin  http://127.0.0.1:8081
state  /etc/banyan/.banyan
2 types, the first that claims a call gets it:
  simple_orchestrator
    match       prefix /simple_orchestrator/, header x-orchestrator-type: simple_orchestrator, or its own routes
    legacy      http://127.0.0.1:9101
    v2          comes with Banyan
    operations  2 (1 read, 1 write)
    mirror      all
    affinity    header:x-session, address
  billing
    match       header x-service: billing
    legacy      http://127.0.0.1:9001
    v2          http://127.0.0.1:9002
    operations  1 (1 read, 0 write)
    mirror      reads
    affinity    address`);
});
