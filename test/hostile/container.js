'use strict';

// Header, metadata and tensor directory. A row: what is wrong, how, the expected code, the bytes.

const { file, patched, withValue, withType, withInfo, place, u32, u64, text, gguf } = require('./base');

const WHOLE = file();
const HEAD = 24;
const MAX = 2n ** 64n - 1n;

const header = [
  ...[0, 1, 3].map((length) => ['file', `${length} bytes`, 'E_TRUNCATED', () => WHOLE.subarray(0, length)]),
  ['file', 'the magic alone', 'E_TRUNCATED', () => WHOLE.subarray(0, 4)],
  ...[5, 8, 12, 16, 20, 23].map((length) => [
    'header',
    `cut at ${length}`,
    'E_TRUNCATED',
    () => WHOLE.subarray(0, length),
  ]),
  // Each length of the first entries, then every so many bytes of the vocabulary.
  ...Array.from({ length: 60 }, (_, i) => HEAD + 3 * i + (i > 30 ? 31 * (i - 30) : 0)).map((length) => [
    'metadata',
    `cut at ${length}`,
    'E_TRUNCATED',
    () => WHOLE.subarray(0, length),
  ]),
  ...['FUGG', 'GGML', 'GGJT', 'PK\x03\x04', '\x89PNG', '<!DO', 'vers', 'gguf', 'GGUG', '\0\0\0\0'].map((magic) => [
    'magic',
    JSON.stringify(magic),
    'E_NOT_GGUF',
    () => patched(WHOLE, 0, Buffer.from(magic, 'latin1')),
  ]),
  [
    'file',
    'a git-lfs pointer',
    'E_NOT_GGUF',
    () => Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n'),
  ],
  ['file', 'a web page', 'E_NOT_GGUF', () => Buffer.from('<!DOCTYPE html><html><body>404</body></html>')],
  ...[0, 4, 99, 0xffffffff, 0x7fffffff].map((version) => [
    'version',
    version,
    'E_VERSION',
    () => patched(WHOLE, 4, u32(version)),
  ]),
  ['version', 'big-endian', 'E_ENDIAN', () => patched(WHOLE, 4, u32(0x03000000))],
  ...[MAX, 2n ** 63n, 2n ** 62n, 2n ** 58n, 2n ** 33n, 1000001n].map((count) => [
    'tensor_count',
    count,
    'E_LIMIT',
    () => patched(WHOLE, 8, u64(count)),
  ]),
  ['tensor_count', 0, 'E_MISSING_TENSOR', () => patched(WHOLE, 8, u64(0))],
  ['tensor_count', '5 of 22', 'E_MISSING_TENSOR', () => patched(WHOLE, 8, u64(5))],
  ['tensor_count', '30 of 21', 'E_*', () => patched(WHOLE, 8, u64(30))],
  ...[MAX, 2n ** 63n, 2n ** 60n, 2n ** 32n, 65537n].map((count) => [
    'kv_count',
    count,
    'E_LIMIT',
    () => patched(WHOLE, 16, u64(count)),
  ]),
  ['kv_count', 0, 'E_*', () => patched(WHOLE, 16, u64(0))],
  ['kv_count', 'one more', 'E_*', () => patched(WHOLE, 16, u64(WHOLE.readBigUInt64LE(16) + 1n))],
  ['kv_count', 'one less', 'E_*', () => patched(WHOLE, 16, u64(WHOLE.readBigUInt64LE(16) - 1n))],
  ['file', 'cut in the last tensor', 'E_BOUNDS', () => WHOLE.subarray(0, WHOLE.length - 100)],
  ['file', 'no tensor data', 'E_BOUNDS', () => WHOLE.subarray(0, WHOLE.length - 2000)],
];

const key = (bytes) => gguf({ 'general.architecture': ['string', 'llama'], [bytes]: ['u32', 1] });
const raw = (...parts) => Buffer.concat([Buffer.from('GGUF'), u32(3), u64(0), u64(1), ...parts]);

