// Lets jsii finish the index that makes its next start cheap.
//
// On the first run after an install jsii (1.142) reads the provider's whole type manifest, 131 MB, and has a worker thread
// write an index of it into its package cache, so that later runs read only the types they use. At exit it does not wait
// for that thread. An app that ends within two seconds always ends first, and pays for manifest and worker again on
// every run: 0.7 CPU s and 500 MB. Given to node with --require, this file lets worker threads end before the process.
// That costs some 3 s once. JSII_RUNTIME_PACKAGE_CACHE=disabled turns jsii's cache and index off, and so this wait too.

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
  // After 5 s jsii's Python side sends this. Obeying would bring the worker and the 5 s back on every run.
  process.on('SIGTERM', () => {});
  for (const worker of running) {
    worker.once('exit', () => process.exit(code));
  }
};
