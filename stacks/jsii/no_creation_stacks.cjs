// Disables the stack trace that cdktf stores for each list, reference and token.
//
// cdktf (0.21, tokens/private/stack-trace.js) stores the whole stack of each of them as a string and uses it only in error
// messages. In this app all these traces begin in jsii's dispatcher, so they don't help. They took a third of node's
// heap and a tenth of its time. Loaded with --require, this file leaves them empty, which cdktf supports. Errors keep
// their own traces.

'use strict';

const capture = Error.captureStackTrace;

// cdktf passes its own function as the one below which the trace begins.
Error.captureStackTrace = function (object, below) {
  if (below?.name !== 'captureStackTrace') {
    capture.call(Error, object, below);
  }
};