const metadata = [
  ...[MAX, 2n ** 63n, 65536n].map((length) => [
    'key length',
    length,
    'E_LIMIT',
    () => patched(WHOLE, HEAD, u64(length)),
  ]),
  ['key length', 0, 'E_KEY', () => patched(WHOLE, HEAD, u64(0))],
  ['key', 'not UTF-8', 'E_KEY', () => patched(WHOLE, HEAD + 8, Buffer.from([0xff, 0xfe]))],
  ...['\0', '\n', '\x1b', '\x7f'].map((c) => ['key', `with ${JSON.stringify(c)}`, 'E_KEY', () => key(`a${c}b`)]),
  [
    'key',
    'the same name twice',
    'E_DUPLICATE',
    () => {
      const bytes = file({ set: { 'aa.one': ['u32', 1], 'aa.two': ['u32', 2] } });
      return patched(bytes, place(bytes, 'aa.two'), Buffer.from('aa.one'));
    },
  ],
  ...[13, 14, 255, 0xffffffff].map((type) => ['value type', type, 'E_TYPE', () => withType('general.name', type)]),
  ...[MAX, 2n ** 63n, 2n ** 31n, 2n ** 25n].map((length) => [
    'string length',
    length,
    'E_LIMIT',
    () => withValue('general.name', u64(length)),
  ]),
  ['string length', 'to behind the end', 'E_TRUNCATED', () => withValue('general.name', u64(2n ** 23n))],
  ...[MAX, 2n ** 63n, 2n ** 61n + 1n, 2n ** 60n, 2n ** 58n, 2n ** 30n].map((count) => [
    'array length',
    count,
    'E_LIMIT',
    () => withValue('tokenizer.ggml.token_type', u64(count), 4),
  ]),
  ['array length', 'to behind the end', 'E_TRUNCATED', () => withValue('tokenizer.ggml.token_type', u64(2n ** 22n), 4)],
  ['element type', 'array', 'E_NESTED', () => withValue('tokenizer.ggml.token_type', u32(9))],
  ...[13, 0xffffffff].map((type) => [
    'element type',
    type,
    'E_TYPE',
    () => withValue('tokenizer.ggml.token_type', u32(type)),
  ]),
  [
    'arrays',
    '200000 in each other',
    'E_NESTED',
    () => raw(text('x'), u32(9), Buffer.alloc(12 * 200000, Buffer.concat([u32(9), u64(1)]))),
  ],
  [
    'array',
    '2 million empty strings',
    'E_*',
    () => raw(text('x'), u32(9), u32(8), u64(2000000), Buffer.alloc(16000000)),
  ],
  [
    'keys',
    '65536 with one beginning',
    'E_*',
    () => {
      const keys = Array.from({ length: 65500 }, (_, i) =>
        Buffer.concat([text(`general.the.same.beginning.${i}`), u32(0), Buffer.from([1])]),
      );
      const head = Buffer.concat([...keys, WHOLE.subarray(HEAD)]);
      const count = WHOLE.readBigUInt64LE(16) + 65500n;
      return Buffer.concat([WHOLE.subarray(0, 16), u64(count), head]);
    },
  ],
  ...[0, 3, 13, 24, 33, 0x80000000, 0x40000000, 2 ** 21].map((value) => [
    'general.alignment',
    value,
    'E_ALIGN',
    () => file({ set: { 'general.alignment': ['u32', value] } }),
  ]),
  ...[
    ['i32', 32],
    ['u64', 32],
    ['string', '32'],
    ['[u32]', [32]],
    ['f32', 32],
    ['bool', true],
  ].map(([type, value]) => [
    'general.alignment',
    type,
    'E_TYPE',
    () => file({ set: { 'general.alignment': [type, value] } }),
  ]),
  ['general.architecture', 'missing', 'E_MISSING_KEY', () => file({ set: { 'general.architecture': null } })],
  ...['', 'LLaMA', 'llama\0x', 'x'.repeat(1 << 20), '../llama', '__proto__'].map((name) => [
    'general.architecture',
    JSON.stringify(name.slice(0, 20)),
    'E_UNSUPPORTED',
    () => file({ set: { 'general.architecture': ['string', name] } }),
  ]),
  ...[
    ['u32', 1],
    ['[string]', ['llama']],
    ['bool', true],
  ].map(([type, value]) => [
    'general.architecture',
    type,
    'E_TYPE',
    () => file({ set: { 'general.architecture': [type, value] } }),
  ]),
  [
    'general.architecture',
    "whose keys are another family's",
    'E_MISSING_KEY',
    () => file({ set: { 'general.architecture': ['string', 'qwen2'] } }),
  ],
];

