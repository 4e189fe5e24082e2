// Lets jsii finish the index that makes its next start cheap.
//
// On the first run after an install, jsii (1.142) reads the provider's whole type manifest, 131 MB, and a worker thread
// writes an index of it into jsii's package cache, so that later runs read only the types that they use. jsii doesn't
// wait for that thread at exit. An app that ends within two seconds always ends first, and repeats the work on every
// run: 0.7 CPU s and 500 MB. Loaded with --require, this file makes the process wait for its worker threads. That costs
// about 3 s once. JSII_RUNTIME_PACKAGE_CACHE=disabled disables jsii's cache and index, and with them this wait.

'use strict';

const exit = process.exit;
const running = new Set();

process.on('worker', (worker) => {
  running.add(worker);
  worker.once('exit', () => running.delete(worker));
});

process.exit = function (code) {
  if (running.size === 0) {
    exit.call(process, code);
  }
  // jsii's Python side sends SIGTERM after 5 s. Exiting then would repeat the worker and the 5 s on every run.
  process.on('SIGTERM', () => {});
  for (const worker of running) {
    worker.once('exit', () => process.exit(code));
  }
};
