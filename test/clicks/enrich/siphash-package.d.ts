declare module 'siphash' {
  const siphash: {
    /** SipHash-2-4; the key's words are little-endian. The answer's halves are unsigned 32-bit numbers. */
    readonly hash: (key: Uint32Array, message: Uint8Array) => { readonly h: number; readonly l: number };
  };
  export = siphash;
}
