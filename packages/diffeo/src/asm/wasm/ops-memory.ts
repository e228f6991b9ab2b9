// Instructions with a memory or lane immediate. Bits 0–23 are the opcode as in the other tables; bits 24 and up hold
// log2 of the natural alignment (memory, atomic) or the number of lanes (lane).

const A1 = 0
const A2 = 1 << 24
const A4 = 2 << 24
const A8 = 3 << 24
const A16 = 4 << 24

const L2 = 2 << 24
const L4 = 4 << 24
const L8 = 8 << 24
const L16 = 16 << 24

// prettier-ignore
export const MEM_OPS = {
  'i32.load': A4 | 0x28, 'i64.load': A8 | 0x29, 'f32.load': A4 | 0x2a, 'f64.load': A8 | 0x2b,
  'i32.load8_s': A1 | 0x2c, 'i32.load8_u': A1 | 0x2d, 'i32.load16_s': A2 | 0x2e, 'i32.load16_u': A2 | 0x2f,
  'i64.load8_s': A1 | 0x30, 'i64.load8_u': A1 | 0x31, 'i64.load16_s': A2 | 0x32, 'i64.load16_u': A2 | 0x33,
  'i64.load32_s': A4 | 0x34, 'i64.load32_u': A4 | 0x35, 'i32.store': A4 | 0x36, 'i64.store': A8 | 0x37,
  'f32.store': A4 | 0x38, 'f64.store': A8 | 0x39, 'i32.store8': A1 | 0x3a, 'i32.store16': A2 | 0x3b,
  'i64.store8': A1 | 0x3c, 'i64.store16': A2 | 0x3d, 'i64.store32': A4 | 0x3e,
  'v128.load': A16 | 0xfd0000, 'v128.load8x8_s': A8 | 0xfd0001, 'v128.load8x8_u': A8 | 0xfd0002,
  'v128.load16x4_s': A8 | 0xfd0003, 'v128.load16x4_u': A8 | 0xfd0004, 'v128.load32x2_s': A8 | 0xfd0005,
  'v128.load32x2_u': A8 | 0xfd0006, 'v128.load8_splat': A1 | 0xfd0007, 'v128.load16_splat': A2 | 0xfd0008,
  'v128.load32_splat': A4 | 0xfd0009, 'v128.load64_splat': A8 | 0xfd000a, 'v128.store': A16 | 0xfd000b,
  'v128.load32_zero': A4 | 0xfd005c, 'v128.load64_zero': A8 | 0xfd005d,
}

// prettier-ignore
export const MEM_LANE_OPS = {
  'v128.load8_lane': A1 | 0xfd0054, 'v128.load16_lane': A2 | 0xfd0055, 'v128.load32_lane': A4 | 0xfd0056,
  'v128.load64_lane': A8 | 0xfd0057, 'v128.store8_lane': A1 | 0xfd0058, 'v128.store16_lane': A2 | 0xfd0059,
  'v128.store32_lane': A4 | 0xfd005a, 'v128.store64_lane': A8 | 0xfd005b,
}

// prettier-ignore
export const LANE_OPS = {
  'i8x16.extract_lane_s': L16 | 0xfd0015, 'i8x16.extract_lane_u': L16 | 0xfd0016,
  'i8x16.replace_lane': L16 | 0xfd0017, 'i16x8.extract_lane_s': L8 | 0xfd0018, 'i16x8.extract_lane_u': L8 | 0xfd0019,
  'i16x8.replace_lane': L8 | 0xfd001a, 'i32x4.extract_lane': L4 | 0xfd001b, 'i32x4.replace_lane': L4 | 0xfd001c,
  'i64x2.extract_lane': L2 | 0xfd001d, 'i64x2.replace_lane': L2 | 0xfd001e, 'f32x4.extract_lane': L4 | 0xfd001f,
  'f32x4.replace_lane': L4 | 0xfd0020, 'f64x2.extract_lane': L2 | 0xfd0021, 'f64x2.replace_lane': L2 | 0xfd0022,
}

