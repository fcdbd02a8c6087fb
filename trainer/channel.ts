/** The trainer's end of the protocol: JSON lines over one inherited duplex descriptor. */
import { Socket } from 'node:net';
import type { FromTrainer, ToTrainer } from './protocol.ts';

export interface Channel {
  send(message: FromTrainer): void;
  /** Everything sent has left the process. */
  flushed(): Promise<void>;
  /** Whether the open channel keeps the process alive. It does at first. */
  keepAlive(wanted: boolean): void;
  close(): void;
}

export interface ChannelEvents {
  readonly message: (message: ToTrainer) => void;
  /** The agent is gone, or spoke no JSON. Called once; not after `close`. */
  readonly lost: () => void;
}

export function openChannel(descriptor: number, events: ChannelEvents): Channel {
  const socket = new Socket({ fd: descriptor, readable: true, writable: true });
  let isOpen = true;
  const lose = (): void => {
    if (!isOpen) return;
    isOpen = false;
    socket.destroy();
    events.lost();
  };
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    try {
      for (const line of splitter(text)) events.message(JSON.parse(line) as ToTrainer);
    } catch {
      lose();
    }
  });
  socket.on('error', lose);
  socket.on('close', lose);
  socket.on('end', lose);
  const splitter = createLineSplitter();
  return {
    send: (message) => {
      if (isOpen) socket.write(`${JSON.stringify(message)}\n`);
    },
    flushed: () =>
      new Promise((resolve) => {
        if (isOpen) socket.write('', () => resolve());
        else resolve();
      }),
    keepAlive: (wanted) => void (wanted ? socket.ref() : socket.unref()),
    close: () => {
      isOpen = false;
      socket.destroy();
    },
  };
}

/** @returns a function that takes text as it arrives and gives the lines that became whole. */
export function createLineSplitter(): (text: string) => string[] {
  let rest = '';
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    return lines.filter((line) => line !== '');
  };
}
