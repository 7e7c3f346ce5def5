'use strict';

// The dotnet command, as builds and tests use it.

const path = require('node:path');
const { root, must } = require('./steps');

/** Nothing of the dotnet command's own: no telemetry, no banner, English messages, and a home where there is none. */
function dotnetEnvironment() {
  const env = {
    DOTNET_CLI_TELEMETRY_OPTOUT: '1',
    DOTNET_NOLOGO: '1',
    DOTNET_SKIP_FIRST_TIME_EXPERIENCE: '1',
    DOTNET_CLI_UI_LANGUAGE: 'en',
    DOTNET_CLI_USE_MSBUILD_SERVER: '0',
  };
  if (!process.env.HOME)
    Object.assign(env, { HOME: path.join(root, 'build/home'), DOTNET_CLI_HOME: path.join(root, 'build/home') });
  return env;
}

/** NativeAOT: compiles a project for a platform into `at`/publish. `fix` is said when it fails. */
async function publish(name, project, { rid, at, properties = {}, fix }) {
  const all = {
    BaseIntermediateOutputPath: path.join(root, at, 'obj/'),
    BaseOutputPath: path.join(root, at, 'bin/'),
    UseSharedCompilation: 'false', // no compiler server left behind
    ...properties,
  };
  const args = ['publish', project, '-c', 'Release', '-r', rid, '-o', `${at}/publish`, '--nologo', '-nodeReuse:false'];
  args.push(...Object.entries(all).map(([property, value]) => `-p:${property}=${value}`));
  await must(name, 'dotnet', args, { env: dotnetEnvironment(), fix });
}

module.exports = { dotnetEnvironment, publish };
