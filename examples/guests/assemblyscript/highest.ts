/** The index of the highest of `count` numbers at `at`, the first one of equals. Sixteen numbers at a time. */
export function highest(at: usize, count: u32): u32 {
  const end = at + <usize>count * 4, blocks = at + <usize>(count & ~15) * 4;
  let most = load<f32>(at), a = f32x4.splat(most), b = a, c = a, d = a;
  for (let i = at; i < blocks; i += 64) {
    a = f32x4.pmax(a, v128.load(i));
    b = f32x4.pmax(b, v128.load(i, 16));
    c = f32x4.pmax(c, v128.load(i, 32));
    d = f32x4.pmax(d, v128.load(i, 48));
  }
  a = f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d));
  most = max(max(f32x4.extract_lane(a, 0), f32x4.extract_lane(a, 1)), max(f32x4.extract_lane(a, 2), f32x4.extract_lane(a, 3)));
  for (let i = blocks; i < end; i += 4) most = max(most, load<f32>(i));
  // Where it is: the blocks without it are passed over.
  a = f32x4.splat(most);
  let i = at;
  for (; i < blocks; i += 64) {
    const there = v128.or(
      v128.or(f32x4.eq(a, v128.load(i)), f32x4.eq(a, v128.load(i, 16))),
      v128.or(f32x4.eq(a, v128.load(i, 32)), f32x4.eq(a, v128.load(i, 48))),
    );
    if (v128.any_true(there)) break;
  }
  while (i < end - 4 && load<f32>(i) != most) i += 4;
  return <u32>((i - at) >> 2);
}
