import type { Socket } from 'node:net';

/**
 * Bytes that the kernel has taken to send. `bytesWritten` counts a whole response as soon as it is handed to libuv, however
 * little of it the client has read; how much is left there, Node tells on the socket's handle alone.
 */
export function bytesTaken(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (!isStreamHandle(handle)) return socket.bytesWritten - socket.writableLength;
  return handle.bytesWritten - handle.writeQueueSize;
}

function isStreamHandle(
  handle: unknown,
): handle is { readonly bytesWritten: number; readonly writeQueueSize: number } {
  return (
    typeof handle === 'object' &&
    handle !== null &&
    typeof Reflect.get(handle, 'bytesWritten') === 'number' &&
    typeof Reflect.get(handle, 'writeQueueSize') === 'number'
  );
}
