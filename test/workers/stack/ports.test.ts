import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { occupantOf } from '../../../workers/stack/port-occupant.ts';
import { accepts, freePort, freePorts, isFree } from '../../../workers/stack/ports.ts';

async function withListener<T>(host: string, use: (port: number) => Promise<T>): Promise<T> {
  // Without a reader a socket never ends, nor does the server.
  const server = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, host);
  await once(server, 'listening');
  try {
    return await use((server.address() as AddressInfo).port);
  } finally {
    server.close();
    await once(server, 'close');
  }
}

test('free ports differ from each other and are free', async () => {
  const ports = await freePorts(20);
  expect(new Set(ports).size).toBe(20);
  for (const port of ports) expect(await isFree(port)).toBe(true);
});

test('a port taken on the loopback interface alone is not free', async () => {
  await withListener('127.0.0.1', async (port) => {
    expect(await isFree(port)).toBe(false);
    expect(await freePort(port)).not.toBe(port);
  });
});

test('the preferred port is taken when it is free', async () => {
  const [port = 0] = await freePorts(1);
  expect(await freePort(port)).toBe(port);
});

test('accepts tells a listening port from a closed one', async () => {
  const port = await withListener('127.0.0.1', async (open) => {
    expect(await accepts({ port: open, host: '127.0.0.1' })).toBe(true);
    return open;
  });
  expect(await accepts({ port, host: '127.0.0.1' })).toBe(false);
});

test('the occupant of a port is named by process, and a free port has none', async () => {
  const port = await withListener('127.0.0.1', async (taken) => {
    const occupant = await occupantOf(taken);
    expect(occupant?.what).toMatch(/^(the program|another program)/);
    if (process.platform === 'linux') expect(occupant?.pid).toBe(process.pid);
    return taken;
  });
  expect(await occupantOf(port)).toBeNull();
});
