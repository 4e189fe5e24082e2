// Loads the AWS provider's JavaScript one resource type at a time.
//
// The package's index requires all of its 2,212 modules (224 MB), which costs 2.7 CPU s and 550 MB even for an app that
// uses ten of them. Loaded with --require, this file makes that index define a getter for each name instead.
// If the index has an unexpected format, node loads it unchanged: slow, but correct.

'use strict';

const fs = require('node:fs');
const Module = require('node:module');

// jsii's package cache adds a version and a digest between the package's name and lib/. Resolved links have them.
const INDEX = /[\\/]@cdktf[\\/]provider-aws[\\/](?:[^\\/]+[\\/][^\\/]+[\\/])?lib[\\/]index\.js$/;

const EXPORT = /^exports\.(\w+) = require\("(\.\/[\w-]+)"\);$/;
const WITHOUT_EFFECT = [
  /^"use strict";$/,
  /^Object\.defineProperty\(exports, "__esModule", \{ value: true \}\);$/, // repeated below
  /^(?:exports\.\w+ = )+void 0;$/, // TypeScript announces the names it is about to assign
  /^\s*(?:\/\*\*|\*[^/]*|\*\/|\/\/.*)?$/, // comments and empty lines
];

/** The index as a map from exported name to module path; undefined if it holds anything but such exports. */
function submodulesOf(source) {
  const submodules = new Map();
  for (const line of source.split(/\r?\n/)) {
    const found = EXPORT.exec(line);
    if (found) {
      submodules.set(found[1], found[2]);
    } else if (!WITHOUT_EFFECT.some((pattern) => pattern.test(line))) {
      return undefined;
    }
  }
  return submodules.size ? submodules : undefined;
}

function exportLazily(module, submodules) {
  Object.defineProperty(module.exports, '__esModule', { value: true });
  for (const [name, path] of submodules) {
    Object.defineProperty(module.exports, name, {
      enumerable: true,
      configurable: true,
      get() {
        const value = module.require(path);
        Object.defineProperty(module.exports, name, { enumerable: true, configurable: true, writable: true, value });
        return value;
      },
    });
  }
}

const load = Module._extensions['.js'];

Module._extensions['.js'] = function (module, filename, ...rest) {
  const submodules = INDEX.test(filename) ? submodulesOf(fs.readFileSync(filename, 'utf8')) : undefined;
  return submodules ? exportLazily(module, submodules) : load.call(this, module, filename, ...rest);
};
