// Makes a write of the node process that synth runs in go wrong: WRITE is its number, FAULT what happens to it,
// SYNTH the process that main.py runs in (node's parent is a process of jsii's).

'use strict';

const fs = require('node:fs');

const writes = ['writeFileSync', 'mkdirSync', 'copyFileSync'];
const happens = {
  full: (path) => {
    throw Object.assign(new Error(`ENOSPC: no space left on device, open '${path}'`), { code: 'ENOSPC', path });
  },
  crash: () => process.kill(process.pid, 'SIGKILL'),
  kill: () => process.kill(Number(process.env.SYNTH), 'SIGKILL'),
  interrupt: () => process.kill(Number(process.env.SYNTH), 'SIGINT'),
  terminate: () => process.kill(Number(process.env.SYNTH), 'SIGTERM'),
};

let number = 0;

for (const name of writes) {
  const write = fs[name];
  fs[name] = function (path, ...rest) {
    if (String(path).includes('.unfinished')) {
      number += 1;
      if (number === Number(process.env.WRITE)) {
        happens[process.env.FAULT](path);
      }
    }
    return write.call(this, path, ...rest);
  };
}

process.on('exit', () => {
  if (process.env.COUNT_INTO && number) {
    fs.writeSync(fs.openSync(process.env.COUNT_INTO, 'w'), String(number));
  }
});
