//! The user's own pictures, texts and sounds, and how each becomes the inputs of a model.
//!
//! [`Preparation`] is read from the model's folder and says what becomes of one example; [`Examples`] lists
//! what a path holds, without loading it, with the class of each. Nothing here knows a network, a head or a
//! claim.
//!
//! All of it is hostile input: sizes are bounded before memory is asked for, links do not leave the folder,
//! and an example that cannot be read is listed and is no reason to stop.

mod examples;
mod fault;
mod picture;
mod preparation;
mod value;

pub use examples::{Asked, Chunk, Chunks, Columns, Example, Examples, Unusable, csv_cell, kinds};
pub use preparation::{
    Content, Modality, Preparation, Unfit, extractors, processors, tokenizer_parts, torchvision_weights,
};
pub use value::{Input, Inputs, Values};

#[cfg(test)]
mod judged;
