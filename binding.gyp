{
  # The Node-API shim: converts between JavaScript and addon/realm.h, computes nothing.
  # It links nothing of the engine: engine.cc opens the right library at first use.
  'targets': [{
    'target_name': 'index',
    'sources': [
      'addon/module.cc', 'addon/engine.cc', 'addon/processor.cc', 'addon/convert.cc',
      'addon/stored.cc', 'addon/model.cc', 'addon/generation.cc', 'addon/job.cc', 'addon/environment.cc', 'addon/guest.cc'
    ],
    'include_dirs': ['<!(node -p "require(\'node-api-headers\').include_dir")'],
    'defines': ['NAPI_VERSION=8', 'NODE_API_NO_EXTERNAL_BUFFERS_ALLOWED'],
    'cflags!': ['-fno-omit-frame-pointer'],
    'cflags': ['-O2', '-Wall', '-Wextra', '-Werror', '-fvisibility=hidden', '-ffunction-sections', '-fdata-sections'],
    'cflags_cc!': ['-std=gnu++17', '-std=gnu++20'],
    'cflags_cc': ['-std=c++17', '-fno-exceptions', '-fno-rtti'],
    'conditions': [
      ['OS=="linux"', {
        # nodelete: Node unloads an addon with the last environment that used it, and thread-exit destructors of the
        # engine would then jump into unmapped memory. Static C++ runtime: nothing to miss on a user's machine.
        'ldflags': [
          '-Wl,-z,nodelete', '-Wl,-z,relro', '-Wl,-z,now', '-Wl,--gc-sections', '-Wl,--exclude-libs,ALL', '-Wl,-s',
          '-Wl,--version-script=<(module_root_dir)/addon/exports.map', '-static-libstdc++', '-static-libgcc'
        ],
        'libraries': ['-ldl']
      }],
      ['OS=="mac"', {
        'xcode_settings': {
          'GCC_ENABLE_CPP_EXCEPTIONS': 'NO', 'GCC_SYMBOLS_PRIVATE_EXTERN': 'YES', 'CLANG_CXX_LANGUAGE_STANDARD': 'c++17',
          'MACOSX_DEPLOYMENT_TARGET': '12.0'
        }
      }]
    ]
  }]
}
