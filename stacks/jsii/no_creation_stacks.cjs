// Spares cdktf the stack trace that it keeps of where each list, reference and token was made.
//
// cdktf (0.21, tokens/private/stack-trace.js) takes the whole stack of every one of them, as text, only to show it in an
// error message: ours begins in jsii's dispatcher, so it would tell nobody anything. That text was a third of node's heap
// and a tenth of its time. Given to node with --require, this file leaves those traces empty, which cdktf allows for;
// errors keep the traces of their own.

'use strict';

const capture = Error.captureStackTrace;

// cdktf's function names itself as the one below which the trace begins.
Error.captureStackTrace = function (object, below) {
  if (below?.name !== 'captureStackTrace') {
    capture.call(Error, object, below);
  }
};
