//! Runs a network: every operator of its graph, on candle, from inputs to any value that is asked for.
//!
//! Integers, truth values, shapes and indices live on the host, floats on the device. What depends on no input
//! is computed once and kept; everything else is dropped behind its last reader. Sizes are known before memory
//! is asked for, and the work of one run has a limit, so that a hostile graph takes neither memory nor time.

mod array;
mod budget;
mod call;
mod chains;
mod columns;
mod depthwise;
#[cfg(feature = "inputs")]
mod digest;
mod fault;
mod forward;
#[cfg(test)]
mod gradient;
mod host;
mod kernels;
mod lanes;
mod lines;
mod matrix;
mod network;
mod packed;
mod packing;
mod planes;
mod pointwise;
mod products;
mod program;
mod steps;
mod value;
mod weights;
mod window;

pub(crate) use array::Array;
pub use budget::Limits;
pub(crate) use fault::Fault;
pub(crate) use forward::Run;
pub(crate) use network::Network;
pub use program::{NotRun, Program, RawTensor};
pub(crate) use value::{Floats, Value};

/// The operators that can be run, with the set that each belongs to where it is not that of ONNX itself, sorted.
#[must_use]
pub fn operators() -> Vec<String> {
    crate::net::ops::that_run()
}

#[cfg(test)]
mod tests;