const Q = 'blk.0.attn_q.weight';
const infos = [
  ...[MAX, 2n ** 63n, 2n ** 32n, 64n].map((length) => [
    'tensor name length',
    length,
    'E_LIMIT',
    () => {
      const bytes = file();
      return patched(bytes, place(bytes, text(Q)), u64(length));
    },
  ]),
  [
    'tensor name length',
    0,
    'E_KEY',
    () => {
      const bytes = file();
      return patched(bytes, place(bytes, text(Q)), u64(0));
    },
  ],
  ...[[0xff], [0], [10], [27]].map((byte) => [
    'tensor name',
    `with byte ${byte[0]}`,
    'E_KEY',
    () => {
      const bytes = file();
      return patched(bytes, place(bytes, text(Q)) + 8, Buffer.from(byte));
    },
  ]),
  [
    'tensor name',
    'twice',
    'E_DUPLICATE',
    () => {
      const bytes = file();
      return patched(bytes, place(bytes, text(Q)) + 8, Buffer.from('blk.1'));
    },
  ],
  ...[0, 5, 8, 9, 255, 0x7fffffff, 0xffffffff].map((count) => [
    'n_dims',
    count,
    'E_SHAPE',
    () => withInfo(Q, 'dimensions', count),
  ]),
  ...[1, 3, 4].map((count) => ['n_dims', count, 'E_*', () => withInfo(Q, 'dimensions', count)]),
  ...[0, 1].flatMap((i) =>
    [
      0n,
      2n ** 63n,
      MAX,
      2n ** 62n - 1n,
      2n ** 42n + 1n,
      2n ** 40n,
      2n ** 32n + 32n,
      2n ** 32n,
      2n ** 31n,
      33n,
      31n,
      1n,
    ].map((extent) => [`extent ${i}`, extent, 'E_*', () => withInfo(Q, i, extent)]),
  ),
  [
    'extents',
    'the product of which wraps to 1024',
    'E_SHAPE',
    () => {
      const bytes = withInfo(Q, 0, 2n ** 37n);
      const at = place(bytes, text(Q)) + text(Q).length;
      return patched(bytes, at + 12, u64(2n ** 37n));
    },
  ],
  ...[4, 5, 31, 33, 36, 38, 43, 255, 0x80000000, 0xffffffff].map((type) => [
    'tensor type',
    type,
    'E_UNSUPPORTED',
    () => withInfo(Q, 'type', type),
  ]),
  ...[24, 26, 27, 28].map((type) => [
    'tensor type',
    `${type}, integers or doubles, of a weight`,
    'E_*',
    () => withInfo(Q, 'type', type),
  ]),
  ...[2, 3, 6, 7, 8, 16, 20, 39, 41].map((type) => [
    'tensor type',
    `${type}: rows of 32`,
    '?',
    () => withInfo(Q, 'type', type),
  ]),
  ...[10, 11, 12, 13, 14, 17, 18, 19, 21, 22, 23, 29, 34, 35, 40, 42].map((type) => [
    'tensor type',
    `${type}: blocks of more than a row`,
    'E_SHAPE',
    () => withInfo(Q, 'type', type),
  ]),
  ...[MAX, 2n ** 63n, 2n ** 40n, -32n, -64n, -4096n].map((offset) => [
    'tensor offset',
    offset,
    'E_*',
    () => withInfo(Q, 'offset', offset),
  ]),
  ...[1, 4, 31, 33].map((offset) => ['tensor offset', offset, 'E_OFFSET', () => withInfo(Q, 'offset', offset)]),
  [
    'tensor offset',
    'the size of the data',
    'E_BOUNDS',
    () => withInfo(Q, 'offset', (BigInt(WHOLE.length) / 32n) * 32n),
  ],
  ['tensor offset', "another tensor's", 'E_OVERLAP', () => withInfo(Q, 'offset', 0)],
  ['tensor offset', 'half into another tensor', 'E_OVERLAP', () => withInfo(Q, 'offset', 64)],
  [
    'tensor',
    '2 MB declared in 1 KB',
    'E_BOUNDS',
    () =>
      gguf(
        { 'general.architecture': ['string', 'llama'] },
        { 'token_embd.weight': { shape: [1024, 512], values: new Float32Array(200) } },
      ),
  ],
  [
    'tensors',
    '100000 of a number each',
    'E_*',
    () => {
      // Written at once: the writer of the fixtures takes seconds for so many.
      const infos = Array.from({ length: 100000 }, (_, i) =>
        Buffer.concat([text(`t${i}`), u32(1), u64(1), u32(0), u64(32 * i)]),
      );
      const head = Buffer.concat([
        Buffer.from('GGUF'),
        u32(3),
        u64(100000),
        u64(1),
        text('general.architecture'),
        u32(8),
        text('llama'),
        ...infos,
      ]);
      return Buffer.concat([head, Buffer.alloc(31 - ((head.length + 31) % 32)), Buffer.alloc(32 * 100000)]);
    },
  ],
];

module.exports = { header, metadata, infos };
