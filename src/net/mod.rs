//! The ONNX graph as a network: who makes and who reads each value, what each operator is, and which values
//! carry evidence about the class.

mod attributes;
mod constant;
mod cuts;
mod evaluate;
mod flow;
mod kinds;
pub(crate) mod ops;
mod problem;
mod quantised;
mod ranks;
#[cfg(test)]
pub(crate) mod sample;
mod source;
mod stacks;
mod tensor_ops;
mod wiring;

pub(crate) use attributes::{float_attribute, int_attribute, ints_attribute};
pub(crate) use constant::{broadcast_shape, element_type};
pub(crate) use evaluate::{axes_of, evaluate, integers_of, stored_info};
pub(crate) use flow::Flow;
pub(crate) use kinds::Kind;
pub(crate) use problem::{Malformed, Problem, Unknown};
pub(crate) use quantised::Quantised;
pub(crate) use ranks::Ranks;
pub(crate) use source::{Own, Place, Places, Source, transposed};
pub(crate) use stacks::picked_from;
pub(crate) use tensor_ops::{permutation, reshaped};
pub(crate) use wiring::ValueId;
