"""A TCP proxy in user space that delays, splits, stalls and resets, as far as it is told to.

It listens on some ports, each for one address. Faults are drawn from a seed, connection by
connection and piece by piece; SIGUSR1 begins them, and SIGUSR2 ends them and has it say how many there
were. Order changes between
connections, never within one: this is TCP.
"""

import argparse
import asyncio
import random
import signal
import socket
import struct

MARK = 1
PIECE_BYTES = 16384
LINGER_NONE = struct.pack("ii", 1, 0)


class Proxy:
    def __init__(self, seed, resets):
        self.chance = random.Random(seed)
        self.resets = resets
        self.is_faulty = False
        self.faults = 0

    def calm(self):
        self.is_faulty = False
        print(self.faults, flush=True)
        self.faults = 0

    async def serve(self, port, target):
        async def accept(reader, writer):
            await self.connect(reader, writer, target)

        return await asyncio.start_server(accept, "0.0.0.0", port)

    async def connect(self, reader, writer, target):
        raw = socket.socket()
        raw.setblocking(False)
        # Marked, so that the rule which brought it here does not bring it here again.
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, MARK)
        try:
            await asyncio.get_running_loop().sock_connect(raw, target)
            there, onward = await asyncio.open_connection(sock=raw)
        except OSError:
            raw.close()
            writer.close()
            return
        ends = [writer, onward]
        await asyncio.gather(
            self.pass_on(reader, onward, ends), self.pass_on(there, writer, ends))

    async def pass_on(self, reader, writer, ends):
        seed = self.chance.getrandbits(64)
        chance = random.Random(seed)
        mean = chance.choice([0.001, 0.005, 0.02, 0.05])
        passed, stall_at = 0, chance.randrange(1, 1 << 18)
        reset_at = chance.randrange(1, 1 << 20) if self.resets else None
        try:
            while piece := await reader.read(PIECE_BYTES):
                if self.is_faulty:
                    self.faults += 1
                    await asyncio.sleep(min(0.3, chance.expovariate(1 / mean)))
                    if passed <= stall_at < passed + len(piece):
                        await asyncio.sleep(chance.uniform(0.2, 1.5))
                        stall_at += chance.randrange(1, 1 << 18)
                    if reset_at is not None and passed > reset_at:
                        reset(ends)
                        return
                    if chance.random() < 0.02:
                        await self.one_by_one(piece[:64], writer)
                        piece = piece[64:]
                passed += len(piece)
                writer.write(piece)
                await writer.drain()
        except OSError:
            pass  # either side is gone, and so will be the other
        for end in ends:
            end.close()

    async def one_by_one(self, bytes_, writer):
        for byte in bytes_:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)


def reset(ends):
    for end in ends:
        end.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NONE)
        end.transport.abort()


async def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", required=True)
    parser.add_argument("--resets", action="store_true")
    parser.add_argument("route", nargs="+", help="PORT=HOST:PORT")
    options = parser.parse_args()
    proxy = Proxy(options.seed, options.resets)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, setattr, proxy, "is_faulty", True)
    loop.add_signal_handler(signal.SIGUSR2, proxy.calm)
    servers = []
    for route in options.route:
        port, _, target = route.partition("=")
        host, _, target_port = target.partition(":")
        servers.append(await proxy.serve(int(port), (host, int(target_port))))
    print("ready", flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(main())