// prettier-ignore
export const ATOMIC_OPS = {
  'memory.atomic.notify': A4 | 0xfe0000, 'memory.atomic.wait32': A4 | 0xfe0001, 'memory.atomic.wait64': A8 | 0xfe0002,
  'i32.atomic.load': A4 | 0xfe0010, 'i64.atomic.load': A8 | 0xfe0011, 'i32.atomic.load8_u': A1 | 0xfe0012,
  'i32.atomic.load16_u': A2 | 0xfe0013, 'i64.atomic.load8_u': A1 | 0xfe0014, 'i64.atomic.load16_u': A2 | 0xfe0015,
  'i64.atomic.load32_u': A4 | 0xfe0016,
  'i32.atomic.store': A4 | 0xfe0017, 'i64.atomic.store': A8 | 0xfe0018, 'i32.atomic.store8': A1 | 0xfe0019,
  'i32.atomic.store16': A2 | 0xfe001a, 'i64.atomic.store8': A1 | 0xfe001b, 'i64.atomic.store16': A2 | 0xfe001c,
  'i64.atomic.store32': A4 | 0xfe001d,
  'i32.atomic.rmw.add': A4 | 0xfe001e, 'i64.atomic.rmw.add': A8 | 0xfe001f, 'i32.atomic.rmw8.add_u': A1 | 0xfe0020,
  'i32.atomic.rmw16.add_u': A2 | 0xfe0021, 'i64.atomic.rmw8.add_u': A1 | 0xfe0022,
  'i64.atomic.rmw16.add_u': A2 | 0xfe0023, 'i64.atomic.rmw32.add_u': A4 | 0xfe0024,
  'i32.atomic.rmw.sub': A4 | 0xfe0025, 'i64.atomic.rmw.sub': A8 | 0xfe0026, 'i32.atomic.rmw8.sub_u': A1 | 0xfe0027,
  'i32.atomic.rmw16.sub_u': A2 | 0xfe0028, 'i64.atomic.rmw8.sub_u': A1 | 0xfe0029,
  'i64.atomic.rmw16.sub_u': A2 | 0xfe002a, 'i64.atomic.rmw32.sub_u': A4 | 0xfe002b,
  'i32.atomic.rmw.and': A4 | 0xfe002c, 'i64.atomic.rmw.and': A8 | 0xfe002d, 'i32.atomic.rmw8.and_u': A1 | 0xfe002e,
  'i32.atomic.rmw16.and_u': A2 | 0xfe002f, 'i64.atomic.rmw8.and_u': A1 | 0xfe0030,
  'i64.atomic.rmw16.and_u': A2 | 0xfe0031, 'i64.atomic.rmw32.and_u': A4 | 0xfe0032,
  'i32.atomic.rmw.or': A4 | 0xfe0033, 'i64.atomic.rmw.or': A8 | 0xfe0034, 'i32.atomic.rmw8.or_u': A1 | 0xfe0035,
  'i32.atomic.rmw16.or_u': A2 | 0xfe0036, 'i64.atomic.rmw8.or_u': A1 | 0xfe0037,
  'i64.atomic.rmw16.or_u': A2 | 0xfe0038, 'i64.atomic.rmw32.or_u': A4 | 0xfe0039,
  'i32.atomic.rmw.xor': A4 | 0xfe003a, 'i64.atomic.rmw.xor': A8 | 0xfe003b, 'i32.atomic.rmw8.xor_u': A1 | 0xfe003c,
  'i32.atomic.rmw16.xor_u': A2 | 0xfe003d, 'i64.atomic.rmw8.xor_u': A1 | 0xfe003e,
  'i64.atomic.rmw16.xor_u': A2 | 0xfe003f, 'i64.atomic.rmw32.xor_u': A4 | 0xfe0040,
  'i32.atomic.rmw.xchg': A4 | 0xfe0041, 'i64.atomic.rmw.xchg': A8 | 0xfe0042, 'i32.atomic.rmw8.xchg_u': A1 | 0xfe0043,
  'i32.atomic.rmw16.xchg_u': A2 | 0xfe0044, 'i64.atomic.rmw8.xchg_u': A1 | 0xfe0045,
  'i64.atomic.rmw16.xchg_u': A2 | 0xfe0046, 'i64.atomic.rmw32.xchg_u': A4 | 0xfe0047,
  'i32.atomic.rmw.cmpxchg': A4 | 0xfe0048, 'i64.atomic.rmw.cmpxchg': A8 | 0xfe0049,
  'i32.atomic.rmw8.cmpxchg_u': A1 | 0xfe004a, 'i32.atomic.rmw16.cmpxchg_u': A2 | 0xfe004b,
  'i64.atomic.rmw8.cmpxchg_u': A1 | 0xfe004c, 'i64.atomic.rmw16.cmpxchg_u': A2 | 0xfe004d,
  'i64.atomic.rmw32.cmpxchg_u': A4 | 0xfe004e,
}
