{
  # The Node-API shim: converts between JavaScript and addon/realm.h, computes nothing.
  # It links nothing of the engine: engine.cc opens the right library at first use.
  'targets': [{
    'target_name': 'index',
    'sources': [
      'addon/module.cc', 'addon/engine.cc', 'addon/fault.cc', 'addon/processor.cc', 'addon/call.cc',
      'addon/stored.cc', 'addon/model.cc', 'addon/embed.cc', 'addon/generation.cc', 'addon/format.cc', 'addon/job.cc', 'addon/environment.cc', 'addon/guest.cc',
      'addon/sampler.cc', 'addon/session.cc', 'addon/waiting.cc'
    ],
    'include_dirs': [
      '<!(node -p "require(\'node-addon-api\').include_dir")', '<!(node -p "require(\'node-api-headers\').include_dir")'
    ],
    # No C++ exceptions of node-addon-api: in a worker that is being terminated no JavaScript exception can be thrown, and
    # then it swallows what it would otherwise end the process for. Those of the C++ library stop at Guard (addon/call.h).
    'defines': [
      'NAPI_VERSION=8', 'NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS', 'NODE_ADDON_API_DISABLE_DEPRECATED',
      'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS', 'NODE_API_NO_EXTERNAL_BUFFERS_ALLOWED'
    ],
    'cflags!': ['-fno-omit-frame-pointer'],
    'cflags': ['-O2', '-Wall', '-Wextra', '-Werror', '-fvisibility=hidden', '-ffunction-sections', '-fdata-sections'],
    'cflags_cc!': ['-std=gnu++17', '-std=gnu++20', '-fno-exceptions'],
    'cflags_cc': ['-std=c++17', '-fexceptions', '-fno-rtti'],
    'conditions': [
      ['OS=="linux"', {
        # nodelete: Node unloads an addon with the last environment that used it, and thread-exit destructors of the
        # engine would then jump into unmapped memory. Static C++ library: nothing to miss on a user's machine. Not libgcc,
        # which every Node has loaded: a static one of a newer compiler asks for a newer C library (_dl_find_object).
        'ldflags': [
          '-Wl,-z,nodelete', '-Wl,-z,relro', '-Wl,-z,now', '-Wl,--gc-sections', '-Wl,--exclude-libs,ALL', '-Wl,-s',
          '-Wl,--version-script=<(module_root_dir)/addon/exports.map', '-static-libstdc++'
        ],
        'libraries': ['-ldl']
      }],
      ['OS=="mac"', {
        'xcode_settings': {
          'GCC_ENABLE_CPP_EXCEPTIONS': 'YES', 'GCC_SYMBOLS_PRIVATE_EXTERN': 'YES', 'CLANG_CXX_LANGUAGE_STANDARD': 'c++17',
          'MACOSX_DEPLOYMENT_TARGET': '12.0'
        }
      }]
    ]
  }]
}
